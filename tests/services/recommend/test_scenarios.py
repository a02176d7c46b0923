"""One profile, every scenario, over HTTP: home, product, basket, buy it again, rules, diversity, pages, content."""

import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, TextClause, create_engine, text

from recommender.db.engine import get_engine, session_scope
from recommender.embeddings.text import embed_items
from recommender.settings import PROJECT_ROOT
from services.container import Shop
from services.schemas.recommend import RecommendRequest
from tests.services.conftest import Served
from tests.support.commands import ZHIYIN
from tests.support.shops.trained import shop_encoder

WITHIN = 60  # seconds in which a change reaches the answers


def asked(served: Served, **question: Any) -> dict[str, Any]:
    answer = served.post("/recommend", **question)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def post(served: Served, user: str, *events: tuple[str, str, datetime | None]) -> None:
    rows = [
        {"event_id": f"{user}-{item}-{n}", "user_id": user, "item_id": item, "event_type": kind}
        | ({"time": moment.isoformat()} if moment else {})
        for n, (item, kind, moment) in enumerate(events)
    ]
    for start in range(0, len(rows), 10):
        assert served.post("/events", events=rows[start : start + 10]).status_code == 200


def test_a_visit_is_recommended_to_from_its_events_alone(served: Served) -> None:
    event = {"event_id": "visit-1", "session_id": "visit-dog", "item_id": "pets-0", "event_type": "view"}
    usual = ids(asked(served, session_id="visit-nobody", n=5))
    served.post("/events", events=[event])
    answer = asked(served, session_id="visit-dog", n=5)
    assert ids(answer) != usual
    assert sum(item.startswith("pets-") for item in ids(answer)) >= 3
    assert any("pets-0" in one["item_ids"] for item in answer["items"] for one in item["evidence"])


def test_pages_are_one_list_cut(served: Served) -> None:
    whole = ids(asked(served, user_id="u1", n=50))
    pages, offset = [], 0
    while offset is not None and offset < 50:
        page = asked(served, user_id="u1", n=7, offset=offset)
        pages += ids(page)
        offset = page["next_offset"]
    assert pages[:50] == whole
    assert len(set(pages)) == len(pages)


def test_a_basket_gets_what_goes_with_it_not_more_of_the_same(served: Served) -> None:
    basket = ["tea-1"]
    home, cart = (asked(served, user_id="u0", n=5, context_item_ids=basket, scenario=name) for name in ("home", "cart"))
    same = [sum(item.startswith("tea-") for item in ids(answer)) for answer in (home, cart)]
    assert same[1] < same[0]
    assert not set(basket) & set(ids(cart))
    first = cart["items"][0]
    assert first["evidence"][0] == {
        "source": "context", "item_ids": basket, "event_ids": [], "attributes": {"by": "together"},
    }  # fmt: skip
    assert first["reason"] == "Often chosen together with “Black tea”."
    goes = served.post("/similar", item_id="tea-1", kind="goes_with", n=4).json()["items"]
    like = served.post("/similar", item_id="tea-1", n=4).json()["items"]
    assert sum(one["item_id"].startswith("tea-") for one in like) >= 3
    assert sum(one["item_id"].startswith("tea-") for one in goes) <= 1
    assert {one["reason"] for one in goes} == {"Often chosen together with “Black tea”."}


def test_an_id_of_the_context_that_nobody_knows_is_told_and_fails_no_page(served: Served) -> None:
    for scenario in ("home", "product", "cart"):
        known, mixed, unknown = (
            asked(served, user_id="u0", n=5, context_item_ids=context, scenario=scenario)
            for context in (["tea-1"], ["gone", "tea-1", "gone"], ["gone", "never"])
        )
        assert [answer["ignored"] for answer in (known, mixed, unknown)] == [[], ["gone"], ["gone", "never"]]
        assert ids(mixed) == ids(known)
        assert len(unknown["items"]) == 5
    assert asked(served, user_id="u0")["ignored"] == []


def test_buy_again_holds_what_is_due_and_nothing_else(served: Served) -> None:
    now = datetime.now(UTC)
    days = {"coffee-0": (30, 20, 10), "coffee-1": (33, 22, 11), "coffee-2": (61, 31, 1), "coffee-3": (9,)}
    bought = [(item, "purchase", now - timedelta(days=ago)) for item, past in days.items() for ago in past]
    post(served, "again", *bought)
    answer = asked(served, user_id="again", scenario="buy_again")
    assert set(ids(answer)) == {"coffee-0", "coffee-1"}  # coffee-2 was bought yesterday, coffee-3 only once
    assert answer["items"][0]["evidence"][0]["attributes"]["cycle_days"] in ("10", "11")
    assert answer["items"][0]["reason"].startswith("You bought this on 3 days")
    assert asked(served, scenario="buy_again")["items"] == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"scenario": "product"}, 422, "context_item_ids"),
        ({"scenario": "office"}, 400, "scenario"),
        ({"diversity": 1.5}, 400, "diversity"),
        ({"offset": 501}, 400, "offset"),
        ({"kinds": []}, 400, "kinds"),
        ({"attributes": {"size": "1"}}, 400, "attributes.size"),
    ],
)
def test_what_makes_no_sense_is_told_by_field(served: Served, body: dict[str, Any], status: int, field: str) -> None:
    answer = served.post("/recommend", **body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)


def test_diversity_mixes_an_answer_and_scores_still_fall(served: Served) -> None:
    plain, mixed = (asked(served, user_id="u0", n=8, diversity=how) for how in (0.0, 0.7))
    spread = [len({item.split("-")[0] for item in ids(answer)}) for answer in (plain, mixed)]
    assert spread[1] > spread[0]
    scores = [item["score"] for item in mixed["items"]]
    assert scores == sorted(scores, reverse=True)


def rules(served: Served, *arguments: str) -> str:
    command = [ZHIYIN, "rules", *arguments]
    return subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env={**served.environment, "COLUMNS": "200"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def rules_of(answer: dict[str, Any]) -> set[str]:
    return {rule["rule_id"] for item in answer["items"] for rule in item["rules"]}


@pytest.mark.slow
def test_rules_are_applied_named_and_kept_with_who_and_why(served: Served) -> None:
    before = ids(asked(served, user_id="u2", n=60))
    last = before[-1]
    made = [
        rules(served, "add", "pin", "--item", last, "--position", "2", "--by", "ann", "--reason", "too many of it"),
        rules(served, "add", "exclude", "--item", before[0], "--by", "ann", "--reason", "recalled"),
        rules(served, "add", "bury", "--brand", "Wren", "--strength", "1000000", "--by", "bo", "--reason", "no margin"),
        rules(served, "add", "boost", "--category", "Toys", "--by", "bo", "--reason", "season", "--ends", "2020-01-01"),
    ]
    until(lambda: made[2] in rules_of(asked(served, user_id="u2", n=60)))  # the last that it will show
    answer = asked(served, user_id="u2", n=60)
    assert ids(answer)[1] == last
    assert {"rule_id": made[0], "action": "pin"} in answer["items"][1]["rules"]
    assert before[0] not in ids(answer)
    assert before[0] not in [one["item_id"] for one in served.post("/similar", item_id=last, n=60).json()["items"]]
    buried = [bool(item["rules"]) and item["rules"][-1]["action"] == "bury" for item in answer["items"]]
    rest = [one for place, one in enumerate(buried) if place != 1]
    assert rest == sorted(rest)  # all of the brand stand at the end
    assert sum(rest) > 5
    scores = [item["score"] for item in answer["items"]]
    assert scores == sorted(scores, reverse=True)
    assert "holds" not in next(line for line in rules(served, "list").splitlines() if made[3] in line)
    for rule in made:
        rules(served, "remove", rule, "--by", "cy", "--reason", "enough")
    until(lambda: ids(asked(served, user_id="u2", n=60)) == before)
    history = rules(served, "list", "--history")
    assert history.count("removed") == history.count("added") == 4
    assert all(word in history for word in ("ann", "recalled", "no margin", "cy", "enough"))
    with create_engine(f"sqlite:///{served.home / 'zhiyin.db'}").connect() as database:
        shown = text("SELECT count(*) FROM recommendations WHERE items LIKE :rule")
        until(lambda: bool(_fresh(database, shown, {"rule": f"%{made[0]}%"})))


def _fresh(database: Connection, query: TextClause, values: dict[str, str]) -> Any:
    """What the database says now, not what it said when this connection's transaction began."""
    database.rollback()
    return database.scalar(query, values)


ARTICLES = """item_id,title,description,kind,categories,size
read-dog,How to train your dog,Walking on a leash and feeding a young dog well,article,Magazine|Pets,
read-tea,Brewing green tea,Water and leaves for a better cup of tea,article,Magazine|Drinks,
read-soil,Soil for roses and tomatoes,Compost and a spade for the garden bed,Article,Magazine|Garden,
watch-toys,Building a wooden railway,A film for children about trains and bricks,video,Films|Toys,
"""


def test_articles_are_recommended_from_the_same_profile(served: Served, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(ARTICLES)
    command = [ZHIYIN, "import", "csv", str(tmp_path)]
    subprocess.run(command, cwd=PROJECT_ROOT, env=served.environment, check=True, capture_output=True)
    embed_items(shop_encoder, shop_encoder().encoder_id, get_engine(f"sqlite:///{served.home / 'zhiyin.db'}"))
    until(lambda: len(asked(served, kinds=["article"])["items"]) == 3)
    for user, article in (("u2", "read-dog"), ("u0", "read-tea"), ("u3", "read-soil")):  # Pets, Tea, Garden
        answer = asked(served, user_id=user, kinds=["article"])
        assert ids(answer)[0] == article
        assert len(ids(answer)) == 3
        assert answer["items"][0]["evidence"][0]["source"] == "topic"
        assert answer["items"][0]["reason"].startswith("Its subject is close to “")
    post(served, "only-tea", ("tea-0", "purchase", None), ("tea-6", "purchase", None), ("coffee-3", "purchase", None))
    told = {item["item_id"]: item for item in asked(served, user_id="only-tea", kinds=["article", "video"])["items"]}
    assert "tea" in told["read-tea"]["reason"]
    for item_id in ("read-dog", "read-soil", "watch-toys"):
        assert told[item_id]["evidence"] == [], "a drink is no reason to read of dogs, soil or trains"
        assert told[item_id]["reason"] == "Chosen for you from the shop's catalogue."
    kinds = ("read-", "watch-")
    assert not [item for item in ids(asked(served, user_id="u2", n=100)) if item.startswith(kinds)]
    both = ids(asked(served, user_id="u2", n=4, kinds=["product", "article", "video"]))
    assert [item.startswith(kinds) for item in both] == [False, True, False, True]
    found = served.post("/search", query="train a dog", kinds=["article", "video"]).json()["items"]
    assert (found[0]["item_id"], found[0]["kind"]) == ("read-dog", "article")
    assert "read-dog" not in [item["item_id"] for item in served.post("/search", query="train a dog").json()["items"]]
    row = httpx.get(served.url, params={"user": "u2"}).text.partition('id="read"')[2].partition("</section>")[0]
    assert "How to train your dog" in row
    assert 'value="view"' in row
    assert 'value="purchase"' not in row, "nobody buys an article"


def test_attributes_narrow_an_answer(embedded_shop: Shop) -> None:
    with session_scope(embedded_shop.engine) as session:
        session.execute(
            text(
                "UPDATE items SET attributes = :said, updated_at = :now WHERE item_id IN ('tea-1', 'pets-1', 'toys-1')"
            ),
            {"said": '{"colour": "Red", "sizes": ["S", "M"]}', "now": "2026-06-01 00:00:00.000000"},
        )
    embedded_shop.searcher.look()
    question = RecommendRequest(user_id="u0", attributes={"Colour": ["red", "blue"], "sizes": ["m"]})
    answer = embedded_shop.answers.recommend(question, datetime.now(UTC))
    assert {item.item_id for item in answer.items} <= {"tea-1", "pets-1", "toys-1"}
    assert answer.items
    none = RecommendRequest(user_id="u0", attributes={"colour": ["green"]})
    assert embedded_shop.answers.recommend(none, datetime.now(UTC)).items == []
