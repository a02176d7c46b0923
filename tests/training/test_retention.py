"""One function for command and DAG: a dry run tells what goes, kind by kind, and nothing else goes afterwards."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from dags.retention import _removed
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Embedding, Model, Recommendation
from recommender.encoders.base import ADAPTER
from recommender.encoders.precision import encoder_folder
from recommender.privacy.retention import Gone
from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables
from training.retention import expire

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=1_000)
KINDS = {"recommendations", "explanations", "profiles", "visits", "embeddings", "models", "reports", "logs"}


@pytest.fixture
def old_home(home: Settings) -> Settings:
    """Something old of several kinds, and five models of which one is in service."""
    install_tables()
    with session_scope() as session:
        shown = {"user_id": "u", "scenario": "home", "model_version": "m", "items": [], "time": OLD}
        session.add(Recommendation(recommendation_id="r", **shown))
        session.add(Embedding(encoder_id="a former one", content_hash="x", vector=bytes(80)))
        session.add(Embedding(encoder_id="of a model", content_hash="x", vector=bytes(80)))
        for number in range(6):
            folder = home.models_dir / f"m{number}"
            folder.mkdir(parents=True)
            (folder / "weights").write_bytes(bytes(1_000))
            status = "promoted" if number == 5 else "retired"
            when = OLD + timedelta(days=number)
            told = {"encoder_id": "of a model"} if status == "promoted" else {}
            session.add(
                Model(model_version=f"m{number}", status=status, path=home.relative(folder), manifest=told,
                      created_at=when, promoted_at=when)
            )  # fmt: skip
    for folder in (home.reports_dir, home.logs_dir):
        folder.mkdir()
        (folder / "old.json").write_bytes(bytes(7))
        os.utime(folder / "old.json", (OLD.timestamp(), OLD.timestamp()))
    return home


def test_a_dry_run_tells_what_goes_and_a_second_run_finds_nothing(old_home: Settings) -> None:
    told = expire(get_engine(), old_home, NOW, dry_run=True)
    assert told.keys() == KINDS
    counts = {kind: gone.count for kind, gone in told.items() if gone.count}
    assert counts == {"recommendations": 1, "embeddings": 1, "models": 2, "reports": 1, "logs": 1}
    assert (told["models"], told["logs"]) == (Gone(2, 2_000), Gone(1, 7))
    assert (old_home.models_dir / "m0").exists()
    assert expire(get_engine(), old_home, NOW, dry_run=False) == told
    assert sorted(path.name for path in old_home.models_dir.iterdir()) == ["m2", "m3", "m4", "m5"]
    with session_scope() as session:
        assert session.scalars(select(Embedding.encoder_id)).all() == ["of a model"]
    assert all(gone == Gone(0, 0) for gone in expire(get_engine(), old_home, NOW, dry_run=False).values())


def test_vectors_of_an_encoder_that_a_training_has_just_tuned_stay(old_home: Settings) -> None:
    """Its model has no row before the training ends."""
    name = "minilm-l6-v2+ft-0123456789ab"
    adapter = encoder_folder(old_home, name) / ADAPTER
    adapter.parent.mkdir(parents=True)
    adapter.write_text("{}")
    with session_scope() as session:
        session.add(Embedding(encoder_id=name, content_hash="x", vector=bytes(80)))
    assert expire(get_engine(), old_home, NOW, dry_run=True)["embeddings"].count == 1
    os.utime(adapter, (OLD.timestamp(), OLD.timestamp()))
    assert expire(get_engine(), old_home, NOW, dry_run=True)["embeddings"].count == 2


def test_command_and_dag_do_the_same(old_home: Settings) -> None:
    told = zhiyin("retention", "--dry-run")
    assert "models: 2 would be removed, about 2,000 bytes" in told.output
    assert _removed(dry_run=True)["removed"] == json.loads(zhiyin("retention", "--dry-run", "--json").stdout)["removed"]
    assert "logs: 1 removed, about 7 bytes" in zhiyin("retention").output
    assert _removed(dry_run=False)["removed"]["logs"] == {"count": 0, "size": 0}
