"""What was shown: recorded once, whatever happens to the process or the database in between."""

import os
import resource
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import ImpressionEvidence, Recommendation
from recommender.settings import Settings
from services.core.metrics import meters
from services.recommend import impressions as module
from services.recommend.impressions import Impressions, new_id


def row(recommendation_id: str) -> dict[str, Any]:
    return {
        "recommendation_id": recommendation_id,
        "user_id": "u",
        "session_id": None,
        "scenario": "home",
        "model_version": "m",
        "profile_version": 1,
        "items": [{"item_id": "a", "score": 0.5}],
        "evidence_id": None,
        "time": datetime.now(UTC),
    }


def recorded() -> int:
    with session_scope() as session:
        return session.scalar(select(func.count()).select_from(Recommendation)) or 0


def test_ids_are_in_order_of_time_and_never_the_same() -> None:
    now = datetime.now(UTC)
    ids = [new_id(now + timedelta(milliseconds=later)) for later in range(100) for _ in range(50)]
    assert len(set(ids)) == 5_000
    assert [one[:12] for one in ids] == sorted(one[:12] for one in ids)
    parsed = uuid.UUID(ids[0])
    assert (parsed.version, parsed.variant, parsed.hex) == (7, uuid.RFC_4122, ids[0])
    assert abs((parsed.int >> 80) / 1000 - now.timestamp()) < 0.002


def test_many_answers_in_batches(database: Settings, tmp_path: Path) -> None:
    impressions = Impressions(tmp_path / "spool", get_engine(), interval_seconds=0.01)
    impressions.start()
    for place in range(1_234):
        impressions.record(row(f"r{place}"))
    impressions.stop()
    assert recorded() == 1_234
    assert list((tmp_path / "spool").iterdir()) == []


def test_what_the_disk_does_not_take_is_counted_and_the_rest_is_kept(database: Settings, tmp_path: Path) -> None:
    impressions = Impressions(tmp_path / "spool", get_engine())
    lost = meters().impressions_lost._value.get()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))  # room for two rows and a part of the third
    try:
        for name in ("a", "b", "c", "d"):
            impressions.record(row(name))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    impressions.record(row("e"))
    impressions.start()
    impressions.stop()
    with session_scope() as session:
        assert set(session.scalars(select(Recommendation.recommendation_id))) == {"a", "b", "e"}
    assert meters().impressions_lost._value.get() == lost + 2


@pytest.mark.parametrize("microseconds", [0, 70, 123_456])
def test_a_row_is_kept_as_it_was_shown(database: Settings, tmp_path: Path, microseconds: int) -> None:
    shown = row('it\'s "🍵", 茶')
    shown |= {"user_id": None, "profile_version": None, "items": [{"item_id": "茶'", "score": 1 / 3, "rules": [7]}]}
    shown["time"] = shown["time"].replace(microsecond=microseconds)
    impressions = Impressions(tmp_path / "spool", get_engine())
    impressions.start()
    impressions.record(shown)
    impressions.stop()
    with session_scope() as session:
        kept = session.scalars(select(Recommendation)).one()
        assert {name: getattr(kept, name) for name in shown} == shown
        between = Recommendation.time.between(shown["time"] - timedelta(seconds=1), shown["time"])
        assert session.scalar(select(func.count()).where(between)) == 1


def evidence_of(shown: dict[str, Any], text: str = '“{茶}”, it\'s "so"') -> dict[str, Any]:
    items = [{"item_id": "茶'", "reason": text, "evidence": [{"source": "search", "attributes": {"query": text}}]}]
    shown["evidence_id"] = f"of {shown['recommendation_id']}"[:32]
    return {"evidence_id": shown["evidence_id"], "user_id": shown["user_id"], "session_id": None, "language": "zh",
            "items": items, "size": 1_234}  # fmt: skip


def test_evidence_is_kept_as_it_was_shown_beside_rows_without(database: Settings, tmp_path: Path) -> None:
    impressions = Impressions(tmp_path / "spool", get_engine())
    impressions.start()
    first, second, bare = row("first"), row("second") | {"user_id": None}, row("bare")
    kept = [evidence_of(one) for one in (first, second)]
    assert [impressions.record(one, why) for one, why in zip((first, second), kept, strict=True)] == [True, True]
    assert not impressions.record(bare)
    impressions.stop()
    with session_scope() as session:
        for shown, why in zip((first, second), kept, strict=True):
            found = session.get_one(ImpressionEvidence, shown["evidence_id"])
            assert {name: getattr(found, name) for name in why} == why
            assert found.time == shown["time"]
        ids = session.scalars(select(Recommendation.evidence_id).order_by(Recommendation.recommendation_id))
        assert list(ids) == [None, "of first", "of second"]


def test_a_line_of_a_spool_of_before_is_still_read(database: Settings, tmp_path: Path) -> None:
    before = {name: value for name, value in row("before").items() if name != "evidence_id"}
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "left.jsonl").write_bytes(orjson.dumps(before) + b"\n")
    impressions = Impressions(tmp_path / "spool", get_engine())
    impressions.start()
    impressions.stop()
    assert recorded() == 1


def test_evidence_gives_way_while_the_database_is_long_away(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SPOOL_LIMIT", 4_000)
    impressions, lost = Impressions(tmp_path / "spool", get_engine()), meters().evidence_lost._value.get()
    taken = []
    for place in range(8):
        shown = row(f"r{place}")
        taken.append(impressions.record(shown, evidence_of(shown)))
    rows = [orjson.loads(line) for line in impressions._path.read_bytes().splitlines()]
    assert len(rows) == 8, "what was shown is never lost for why"
    assert taken == [True] * sum(taken) + [False] * (8 - sum(taken))
    assert 0 < sum(taken) < 8
    assert [(one["evidence_id"] is not None, "evidence" in one) for one in rows] == [(one, one) for one in taken]
    assert meters().evidence_lost._value.get() == lost + 8 - sum(taken)
    assert not Impressions(tmp_path / "none", get_engine(), evidence_mb=0).record(row("x"), evidence_of(row("x")))


def test_what_a_killed_process_left_is_taken_up_once(database: Settings, tmp_path: Path) -> None:
    dead = Impressions(tmp_path / "spool", get_engine())
    dead.record(row("left"))
    os.close(dead._file)  # as the end of its process does: the lock is gone, the file stays
    whole = dead._path.read_bytes()
    dead._path.write_bytes(whole + whole + whole[:20])  # read before, and torn at the end
    living = Impressions(tmp_path / "spool", get_engine())
    living.start()
    living.stop()
    assert recorded() == 1


def test_a_living_process_keeps_its_own_spool(database: Settings, tmp_path: Path) -> None:
    first, second = (Impressions(tmp_path / "spool", get_engine()) for _ in range(2))
    first.record(row("mine"))
    second._drain()
    assert recorded() == 0
    first._drain()
    assert recorded() == 1


def test_a_full_spool_takes_no_more(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SPOOL_LIMIT", 600)
    impressions = Impressions(tmp_path / "spool", get_engine())
    for place in range(10):
        impressions.record(row(f"r{place}"))
    assert 0 < impressions._path.stat().st_size <= 600


def test_a_line_that_cannot_be_read_holds_up_no_other(database: Settings, tmp_path: Path) -> None:
    spool, lost = tmp_path / "spool", meters().impressions_lost._value.get()
    first = Impressions(spool, get_engine())
    first.record(row("before"))
    bad = [b"no json\n", b"[]\n", b"\xff\xfe\n", orjson.dumps(row("wide") | {"time": "yesterday, perhaps"}) + b"\n"]
    for line in bad:
        os.write(first._file, line)
    first._written += sum(map(len, bad))
    first.record(row("after"))
    first._drain()
    with session_scope() as session:
        kept = set(session.scalars(select(Recommendation.recommendation_id)))
    assert {"before", "after"} <= kept
    assert meters().impressions_lost._value.get() - lost >= 3
    first.record(row("later"))
    first._drain()
    with session_scope() as session:
        assert session.get(Recommendation, "later") is not None
