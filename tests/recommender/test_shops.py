"""Several shops: what an id is, and by which settings a process becomes a shop's."""

import os
from pathlib import Path

import pytest

from recommender.home import Home
from recommender.settings import Settings, environment_of, get_settings, settings_of
from recommender.shops import OWN_SETTINGS, ShopError, check_shop_id, list_shops


def make_shop(settings: Settings, shop_id: str, own: str = "") -> Path:
    folder = Home.shops_below(settings.root) / shop_id
    folder.mkdir(parents=True)
    (folder / OWN_SETTINGS).write_text(own)
    return folder


@pytest.mark.parametrize("shop_id", ["a", "tea-house", "shop2", "a" * 32])
def test_ids(shop_id: str) -> None:
    assert check_shop_id(shop_id) == shop_id


@pytest.mark.parametrize(
    "shop_id", ["", "A", "tea_house", "2tea", "-tea", "tea-", "tea--house", "a" * 33, "..", "a/b", "thé", "tea\n"]
)
def test_what_is_no_id_is_refused_with_the_rule(shop_id: str) -> None:
    with pytest.raises(ShopError, match="lowercase letters"):
        check_shop_id(shop_id)


def test_an_installation_without_shops_is_as_it_was(home: Settings) -> None:
    assert (home.shop, home.shop_id, list_shops(home.root)) == ("", "", [])
    assert home.sqlalchemy_url == f"sqlite:///{home.root / 'zhiyin.db'}"


def test_everything_of_a_shop_lies_below_its_own_home(home: Settings) -> None:
    folder = make_shop(home, "b")
    shop = settings_of(home, "b")
    assert shop.root == folder == home.root / "shops" / "b"
    assert shop.sqlalchemy_url == f"sqlite:///{folder / 'zhiyin.db'}"
    assert {shop.images_dir.parent, shop.landing_dir.parent, shop.models_dir.parent, shop.feast_dir.parent} == {folder}
    assert list_shops(home.root) == ["b"]


def test_on_a_server_each_shop_has_a_database_of_its_own(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    make_shop(home, "tea-house")
    monkeypatch.setenv("ZHIYIN_DATABASE_URL", "postgresql://me:secret@db:5432/zhiyin?sslmode=require")
    get_settings.cache_clear()
    address = settings_of(get_settings(), "tea-house").sqlalchemy_url
    assert address == "postgresql://me:secret@db:5432/zhiyin__tea_house?sslmode=require"


def test_secrets_of_one_shop_are_not_the_others(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_TOKEN_SECRET", "i" * 40)
    monkeypatch.setenv("ZHIYIN_SHOPIFY_SECRET", "installation")
    monkeypatch.setenv("ZHIYIN_WEBHOOK_URL", "https://installation.example")
    monkeypatch.setenv("ZHIYIN_WEBHOOK_SECRET", "installation")
    monkeypatch.setenv("ZHIYIN_CORS_ORIGINS", "https://installation.example")
    monkeypatch.setenv("ZHIYIN_TRAIN_MINUTES", "3")
    get_settings.cache_clear()
    make_shop(home, "b")
    make_shop(home, "c", "ZHIYIN_SHOPIFY_SECRET=of c\nZHIYIN_TRAIN_MINUTES=5\n")
    b, c = settings_of(get_settings(), "b"), settings_of(get_settings(), "c")
    assert (b.token_secrets, b.shopify_secrets, b.webhook_url, b.allowed_origins) == ((), (), "", frozenset())
    assert (b.train_minutes, c.train_minutes) == (3, 5)
    assert c.shopify_secrets == ("of c",)
    assert {b.token_audience, c.token_audience} == {"zhiyin/b", "zhiyin/c"}


def test_a_process_enters_the_shop_that_its_environment_names(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_shop(home, "b")
    monkeypatch.setattr(os, "environ", dict(os.environ) | {"ZHIYIN_SHOP": "b"})
    get_settings.cache_clear()
    assert get_settings().root == folder
    assert (os.environ["ZHIYIN_HOME"], os.environ["ZHIYIN_SHOP_ID"]) == (str(folder), "b")
    get_settings.cache_clear()  # as in a process that this one starts
    assert get_settings().root == folder
    with pytest.raises(ShopError, match="this process is shop 'b'"):
        environment_of(get_settings(), "c")
    os.environ["ZHIYIN_SHOP"] = "c"
    get_settings.cache_clear()
    with pytest.raises(ShopError, match="this process is shop 'b'"):
        get_settings()


def test_there_is_no_way_into_a_shop_that_is_not_there(home: Settings) -> None:
    make_shop(home, "b")
    with pytest.raises(ShopError, match=r"no shop 'c'.*there are: b.*zhiyin shops add"):
        environment_of(home, "c")


@pytest.mark.parametrize("line", ["ZHIYIN_HOME=/elsewhere", "ZHIYIN_SHOP=c", "PATH=/elsewhere"])
def test_a_shops_file_leads_nowhere_else(home: Settings, line: str) -> None:
    make_shop(home, "b", f"{line}\n")
    with pytest.raises(ShopError, match="leave it out"):
        environment_of(home, "b")


def test_a_shop_cannot_take_the_installations_database(home: Settings) -> None:
    make_shop(home, "b", f"ZHIYIN_DATABASE_URL={home.sqlalchemy_url}\n")
    with pytest.raises(ShopError, match="name another database"):
        environment_of(home, "b")
