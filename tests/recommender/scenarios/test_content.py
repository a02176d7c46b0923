"""Things to read by text: topics of a shopper against loops over their items; without a history what is looked at."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.event_weights import DAY, strengths
from recommender.data.history import TYPE_CODES, History
from recommender.scenarios.content import HALF_LIFE_DAYS, Topics
from tests.support.shops.counted import MOMENT, counted_bundle, history_of

ROWS = np.arange(60)


def history(*events: tuple[str, str, float]) -> History:
    """(item, event type, days ago), oldest first."""
    return History(
        np.array([f"e{place}" for place in range(len(events))], dtype=object),
        np.array([item for item, _, _ in events], dtype=object),
        np.array([TYPE_CODES[kind] for _, kind, _ in events], dtype=np.int8),
        np.full(len(events), np.nan, dtype=np.float32),
        np.array([int(MOMENT - ago * DAY) for _, _, ago in events], dtype=np.int64),
    )


def test_scores_are_half_the_nearest_item_and_half_all_together() -> None:
    bundle, past = counted_bundle(), history_of("u1")
    weights: dict[int, float] = {}
    for item, kind, value, time in zip(past.item_ids, past.event_types, past.values, past.times, strict=True):
        row = bundle.catalogue.index[item]
        strength = float(strengths(np.array([kind]), np.array([value]))[0])
        weights[row] = weights.get(row, 0) + strength * 0.5 ** ((MOMENT - time) / DAY / HALF_LIFE_DAYS)
    texts = bundle.text_MT.astype(np.float64)
    mean = sum(weight * texts[row] for row, weight in weights.items())
    together = texts @ (mean / np.linalg.norm(mean))
    greatest = max(weights.values())
    nearest = [
        max(float(texts[row] @ texts[own]) * (weight / greatest) ** 0.5 for own, weight in weights.items())
        for row in ROWS
    ]
    topics = Topics(bundle, past, MOMENT)
    np.testing.assert_allclose(topics.scores(ROWS), (0.5 * np.array(nearest) + 0.5 * together).clip(0, 1), atol=1e-4)


def test_where_texts_are_too_few_to_know_what_chance_brings_nothing_is_claimed() -> None:
    bundle = counted_bundle()
    topics = Topics(bundle, history(("tea-0", "view", 9)), MOMENT)
    assert bundle.close_topic == np.inf
    assert topics.evidence(bundle.catalogue.index["tea-0"]) == ()


def test_its_evidence_are_the_nearest_items_with_their_latest_events() -> None:
    bundle = replace(counted_bundle())
    vars(bundle)["close_topic"] = 0.0  # as of a shop with texts enough
    topics = Topics(bundle, history(("tea-0", "view", 9), ("toys-1", "purchase", 5), ("tea-0", "view", 1)), MOMENT)
    row = bundle.catalogue.index["tea-0"]
    (found,) = topics.evidence(row)
    assert found.source == "topic"
    assert found.item_ids[0] == "tea-0"
    assert dict(zip(found.item_ids, found.event_ids, strict=True)) == {"tea-0": "e2", "toys-1": "e1"}


@pytest.mark.parametrize(
    "past",
    [history(), history(("gone", "purchase", 1)), history(("tea-0", "purchase", -2)), history(("tea-0", "search", 1))],
)
def test_who_has_no_topic_gets_what_is_looked_at_most(past: History) -> None:
    bundle = counted_bundle()
    topics = Topics(bundle, past, MOMENT)
    assert not topics
    scores = topics.scores(ROWS)
    assert np.argsort(-scores, kind="stable").tolist() == bundle.sellers.tolist()
    assert 0 <= scores.min() <= scores.max() < 1
    assert topics.evidence(0) == ()
    assert topics.scores(ROWS[:0]).shape == (0,)


def test_what_was_disliked_is_no_topic() -> None:
    past = history(("tea-0", "rating", 1), ("toys-1", "purchase", 1))
    past = replace(past, values=np.array([1.0, np.nan], dtype=np.float32))
    topics = Topics(counted_bundle(), past, MOMENT)
    told = dict(zip(topics.rows_K.tolist(), topics.weights_K.tolist(), strict=True))
    assert told[counted_bundle().catalogue.index["tea-0"]] == 0
    assert told[counted_bundle().catalogue.index["toys-1"]] > 0
