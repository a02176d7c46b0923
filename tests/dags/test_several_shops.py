"""An Airflow of shop b: what its DAGs do is done in that shop, and everything of the other one stays as it was."""

from collections.abc import Iterator

import pytest

from console.airflow import AirflowSite
from console.processes import Processes
from features.online import read_behaviour
from recommender.db.engine import session_scope
from recommender.settings import Settings, get_settings
from recommender.store.intervals import recorded_stretch
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables
from tests.support.shops.several import everything, forget_everything, inside
from tests.support.shops.shop import fill_shop

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


@pytest.fixture
def two_shops(home: Settings) -> Iterator[None]:
    """The installation's own shop and shop b, each with the same events."""
    install_tables()
    fill_shop()
    assert zhiyin("shops", "add", "b").exit_code == 0
    with inside("b"):
        fill_shop()
    yield
    forget_everything()


def test_the_dags_of_one_shop_touch_nothing_of_the_other(two_shops: None) -> None:
    before = everything()
    with inside("b") as settings:
        with session_scope() as session:
            assert recorded_stretch(session) is not None
        site = AirflowSite(settings, Processes(settings.logs_dir))
        assert site.home == settings.root / "airflow"
        site.home.mkdir(parents=True)
        site.run("db", "migrate")
        site.run("pools", "import", "dags/pools.json")
        for dag_id in ("features", "report_sales", "retention"):
            site.run("dags", "test", dag_id)
        forget_everything()
        assert read_behaviour(["u0"])["purchases_180d"].notna().all()
        assert (get_settings().offline_dir / "user_behaviour").is_dir()
    assert everything() == before
    assert read_behaviour(["u0"])["purchases_180d"].isna().all()
