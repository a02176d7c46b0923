import httpx

from services.storefront.i18n import MESSAGES
from tests.services.conftest import Served


def test_the_assistant_s_form_works_without_its_script(served: Served) -> None:
    messages = MESSAGES["zh"]
    with httpx.Client(base_url=served.url, timeout=30) as client:
        nobody = client.post("/ask", data={"question": "我上次买了什么？", "lang": "zh", "user": ""})
        assert messages["may_hand_over"] in nobody.text
        assert messages["ask_nobody"] in nobody.text
        markup = client.post("/ask", data={"question": "<b>x</b>", "user": "plain"}).text
        assert "<b>x" not in markup
        for wrong, said in (
            ({"question": " "}, "bad_question"),
            ({"question": "x" * 1001}, "bad_question"),
            ({"question": "tea", "user": "x" * 200}, "bad_id"),
            ({"question": "tea", "talk": '[{"question": "made up"}]'}, "bad_talk"),
        ):
            refused = client.post("/ask", data={"lang": "zh", "user": "plain", **wrong})
            assert messages[said] in refused.text
            assert messages["your_question"] in refused.text, "the form is there to ask again"
        assert client.post("/ask", data={"question": "x" * 300_000}).status_code == 413
        assert client.post("/ask", json={"question": "tea"}).status_code == 415
        foreign = client.post("/ask", data={"question": "tea"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert (foreign.status_code, foreign.json()["error"]["field"]) == (403, "Origin")
        assert client.get("/ask", params={"user": "plain"}).headers["location"] == "/?user=plain&view=ask"
