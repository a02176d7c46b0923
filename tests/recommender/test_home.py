"""Where state lies: below one folder, unless a setting puts it elsewhere; names in tables are relative to it."""

from pathlib import Path

import pytest

from recommender.home import Home


def test_everything_lies_below_home_by_default(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    places = {
        "landing": home.landing_dir,
        "images": home.images_dir,
        "offline": home.offline_dir,
        "feast": home.feast_dir,
        "models": home.models_dir,
        "encoders": home.encoders_dir,
        "reports": home.reports_dir,
        "bentoml": home.bentoml_dir,
        "airflow": home.airflow_dir,
        "logs": home.logs_dir,
    }
    assert places == {name: tmp_path.resolve() / name for name in places}
    assert home.sqlalchemy_url == f"sqlite:///{tmp_path.resolve()}/zhiyin.db"


def test_nothing_is_made(tmp_path: Path) -> None:
    home = Home(home=tmp_path / "new")
    assert home.models_dir.parent == home.root
    assert list(tmp_path.iterdir()) == []


def test_settings_put_the_database_and_folders_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = "postgresql+psycopg://shop@db/zhiyin"
    home = Home(home=Path("var"), database_url=url, images=Path("pictures"), landing=tmp_path / "in")
    assert home.sqlalchemy_url == url
    assert (home.images_dir, home.landing_dir) == (tmp_path.resolve() / "pictures", tmp_path.resolve() / "in")


def test_an_empty_address_of_the_database_is_none(tmp_path: Path) -> None:
    assert Home(home=tmp_path, database_url="").sqlalchemy_url.startswith("sqlite:///")


def test_home_is_absolute_and_stays_where_it_was_first_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = Home(home=Path("a/../var"))
    assert home.root == tmp_path.resolve() / "var"
    monkeypatch.chdir("/")
    assert home.root == tmp_path.resolve() / "var"


def test_a_tilde_is_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Home(home=Path("~/知音")).root == tmp_path.resolve() / "知音"


def test_a_link_to_home_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    home = Home(home=tmp_path / "link")
    assert home.root == (tmp_path / "real").resolve()
    assert home.relative(tmp_path / "link" / "models" / "m1") == "models/m1"


@pytest.mark.parametrize("name", ["models/m1", "images/茶.jpg", "a b"])
def test_a_place_and_its_name_in_tables_lead_to_each_other(tmp_path: Path, name: str) -> None:
    home = Home(home=tmp_path)
    assert home.placed(name) == home.root / name
    assert home.relative(home.placed(name)) == name


@pytest.mark.parametrize("outside", ["..", "../other", "models/../../other"])
def test_what_lies_outside_has_no_name_in_tables(tmp_path: Path, outside: str) -> None:
    home = Home(home=tmp_path / "var")
    with pytest.raises(ValueError, match="not in the subpath"):
        home.relative(home.root / outside)


def test_each_shop_has_a_folder_of_its_own_below_the_installation(tmp_path: Path) -> None:
    assert Home.shops_below(tmp_path) == tmp_path / "shops"
    assert (Home(home=tmp_path).shop, Home(home=tmp_path).shop_id) == ("", "")
