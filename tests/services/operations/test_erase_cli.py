"""`zhiyin erase`: a look for what is left tells by its status, and its receipt can be checked."""

from pathlib import Path

import pytest

from recommender.settings import Settings, get_settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import fill_shop


@pytest.fixture(autouse=True)
def shop(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_RECEIPT_SECRET", "r" * 40)
    get_settings.cache_clear()
    install_tables()
    fill_shop()


def test_a_receipt_tells_what_is_left_and_is_signed(tmp_path: Path) -> None:
    done = zhiyin("erase", "u1", "--verify", "--json")
    assert (done.exit_code, '"store": "database"' in done.stdout) == (1, True)
    receipt = tmp_path / "receipt.json"
    receipt.write_text(done.stdout)
    assert zhiyin("shopper", "check-receipt", receipt).exit_code == 0
    receipt.write_text(done.stdout.replace('"clean": false', '"clean": true'))
    assert zhiyin("shopper", "check-receipt", receipt).exit_code == 1


def test_without_a_secret_it_says_that_it_is_not_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZHIYIN_RECEIPT_SECRET")
    get_settings.cache_clear()
    done = zhiyin("erase", "nobody-at-all", "--verify")
    assert (done.exit_code, "nothing is left" in done.stdout) == (0, True)
    assert "the receipt is not signed: set ZHIYIN_RECEIPT_SECRET" in done.output


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (another := tmp_path / "u2.json").write_text('{"user_id": "u2"}')
    for wrong in (("--folder", tmp_path / "none"), ("--export", tmp_path / "none"), ("--export", another)):
        done = zhiyin("erase", "u1", "--verify", *wrong)
        assert (done.exit_code, wrong[0] in done.output) == (2, True)
    assert zhiyin("erase", "u1", "--json").exit_code == 2
