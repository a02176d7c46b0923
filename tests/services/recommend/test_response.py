"""A ranked list as it is sent: today's titles and prices, what may not be shown left out, the next page, the record."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import create_engine

from recommender.ranking.evidence import Evidence
from recommender.ranking.pipeline import ScoredItem
from recommender.reranking.rules import Rule
from recommender.scenarios.base import Chosen
from services.recommend.experiments import Assignment
from services.recommend.impressions import Impressions, made_at
from services.recommend.list_cache import KeptEvidence, Place, Ranked
from services.recommend.response import ResponseWriter, place_of
from services.schemas.recommend import MAX_OFFSET, RecommendRequest, RecommendResponse
from services.state.catalog_cache import LiveItem, LiveItems
from services.state.preferences import Control, Controls

NOW = datetime(2026, 5, 1, tzinfo=UTC)
REASON = {"reason": "It is popular.", "explained_by": "template"}


def place(item_id: str, *rules: Rule) -> Place:
    return place_of(Chosen(ScoredItem(item_id, 0.5, (Evidence("popular", attributes={"rank": "1"}),)), rules), REASON)


PLACES = tuple(place(f"i{n}") for n in range(4))


@pytest.fixture
def writer(tmp_path: Path) -> ResponseWriter:
    live = LiveItems()
    for one in PLACES:
        live.items[one.item_id] = LiveItem(one.item_id, f"Tea {one.item_id}", 3.5, "", [], False, None, None)
    return ResponseWriter(live, Impressions(tmp_path, create_engine("sqlite://")), Controls())


def write(writer: ResponseWriter, ranked: Ranked, more: Any = None, **asked: Any) -> RecommendResponse:
    request = RecommendRequest.model_validate({"user_id": "u1", "n": 2, **asked})
    return RecommendResponse.model_validate_json(writer.write(request, ranked, "m", 3, ["text"], NOW, **(more or {})))


def recorded(writer: ResponseWriter) -> list[dict[str, Any]]:
    lines = b"".join(path.read_bytes() for path in writer.impressions.folder.glob("*.jsonl")).splitlines()
    return [orjson.loads(line) for line in lines]


def test_what_is_sent_is_an_answer_of_the_documented_shape(writer: ResponseWriter) -> None:
    more = {"ignored": ["unknown"], "assignment": Assignment("e", "b")}
    answer = write(writer, Ranked(PLACES, whole=True), more)
    assert [item.item_id for item in answer.items] == ["i0", "i1"]
    assert (answer.items[0].title, answer.items[0].price, answer.items[0].reason) == ("Tea i0", 3.5, REASON["reason"])
    assert (answer.model_version, answer.profile_version, answer.degraded) == ("m", 3, ["text"])
    assert (answer.ignored, answer.experiment and answer.experiment.arm) == (["unknown"], "b")
    assert made_at(answer.recommendation_id) == NOW


def test_what_may_not_be_shown_now_gives_its_place_to_the_next(writer: ResponseWriter) -> None:
    hidden = writer.live_items.items["i0"]
    writer.live_items.items["i0"] = LiveItem("i0", hidden.title, 1.0, "", [], True, None, None)
    del writer.live_items.items["i1"]
    assert [item.item_id for item in write(writer, Ranked(PLACES, whole=True)).items] == ["i2", "i3"]


@pytest.mark.parametrize(
    ("count", "whole", "offset", "following"),
    [
        (4, True, 0, 2),
        (2, True, 0, None),
        (2, False, 0, 2),
        (4, False, MAX_OFFSET - 2, MAX_OFFSET),
        (4, False, MAX_OFFSET - 1, None),
    ],
)
def test_where_the_next_page_begins(
    writer: ResponseWriter, count: int, whole: bool, offset: int, following: int | None
) -> None:
    assert write(writer, Ranked(PLACES[:count], whole), offset=offset).next_offset == following


def test_answers_of_one_list_share_what_is_kept_of_it(writer: ResponseWriter) -> None:
    ranked = Ranked(PLACES, whole=True, kept=KeptEvidence("u1"))
    for n in (1, 1, 2):
        write(writer, ranked, n=n)
    first, again, wider = recorded(writer)
    assert "evidence" not in again
    assert first["evidence_id"] == again["evidence_id"] == first["evidence"]["evidence_id"]
    assert first["evidence"]["items"][0]["reason"] == REASON["reason"]
    assert wider["evidence_id"] != first["evidence_id"]
    assert [one["item_id"] for one in wider["evidence"]["items"]] == ["i0", "i1"]


def test_what_was_shown_to_who_wants_no_profile_is_nobodys(writer: ResponseWriter) -> None:
    writer.controls._controls["u1"] = Control(personalised=False)
    write(writer, Ranked(PLACES, whole=True, kept=KeptEvidence("u1", "s")), session_id="s")
    (row,) = recorded(writer)
    assert (row["user_id"], row["session_id"]) == (None, None)
    assert (row["evidence"]["user_id"], row["evidence"]["session_id"]) == (None, None)
    assert [one["item_id"] for one in row["items"]] == ["i0", "i1"]


def test_a_place_names_the_rules_it_owes_itself_to() -> None:
    pinned = place("i0", Rule("r1", "pin", "item", "i0", position=1))
    assert orjson.loads(pinned.shown)["rules"] == ["r1"]
    assert orjson.loads(b"{" + pinned.tail[1:])["rules"] == [{"rule_id": "r1", "action": "pin"}]
    assert "rules" not in orjson.loads(PLACES[0].shown)
