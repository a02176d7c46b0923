"""The `feast` command sees the store that the platform uses, embedded and on servers."""

import pytest

from features.feast_command import run_feast
from features.store import ensure_feature_service
from recommender.settings import Settings


@pytest.mark.parametrize("backend", ["embedded", pytest.param("servers", marks=pytest.mark.slow)], indirect=True)
def test_feast_sees_the_store_in_use(backend: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    ensure_feature_service("m1")
    assert run_feast(["feature-services", "list"]) == 0
    assert "recommender_m1" in capfd.readouterr().out
