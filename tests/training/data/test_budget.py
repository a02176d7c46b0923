"""What minutes buy: more networks, windows and questions; what is named stays."""

from datetime import UTC, datetime

from tests.support.shops.shop import shop_catalogue, shop_frame
from tests.support.shops.trained import SHOP_PARAMS
from training.config import TrainParams
from training.data.budget import Budget, settled
from training.data.interactions import Log, make_log

FREE = SHOP_PARAMS.model_copy(update={"networks": 0, "ranker_windows": 0})


def log() -> Log:
    return make_log(shop_frame(), shop_catalogue())


def of_minutes(minutes: float) -> TrainParams:
    return settled(log(), len(shop_catalogue()), FREE.model_copy(update={"minutes": minutes}))


def test_more_minutes_buy_more_windows_and_networks() -> None:
    few, many = of_minutes(0.001), of_minutes(60)
    assert 1 <= few.ranker_windows < many.ranker_windows <= 11
    assert 1 == few.networks < many.networks <= 4
    assert many.learns_from > many.start
    assert few.retrieval.ease_items < many.retrieval.ease_items


def test_what_is_named_stays() -> None:
    given = TrainParams(until=datetime(2026, 5, 1, tzinfo=UTC), ranker_windows=3, networks=2)
    assert settled(log(), len(shop_catalogue()), given) == given


def test_fits_of_counts_and_networks_leave_less_time_for_questions() -> None:
    params = FREE.model_copy(update={"minutes": 0.5, "networks": 1})
    budget = Budget.of(log(), 100_000, params)
    assert budget.questions(fits=1) > budget.questions(fits=2)
    more = Budget.of(log(), 100_000, params.model_copy(update={"networks": 4}))
    assert more.questions(fits=1) < budget.questions(fits=1)
