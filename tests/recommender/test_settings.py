"""The settings: documented in full, and wrong values named."""

import re

import pytest
from pydantic import ValidationError

from recommender.settings import PROJECT_ROOT, Settings


def test_env_example_documents_each_setting() -> None:
    text = (PROJECT_ROOT / ".env.example").read_text()
    documented = set(re.findall(r"^#?(ZHIYIN_[A-Z0-9_]+)=", text, flags=re.MULTILINE))
    settings = {f"ZHIYIN_{name.upper()}" for name in Settings.model_fields}
    assert documented == settings


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_a_wrong_value_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_SERVICE_PORT", "70000")
    with pytest.raises(ValidationError, match="service_port"):
        Settings()
