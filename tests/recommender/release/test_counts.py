"""Counts of answers: sums over workers and minutes, the p99 by a full sort, and what is forgotten."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from recommender.db.tables import ReleaseCount
from recommender.release.counts import BOUNDS, RETENTION, Counts, keep_counts, sum_counts, trim_counts

NOW = datetime(2026, 5, 1, 12, 30, 40, tzinfo=UTC)
MINUTE = NOW.replace(second=0)


@pytest.mark.parametrize("seed", range(4))
def test_the_p99_is_the_bound_of_the_answer_at_99_of_100(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.lognormal(-4 + seed, 1.2, 1 + 150 * seed))
    counts = Counts()
    for one in rng.permutation(seconds):
        counts.took(float(one))
    reached = seconds[int(np.ceil(0.99 * len(seconds))) - 1]
    assert counts.p99 == next((bound for bound in BOUNDS if reached <= bound), BOUNDS[-1])
    assert sum(counts.times) == len(seconds)


def test_a_time_at_a_bound_is_within_it() -> None:
    counts = Counts()
    for one in (0.0, BOUNDS[0], BOUNDS[0] + 1e-9, BOUNDS[-1], 99.0):
        counts.took(one)
    assert counts.times == [2, 1, *([0] * (len(BOUNDS) - 3)), 1, 1]
    assert Counts().p99 is None


def test_counts_are_added_by_their_fields() -> None:
    total = Counts(answers=5, errors=1, overlap=0.5)
    other = Counts(answers=3, errors=2, degraded=1, slow=4, dropped=6, overlap=0.25)
    other.took(0.0)
    total.add(other)
    assert (total.answers, total.errors, total.degraded, total.slow, total.dropped) == (8, 3, 1, 4, 6)
    assert (total.overlap, total.times[0], total.scored) == (0.75, 1, 5)


def test_a_worker_s_minute_is_written_in_place_and_workers_add_up(session: Session) -> None:
    key = ("m", "canary", MINUTE)
    keep_counts(session, "w1", [(key, Counts(answers=1))])
    session.flush()
    keep_counts(session, "w1", [(key, Counts(answers=4, errors=1))])
    keep_counts(session, "w2", [(key, Counts(answers=10)), (("m", "shadow", MINUTE), Counts(answers=100))])
    keep_counts(session, "w2", [(("m", "current", MINUTE - timedelta(minutes=1)), Counts(answers=1_000))])
    session.flush()
    now = sum_counts(session, "m", NOW)
    assert (now.answers, now.errors) == (14, 1), "from the minute of that moment on, without the shadow"
    assert sum_counts(session, "m", NOW - timedelta(minutes=1)).answers == 1_014
    assert sum_counts(session, "m", NOW, "shadow").answers == 100
    assert sum_counts(session, "other", NOW) == Counts()


def test_what_is_old_is_forgotten(session: Session) -> None:
    for age in (RETENTION - timedelta(minutes=1), RETENTION, RETENTION + timedelta(minutes=1)):
        keep_counts(session, "w", [(("m", "current", NOW - age), Counts(answers=1))])
    session.flush()
    trim_counts(session, NOW)
    assert session.scalar(select(func.count()).select_from(ReleaseCount)) == 2
