"""How long what is kept: days may be none, which keeps it for ever, and never less."""

import pytest
from pydantic import ValidationError

from recommender.settings import Settings

DAYS = ("recommendations", "profiles", "visits", "reports", "logs")


@pytest.mark.parametrize("what", DAYS)
def test_days_may_be_none_and_not_less(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"ZHIYIN_KEEP_{what.upper()}_DAYS"
    monkeypatch.setenv(name, "0")
    assert getattr(Settings(), f"keep_{what}_days") == 0
    monkeypatch.setenv(name, "-1")
    with pytest.raises(ValidationError, match=f"keep_{what}_days"):
        Settings()


def test_a_model_is_kept_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_KEEP_MODELS", "0")
    with pytest.raises(ValidationError, match="keep_models"):
        Settings()
