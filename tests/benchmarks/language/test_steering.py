"""The wishes are what the page says they are, and the figures count as they should."""

import re
from collections import Counter

import orjson
import pytest

from benchmarks.language.steering import KINDS, WISHES, ndcg


def test_every_wish_has_what_it_needs() -> None:
    wishes = [orjson.loads(line) for line in WISHES.read_text().splitlines()]
    assert len(wishes) >= 300
    assert len({(one["shop"], one["wish"]) for one in wishes}) == len(wishes)
    halves = Counter(one["split"] for one in wishes)
    assert min(halves.values()) > 0.45 * len(wishes)
    for one in wishes:
        assert one["kind"] in (*KINDS, "occasion")
        assert one["shop"] in ("demo", "beauty", "fashion")
        assert bool(one["expects"]) == (one["kind"] != "occasion")
        for pattern in (*one["expects"].get("says", ()), *one["expects"].get("not_says", ())):
            re.compile(pattern)


def test_ndcg_is_that_of_its_formula() -> None:
    assert ndcg(["a", "b", "c"], {"a"}) == 1
    assert ndcg(["b", "a"], {"a"}) == pytest.approx(0.6309, abs=1e-4)
    assert ndcg(["b"], {"a"}) == ndcg(["b"], set()) == 0
