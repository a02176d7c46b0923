"""Where other tools run: by the environment, checked, and no password in sight."""

import pytest
from pydantic import ValidationError

from recommender.settings import Settings


def test_airflow_is_asked_nowhere_until_told_and_its_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZHIYIN_AIRFLOW_URL", raising=False)
    assert Settings().airflow_url == ""
    monkeypatch.setenv("ZHIYIN_AIRFLOW_URL", "https://airflow.example/base/")
    monkeypatch.setenv("ZHIYIN_AIRFLOW_PASSWORD", "of nobody's business")
    settings = Settings()
    assert settings.airflow_url == "https://airflow.example/base"
    assert "business" not in repr(settings)


@pytest.mark.parametrize("address", ["airflow.example", "ftp://airflow.example", "https://"])
def test_an_address_is_one_of_the_web(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_AIRFLOW_URL", address)
    with pytest.raises(ValidationError, match="https://"):
        Settings()


def test_mlflow_s_own_names_count_and_ours_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZHIYIN_MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example")
    assert Settings().mlflow_tracking_uri == "http://mlflow.example"
    monkeypatch.setenv("ZHIYIN_MLFLOW_TRACKING_URI", "http://own.example")
    assert Settings().mlflow_tracking_uri == "http://own.example"
