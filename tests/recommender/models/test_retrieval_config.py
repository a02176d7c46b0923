"""The configuration of retrieval: what a shop's kind settles, what is given stays, and what is unknown is refused."""

import pytest
from pydantic import ValidationError

from recommender.models.retrieval_config import SELDOM_HALF_LIFE_DAYS, RetrievalConfig


@pytest.mark.parametrize("repeats", [True, False])
def test_what_is_given_goes_before_what_is_usual(repeats: bool) -> None:
    given = RetrievalConfig(quotas={"popular": 3, "own idea": 7}, half_life_days=9.0).settled(repeats)
    assert (given.quota("popular", 1), given.quota("own idea", 1), given.half_life_days) == (3, 7, 9.0)
    assert given.quota("repeat", 1) == RetrievalConfig().settled(repeats).quota("repeat", 1) > 1


def test_what_follows_what_fades_only_where_products_repeat() -> None:
    assert RetrievalConfig().settled(repeats=True).half_life_days == RetrievalConfig().half_life_days
    assert RetrievalConfig().settled(repeats=False).half_life_days == SELDOM_HALF_LIFE_DAYS
    same = RetrievalConfig(half_life_days=RetrievalConfig().half_life_days).settled(repeats=False)
    assert same.half_life_days == RetrievalConfig().half_life_days, "given in so many words, it stays"


def test_a_shop_s_kind_decides_which_sources_have_a_quota() -> None:
    often, seldom = (RetrievalConfig().settled(repeats) for repeats in (True, False))
    assert often.quota("companions", -1) == seldom.quota("ease", -1) == -1
    assert RetrievalConfig().quota("popular", 12) == 12


def test_settling_again_and_reading_back_change_nothing() -> None:
    settled = RetrievalConfig(quotas={"text": 1}).settled(repeats=False)
    assert settled.settled(repeats=False) == settled
    again = RetrievalConfig.model_validate_json(settled.model_dump_json())
    assert again == settled
    assert hash(again) == hash(settled)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("near_decay", 1.0),
        ("far_decay", 0.0),
        ("half_life_days", 0),
        ("candidates", 9),
        ("neighbours", 0),
        ("quota", {}),
    ],
)
def test_a_figure_out_of_its_range_is_named(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        RetrievalConfig.model_validate({field: value})
