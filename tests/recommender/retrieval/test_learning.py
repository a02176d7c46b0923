"""What sources learn ends up in the model under their names, and what depends on texts alone is learned once."""

from dataclasses import replace
from typing import Any

import numpy as np

from recommender.retrieval import SOURCES, with_sources
from tests.support.shops.counted import counted_bundle, past_of, shop_log


def test_only_the_named_sources_learn_and_nothing_empty_is_kept() -> None:
    bundle = counted_bundle(repeats=False)
    named = ("companions", "words", "popular")
    bare = replace(bundle, links={}, parts={}, manifest=bundle.manifest.model_copy(update={"sources": named}))
    fitted = with_sources(bare, shop_log())
    assert set(fitted.links) == {"companions", "words"}
    assert set(fitted.parts) == {"words"}
    assert not bare.links, "the model given is left as it was"
    expected = SOURCES["companions"].fit_graph(past_of(repeats=False))
    assert expected is not None
    np.testing.assert_array_equal(fitted.links["companions"].indices_E, expected.indices_E)


def test_texts_are_compared_once_for_all_moments() -> None:
    bundle, memo = counted_bundle(repeats=False), dict[str, Any]()
    one = with_sources(bundle, shop_log(), memo)
    kept = dict(memo)
    assert {"titles", "words", "text steps"} <= set(kept)
    earlier = shop_log().before(bundle.statistics.until - 30 * 86_400)
    other = with_sources(bundle, earlier, memo)
    assert all(memo[name] is kept[name] for name in kept)
    assert other.links["words"] is one.links["words"]
    assert other.links["companions"].weights_E.shape != one.links["companions"].weights_E.shape or not np.array_equal(
        other.links["companions"].weights_E, one.links["companions"].weights_E
    )


def test_a_log_without_events_teaches_what_texts_say() -> None:
    bundle, nothing = counted_bundle(repeats=False), shop_log().before(0)
    fitted = with_sources(bundle, nothing)
    assert len(fitted.links["words"]) == len(bundle.catalogue)
    assert fitted.links["companions"].weights_E.size == 0
