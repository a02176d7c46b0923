"""A query answered, without a service: found, fused, personal, counted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from recommender.data.catalog import SCHEMA
from recommender.db.tables import Item
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import build_profile
from recommender.reranking.rules import Rule
from recommender.search.fusion import WORDS_ALONE, Fusion
from recommender.search.pipeline import Filters, Found, search
from recommender.search.query_understanding import understand
from recommender.search.search_index import SearchIndex, Shopfront, searched_text, wanted_attributes
from recommender.search.semantic_threshold import NONSENSE, measure_nearness
from tests.support.shops.many_texts import indexed_bundle, more_items
from tests.support.shops.shop import SHOP_UNTIL, shop_history, shop_items
from tests.support.shops.trained import shop_bundle, shop_encoder

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@lru_cache(1)
def nonsense() -> NDArray[np.float32]:
    return shop_encoder().encode_queries(NONSENSE)


@pytest.fixture(scope="module")
def front() -> Shopfront:
    return front_of(shop_bundle())


def front_of(bundle: ModelBundle, attributes: str = "{}", more: Sequence[Item] = ()) -> Shopfront:
    rows = [
        {name: getattr(item, name) for name in SCHEMA}
        | {"searched": searched_text(item.title, "", item.brand, item.categories, {}), "attributes": attributes}
        for item in (*shop_items(), *more)
    ]
    frame = pl.DataFrame(rows, schema={**SCHEMA, "searched": pl.String, "attributes": pl.String})
    return Shopfront(SearchIndex(frame), bundle)


def ask(
    front: Shopfront, query: str, user: str | None = None, rules: tuple[Rule, ...] = (), **filters: object
) -> Found:
    understood = understand(front.index, query)
    vector = shop_encoder().encode([understood.text])[0]
    profile = build_profile(front.bundle, user, shop_history(user), SHOP_UNTIL, 1) if user else None
    nearness = measure_nearness(front.bundle.project(nonsense()), front.bundle.texts)
    least = nearness.least(understood.text, understood.is_real)
    narrowed = Filters(**{name: value for name, value in filters.items()})  # type: ignore[arg-type]
    return search(front, understood, vector, profile, narrowed, NOW, 20, fusion=Fusion(least=least), rules=rules)


def test_a_shopper_s_own_kind_comes_first_and_nothing_else_is_found_for_it(front: Shopfront) -> None:
    shoppers = {user: ask(front, "food", user) for user in ("u2", "u5")}  # Pets, Baby
    nobody = ask(front, "food")
    assert shoppers["u2"].hits[0].item_id.startswith("pets-")
    assert shoppers["u5"].hits[0].item_id == "baby-4"
    assert {hit.item_id for hit in shoppers["u2"].hits} == {hit.item_id for hit in nobody.hits}
    assert [found.total for found in shoppers.values()] == [nobody.total] * 2


def test_filters_and_facets_agree(front: Shopfront) -> None:
    everything = ask(front, "tea")
    for brand, count in everything.facets.brands:
        assert ask(front, "tea", brands=frozenset({brand})).total == count
    for name, count in everything.facets.categories:
        assert ask(front, "tea", categories=frozenset({name})).total == count
    for band in everything.facets.prices:
        high = np.nextafter(band.high, 0) if band.high is not None else None
        assert ask(front, "tea", price_min=band.low, price_max=high).total == band.count
    assert ask(front, "tea", kinds=frozenset({"article"})).total == 0


def ids(found: Found) -> list[str]:
    return [hit.item_id for hit in found.hits]


def test_what_a_rule_excludes_is_in_no_answer_and_no_facet(front: Shopfront) -> None:
    plain = ask(front, "tea", "u1")
    out = Rule("x", "exclude", "brand", "Lark")
    ruled = ask(front, "tea", "u1", (out,))
    brands = dict(plain.facets.brands)
    assert ruled.total == plain.total - brands.pop("Lark")
    assert dict(ruled.facets.brands) == brands
    assert dict(ruled.facets.categories)["Shop"] == sum(band.count for band in ruled.facets.prices) == ruled.total
    assert [item for item in ids(plain) if item in ids(ruled)] == ids(ruled)
    over = Rule("x", "exclude", "brand", "Lark", ends_at=NOW)
    assert ask(front, "tea", "u1", (over,)) == plain


def test_rules_raise_and_lower_what_is_found_and_are_named(front: Shopfront) -> None:
    plain = ask(front, "tea")
    last, first = plain.hits[-1].item_id, plain.hits[0].item_id
    boost, bury = Rule("b", "boost", "item", last, 1e6), Rule("l", "bury", "item", first, 1e6)
    ruled = ask(front, "tea", None, (boost, bury))
    assert (ids(ruled)[0], ids(ruled)[-1]) == (last, first)
    assert ids(ruled)[1:-1] == ids(plain)[1:-1]
    assert [hit.rules for hit in ruled.hits] == [(boost,), *[()] * (len(plain.hits) - 2), (bury,)]
    scores = [hit.score for hit in ruled.hits]
    assert scores == sorted(scores, reverse=True)
    assert (ruled.total, ruled.facets) == (plain.total, plain.facets)


def test_an_item_is_pinned_only_where_the_words_find_it(front: Shopfront) -> None:
    plain = ask(front, "tea")
    said = [hit.item_id for hit in plain.hits if "words" in hit.found_by]
    pin = Rule("p", "pin", "item", said[-1], 1, 2)
    ruled = ask(front, "tea", None, (pin,))
    assert ids(ruled)[:3] == [ids(plain)[0], said[-1], ids(plain)[1]]
    assert [hit.rules for hit in ruled.hits[:3]] == [(), (pin,), ()]
    assert set(ids(ruled)) == set(ids(plain))
    elsewhere = (Rule("p", "pin", "item", "toys-3", 1, 1), Rule("q", "pin", "brand", "Wren", 1, 1))
    assert ask(front, "tea", None, elsewhere) == plain
    assert ids(ask(front, "tea", None, (pin,), exclude=frozenset({said[-1]}))) == [
        item for item in ids(plain) if item != said[-1]
    ]


def test_attributes_are_compared_folded() -> None:
    front = front_of(shop_bundle(), '{"Colour": "Dark Red", "sizes": ["S", "M"], "made": {"in": "Côte"}}')
    wanted = {"colour": ["dark red", "blue"], "SIZES": ["m"], "made": ["cote"]}
    assert front.index.having(wanted_attributes(wanted)).all()
    assert not front.index.having(wanted_attributes({"colour": ["red"]})).any()
    assert not front.index.having(wanted_attributes({"weight": ["1"]})).any()


def test_capitals_of_categories_and_brands_do_not_count(front: Shopfront) -> None:
    catalogue = front.index.catalogue
    brand, category = catalogue.brands[-1], catalogue.paths[-1][-1]
    assert catalogue.of_brands(frozenset({f" {brand.upper()}"})).tolist() == (
        catalogue.of_brands(frozenset({brand})).tolist()
    )
    assert catalogue.of_brands(frozenset({brand.swapcase()})).any()
    assert catalogue.in_categories(frozenset({category.swapcase()})).any()


@pytest.mark.parametrize(
    "query",
    [
        *("asdfgh", "qwertz uiop", "xkcdvw", "blorptang wumsel", "zxqv", "jjjj", "gfhjdk slkfj", "aaaaaaaa", "qpzm"),
        *("82736451", "9 9 9 9", "00x00", "1a2b3c4d", "!!!", "???###", "😀😀", "x", "- - -"),
        *("龘靐齉爩", "鳄椅云砖跑", "呗嗒噗", "ггыждщ", "шплбрк фжзщ", "صضغظ خثذ", "ھگڤڠ", "ฟหกด่าสว", "ซฌฎฏฐ"),
        *("ヌメヴヱ", "ぬめゐゑ", "뷁쀍쒧", "ξψζφθ", "חטצקרג", "ञठढणफ"),
    ],
)
def test_nonsense_finds_nothing_in_any_script(front: Shopfront, query: str) -> None:
    found = ask(front, query)
    assert (found.total, understand(front.index, query).corrected) == (0, None)


def test_with_an_index_of_texts_a_search_finds_what_it_finds_without() -> None:
    bundle = indexed_bundle()
    fronts = [front_of(one, more=more_items()) for one in (bundle, replace(bundle, text_index=None))]
    for query in ("green tea", "something for my dog", "toy", "drink with milk", "blooming flowers"):
        ours, exact = (ask(front, query) for front in fronts)
        assert ours.total == pytest.approx(exact.total, rel=0.02)
        assert [hit.item_id for hit in ours.hits[:10]] == [hit.item_id for hit in exact.hits[:10]]


def test_what_clicks_taught_is_searched_for_where_no_item_says_it(front: Shopfront) -> None:
    taught = {"brew": "tea", "hound grub": "dog food"}
    understood = understand(front.index, "Hound grub", learned=taught)
    [replaced] = understood.replaced
    assert (replaced.phrase, replaced.read_as, replaced.by) == ("hound grub", "dog food", "clicks")
    found = search(front, understood, None, None, Filters(), NOW, fusion=WORDS_ALONE)
    assert found.hits[0].item_id == "pets-0"
    assert understand(front.index, "brew", learned=taught).replaced == ()  # Cold brew is one of the shop's
