"""Guardrails on shares: what is alike is let be however often it is looked at, and what is worse is found soon."""

import numpy as np
import pytest

from recommender.release.counts import Counts
from recommender.release.guardrails import find_breach, log_evidence
from recommender.settings import Settings

SETTINGS = Settings(_env_file=None)
NOBODY = Counts()


def test_a_model_at_its_bound_is_seldom_taken_out_however_often_it_is_looked_at() -> None:
    rng, rounds, out, false_alarm = np.random.default_rng(1), 1000, 0, 0.05
    for _ in range(rounds):
        bad = np.cumsum(rng.random(2000) < 0.02)
        looks = range(20, 2001, 20)
        out += any(log_evidence(int(bad[n - 1]), n, 0.02) >= -np.log(false_alarm) for n in looks)
    assert out / rounds <= false_alarm


@pytest.mark.parametrize(
    ("counts", "figure"),
    [
        (Counts(answers=20, errors=20), "errors"),
        (Counts(answers=100, errors=15), "errors"),
        (Counts(answers=100, degraded=60), "degraded"),
        (Counts(answers=200, slow=20), "p99_seconds"),
    ],
)
def test_what_is_worse_is_found(counts: Counts, figure: str) -> None:
    breach = find_breach(SETTINGS, counts, NOBODY)
    assert breach is not None
    assert breach.figure == figure
    assert breach.sizes["answers"] == counts.answers


@pytest.mark.parametrize(
    ("judged", "reference"),
    [
        (Counts(answers=19, errors=19), NOBODY),  # too few
        (Counts(answers=1000, errors=15, degraded=80, slow=8), NOBODY),  # within the bounds
        (Counts(answers=100, degraded=60), Counts(answers=1000, degraded=600)),  # a part is away for both
        (Counts(answers=100, slow=40), Counts(answers=1000, slow=400)),
    ],
)
def test_what_is_not_the_models_fault_is_let_be(judged: Counts, reference: Counts) -> None:
    assert find_breach(SETTINGS, judged, reference) is None


def test_times_give_the_bound_that_ninety_nine_of_a_hundred_keep() -> None:
    counts = Counts()
    assert counts.p99 is None
    for seconds in [0.004] * 99 + [3.0]:
        counts.took(seconds)
    assert counts.p99 == 0.005
    counts.took(3.0)
    assert counts.p99 == 5.0
