"""From which cosine on a text is near a query: above what strings without meaning reach, measured for each script."""

import numpy as np
import pytest

from recommender.models.vector_index import Vectors
from recommender.search.semantic_threshold import NONSENSE, Bounds, Nearness, measure_nearness, script_of
from recommender.utils.vectors import normalise_rows


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("green tea", "LATIN"), ("Crème 12", "LATIN"), ("绿茶", "CJK"), ("綠茶", "CJK"), ("12345", "DIGIT"),
        ("", "DIGIT"),
        ("!?", "DIGIT"), ("чай", "CYRILLIC"), ("шай abc def", "LATIN"), ("りょくちゃ", "KATAKANA"), ("ﾘｮｸ", "KATAKANA"),
        ("녹차", "HANGUL"), ("شاي", "ARABIC"), ("ชา", "THAI"), ("५६", "DIGIT"),
    ],
)  # fmt: skip
def test_the_script_of_most_letters_counts(text: str, script: str) -> None:
    assert script_of(text) == script


def test_nonsense_is_the_same_each_time_and_of_its_script() -> None:
    assert len(set(NONSENSE)) == len(NONSENSE)
    scripts = {script_of(text) for text in NONSENSE}
    assert {"LATIN", "DIGIT", "CJK", "CYRILLIC", "ARABIC", "HANGUL", "THAI"} <= scripts


def test_a_query_is_held_to_the_bounds_of_its_script_and_an_unknown_script_to_the_strictest() -> None:
    nearness = Nearness({"LATIN": Bounds(0.2, 0.4), "CJK": Bounds(0.5, 0.6)})
    assert nearness.least("tea") == 0.2
    assert nearness.least("tea", is_real=False) == 0.4
    assert nearness.least("茶") == 0.5
    assert nearness.least("ქართული") == 0.5
    assert nearness.least("ქართული", is_real=False) == 0.6


def test_bounds_are_those_of_the_nearest_texts_to_nonsense() -> None:
    random = np.random.default_rng(1)
    texts = Vectors(normalise_rows(random.standard_normal((30, 8)).astype(np.float32)))
    encoded = normalise_rows(random.standard_normal((len(NONSENSE), 8)).astype(np.float32))
    nearness = measure_nearness(encoded, texts)
    cyrillic = [place for place, text in enumerate(NONSENSE) if script_of(text) == "CYRILLIC"]
    nearest = (encoded[cyrillic] @ texts.vectors_ND.T).max(axis=1)
    assert nearness.least("чай") == pytest.approx(np.quantile(nearest, 0.75), rel=1e-5)
    most, middle = nearest.max(), np.median(nearest)
    assert nearness.least("чай", is_real=False) == pytest.approx(most + (most - middle), rel=1e-5)
    assert nearness.least("чай", is_real=False) > nearness.least("чай")


def test_where_there_are_no_texts_nothing_is_near() -> None:
    empty = Vectors(np.zeros((0, 8), dtype=np.float32))
    nearness = measure_nearness(np.ones((len(NONSENSE), 8), dtype=np.float32), empty)
    assert nearness.least("tea") == nearness.least("茶", is_real=False) == 1.0
