"""Origins of keys: read as a browser writes them, kept with the key, and named by the command that lists keys."""

import orjson
import pytest
from typer.testing import CliRunner

from recommender.auth.origins import MOST_ORIGINS, read_origin, read_origins
from recommender.cli.keys import app


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://shop.example", "https://shop.example"),
        (" https://Shop.Example/ ", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_read_as_a_browser_writes_it(text: str, origin: str) -> None:
    assert read_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    ["*", "null", "", "shop.example", "https://", "https://*.shop.example", "https://shop.example/cart", "ftp://shop",
     "https://u:p@shop.example", "https://shop.example:port", "https://[", "https://" + "a" * 300],
)  # fmt: skip
def test_what_is_no_origin_is_refused_with_its_remedy(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as https://shop\.example"):
        read_origin(text)


def test_origins_are_distinct_and_not_too_many() -> None:
    assert read_origins(["https://b", "https://a/", "https://a"]) == ["https://a", "https://b"]
    with pytest.raises(ValueError, match="at most 20"):
        read_origins([f"https://shop{number}" for number in range(MOST_ORIGINS + 1)])


@pytest.mark.usefixtures("database")
def test_the_command_keeps_origins_and_lists_them() -> None:
    run = CliRunner().invoke
    two = ["--origin", "https://shop.example/", "--origin", "https://m.shop.example"]
    assert run(app, ["create", "--scope", "server", *two]).exit_code == 0
    assert run(app, ["create", "--scope", "operator"]).exit_code == 0
    assert "for pages of https://m.shop.example, https://shop.example" in run(app, ["list"]).stdout
    listed = {row["scope"]: row["origins"] for row in orjson.loads(run(app, ["list", "--json"]).stdout)}
    assert listed == {"server": ["https://m.shop.example", "https://shop.example"], "operator": None}
    refused = run(app, ["create", "--scope", "server", "--origin", "*"])
    assert refused.exit_code == 2
    assert "is no origin" in refused.output
