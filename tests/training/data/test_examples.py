"""What the ranker learns from: chosen by the shop's shape; in folds, and no question knows its own answer."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from recommender.models.bundle import ModelBundle
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue, shop_frame
from tests.support.shops.trained import SHOP_PARAMS, shop_bundle
from training.data.examples import ExampleSource, choose_examples, last_answers, without_answers
from training.data.interactions import Log, make_log
from training.data.side_info import NOTHING

DAY = timedelta(days=1)


def seldom(shoppers: int = 200) -> Log:
    """Shoppers who come three times in four months, for one thing each time."""
    rng = np.random.default_rng(2)
    rows = []
    for user in range(shoppers):
        days = np.sort(rng.integers(2, 118, 3))
        for step, day in enumerate(days.tolist()):
            rows.append({
                "event_id": f"e{user}-{step}", "user_id": f"v{user}", "item_id": f"tea-{rng.integers(10)}",
                "event_type": "purchase", "value": 3.0, "time": SHOP_UNTIL - (120 - day) * DAY,
            })  # fmt: skip
    return make_log(pl.DataFrame(rows), shop_catalogue())


def test_the_shape_of_the_shop_decides() -> None:
    often = make_log(shop_frame(), shop_catalogue())
    assert choose_examples(often, SHOP_PARAMS) == "windows"
    assert choose_examples(seldom(), SHOP_PARAMS) == "sequences"
    assert choose_examples(seldom(6_000), SHOP_PARAMS) == "windows", "of so many enough come within a window"
    assert choose_examples(often, SHOP_PARAMS.model_copy(update={"examples": "sequences"})) == "sequences"


def test_last_answers_have_a_past_and_count_from_the_end() -> None:
    log = seldom()
    answers = last_answers(log, targets=2)
    assert len(answers.places) == 2 * 200
    assert (answers.places > log.bounds_U[answers.users]).all()
    last = answers.take(np.flatnonzero(answers.later == 0))
    assert (last.places == log.bounds_U[last.users + 1] - 1).all()


def test_without_an_answer_nothing_of_that_shopper_is_known_from_it_on() -> None:
    log = seldom()
    answers = last_answers(log, targets=2)
    asked = answers.take(np.flatnonzero((answers.later == 1) & (answers.users % 3 == 0)))
    known = without_answers(log, asked)
    lengths = np.bincount(known.events.users, minlength=200)
    assert (lengths[asked.users] == 1).all()
    assert (np.delete(lengths, asked.users) == 3).all()


def test_questions_are_asked_of_models_that_do_not_know_the_answers() -> None:
    log, seen = seldom(), []

    def remember(past: Log, moment: datetime) -> ModelBundle:
        seen.append(past)
        return shop_bundle()

    params = SHOP_PARAMS.model_copy(update={"examples": "sequences"})
    for _, shoppers, asked in ExampleSource(shop_catalogue(), log, params, NOTHING, remember).of_sequences():
        past = seen[-1]
        for shopper, user, wanted in zip(shoppers, asked.users_U.tolist(), asked.wanted, strict=True):
            mine = past.events.users == user
            assert len(shopper) == mine.sum()
            answers = log.events.times[log.events.users == user][len(shopper) :]
            assert (past.events.times[mine] <= answers.min()).all()
            assert len(wanted) >= 1
    assert len(seen) == 8
