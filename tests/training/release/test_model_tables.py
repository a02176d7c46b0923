"""Models on a screen of 80 columns and as JSON, whichever measures, systems and groups their manifests name."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 5, 1, tzinfo=UTC)
MEASURES = ("NDCG@10", "NDCG@20", "Recall@20 new", "Coverage@20", "PopularityLift@20")
SYSTEMS = ("popularity", "personal frequency", "transition graph + text", "score fusion of the plain methods")
GROUPS = ("known shoppers", "sparse shoppers", "new shoppers")


def figures(base: float) -> dict[str, float]:
    return {name: base + place / 100 for place, name in enumerate(MEASURES)}


@pytest.fixture
def shop(home: Settings) -> Settings:
    install_tables()
    full = {
        "learned_until": "2026-04-17T00:00:00Z",
        "test_interval": "2026-04-17 to 2026-05-01",
        "metrics": figures(0.4),
        "baselines": {name: figures(0.1 * place) for place, name in enumerate(SYSTEMS)},
        "segments": {
            "known shoppers": {"shoppers": 12345.0, **figures(0.5)},
            "sparse shoppers": {"shoppers": 678.0, **figures(0.3)},
            "new shoppers": {"zhiyin": figures(0.2), "popularity": figures(0.1)},
        },
    }
    why = "NDCG@20 0.4100 on 2026-04-17 to 2026-05-01: better than the best plain method [score fusion], by 0.1000"
    with session_scope() as session:
        for place, (version, manifest, reason) in enumerate(
            [("20260401-aaaaaaaaaa", {"metrics": {}}, ""), ("20260501-" + "b" * 90, full, why)]
        ):
            session.add(Model(model_version=version, status="candidate", reason=reason, path=version,
                              manifest=manifest, created_at=NOW + timedelta(days=place)))  # fmt: skip
    return home


def run(*arguments: str) -> str:
    result = zhiyin(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_list_is_readable_at_80_columns(shop: Settings) -> None:
    said = run("models")
    assert max(map(len, said.splitlines())) <= 80
    flat = "".join(said.split())
    assert "NDCG@200.4100;bestother0.3100,scorefusionoftheplainmethods" in flat
    assert "[scorefusion],by0.1000" in flat, "a reason is no markup"
    assert "NDCG@20-;comparedwithnothing" in flat
    assert flat.index("20260501-") < flat.index("20260401-"), "the newest first"


def test_one_model_is_shown_with_all_that_its_manifest_names(shop: Settings) -> None:
    said = run("models", "20260501-" + "b" * 90)
    assert max(map(len, said.splitlines())) <= 80
    flat = "".join(char for char in said if char.isalnum() or char in "@.+,")
    for value in ("0.4100", "0.1100", "0.3400", "12,345", "678", "Coverage@20", "PopularityLift@20"):
        assert value in flat
    assert "measured on 2026-04-17 to 2026-05-01" in said
    assert run("models", "20260401-aaaaaaaaaa").count("not judged yet") == 1
    unknown = zhiyin("models", "none")
    assert unknown.exit_code == 2


def test_json_holds_every_name_and_figure(shop: Settings) -> None:
    newest, oldest = json.loads(run("models", "--json"))
    assert list(newest["systems"]) == ["zhiyin", *SYSTEMS]
    assert newest["systems"]["zhiyin"] == pytest.approx(figures(0.4))
    assert list(newest["segments"]) == [
        "known shoppers", "sparse shoppers", "new shoppers, zhiyin", "new shoppers, popularity",
    ]  # fmt: skip
    assert (oldest["systems"], oldest["reason"]) == ({"zhiyin": {}}, "")
    assert len(json.loads(run("models", "20260401-aaaaaaaaaa", "--json"))) == 1
