"""Lines of the spool become rows, once each, on both databases; what holds evidence fills both tables."""

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select

from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import ImpressionEvidence, Recommendation
from recommender.settings import Settings
from services.recommend.impression_rows import WITH_EVIDENCE, insert_evidence, insert_impressions, line_of

TIMES = [datetime(2026, 3, 1, 12, 30, 15, 123457, UTC), datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)]


def row(recommendation_id: str, time: datetime = TIMES[0], **changes: Any) -> dict[str, Any]:
    items = [{"item_id": "商品 'quoted' \"1\"", "score": 0.5}]
    told = {"user_id": "u1", "session_id": None, "scenario": "home", "model_version": "m", "profile_version": 2}
    more = {"items": items, "evidence_id": None, "experiment_id": None, "arm": None, "time": time}
    return {"recommendation_id": recommendation_id, **told, **more, **changes}


def insert(*lines: bytes) -> int:
    with get_engine().begin() as connection:
        return insert_impressions(connection, list(lines))


def test_a_line_goes_in_once_and_as_it_was_said(database: Settings) -> None:
    lines = [line_of(row("r1")), line_of(row("r2", TIMES[1], user_id=None, session_id="s", profile_version=None))]
    assert insert(*lines) == 2
    assert insert(*lines, line_of(row("r3", arm="a", experiment_id="e"))) == 1, "from a spool that is read again"
    with session_scope() as session:
        first, second, third = session.scalars(select(Recommendation).order_by(Recommendation.recommendation_id)).all()
    assert (first.items, first.time, first.user_id, first.profile_version) == (row("")["items"], TIMES[0], "u1", 2)
    assert (second.session_id, second.user_id, second.profile_version, second.time) == ("s", None, None, TIMES[1])
    assert (third.experiment_id, third.arm, first.arm) == ("e", "a", None)


def test_evidence_is_kept_beside_the_first_answer_that_is_made_of_it(database: Settings) -> None:
    evidence = {"evidence_id": "v1", "user_id": "u1", "session_id": None, "language": "zh", "size": 20}
    line = line_of(row("r1", evidence_id="v1"), evidence | {"items": [{"item_id": "tea-1", "reason": "因为"}]})
    assert WITH_EVIDENCE in line
    assert WITH_EVIDENCE not in line_of(row("r2", evidence_id="v1"))
    for _ in range(2):
        with get_engine().begin() as connection:
            insert_impressions(connection, [line])
            insert_evidence(connection, [line])
    with session_scope() as session:
        (kept,) = session.scalars(select(ImpressionEvidence)).all()
    assert (kept.evidence_id, kept.language, kept.size, kept.time) == ("v1", "zh", 20, TIMES[0])
    assert kept.items == [{"item_id": "tea-1", "reason": "因为"}]


def test_a_line_is_one_line_of_json() -> None:
    line = line_of(row("r1", user_id="a\nb"), {"evidence_id": "v"})
    assert line.count(b"\n") == 1
    assert orjson.loads(line)["user_id"] == "a\nb"
