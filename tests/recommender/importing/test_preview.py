"""An import that is only shown: what each file would become, and nothing is written."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from recommender.cli.data import app
from recommender.settings import Settings
from tests.recommender.importing.formats.shops.test_shopify import ORDERS, PRODUCTS
from tests.support.servers.databases import install_tables
from tests.support.shops.files import EVENTS, ITEMS, table, write


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def test_a_dry_run_says_everything_and_does_nothing(home: Settings, tmp_path: Path) -> None:
    install_tables()
    folder = write(tmp_path / "shop", products__csv=PRODUCTS, orders__csv=ORDERS, notes__pdf="x")
    said = run("import", "csv", folder, "--dry-run").output
    assert "products.csv, read as items, in the format of shopify:" in said
    assert "Body (HTML) -> description" in said
    assert "Cost per item -> not used" in said
    assert '"item_id":"tee"' in said
    assert '"description":"Soft & light."' in said
    assert "5 rows, from which 3 items would be kept" in said
    assert "would be rejected: 1 rows, the first at line 6: item_id: no such item" in said
    assert "notes.pdf was not read" in said
    assert "Nothing was imported" in said
    assert table("items", "item_id") == []


def test_a_dry_run_needs_no_tables(home: Settings, tmp_path: Path) -> None:
    bad = EVENTS + "e3,ann,tea,view,,someday\n"
    result = run("import", "csv", write(tmp_path / "shop", items__csv=ITEMS, interactions__csv=bad), "--dry-run")
    assert result.exit_code == 0
    assert "2 rows, from which 2 items would be kept" in result.output
    assert "the first at line 4: time: not a time" in result.output


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ("shopfy", "--format 'shopfy' is none of shopify"),
        ("woocommerce", "--format woocommerce: no file has the columns of it; its items have Type, Name"),
    ],
)
def test_a_format_that_is_not_there_is_said(home: Settings, tmp_path: Path, family: str, message: str) -> None:
    result = run("import", "csv", write(tmp_path / "shop", products__csv=PRODUCTS), "--format", family)
    assert result.exit_code == 1
    assert message in result.stderr


def test_no_format_reads_columns_by_name(home: Settings, tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", products__csv=PRODUCTS)
    said = run("import", "csv", folder, "--format", "none", "--dry-run").output
    assert "products.csv, read as items:" in said
