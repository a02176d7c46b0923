"""g: what a trained model recommends, to whom, under which limits, and whether what it says of it is true."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from recommender.data.history import History
from recommender.db.tables import Event
from recommender.profiles.profile import Profile, build_profile
from recommender.ranking.pipeline import RankingQuery, ScoredItem, recommend, similar
from tests.support.shops.many_texts import indexed_bundle
from tests.support.shops.shop import BRANDS, CATEGORIES, SHOP_UNTIL, leaning, shop_events, shop_history
from tests.support.shops.trained import shop_bundle


def _profile(user_id: str, history: History | None = None) -> Profile:
    return build_profile(shop_bundle(), user_id, history or shop_history(user_id), SHOP_UNTIL, 1)


def _top(profile: Profile | None, **query: object) -> list[ScoredItem]:
    return recommend(shop_bundle(), profile, RankingQuery(**query), SHOP_UNTIL)  # type: ignore[arg-type]


def _share(items: list[ScoredItem], category: str) -> float:
    return float(np.mean([one.item_id.startswith(category.lower()) for one in items]))


def _bought(user_id: str, *item_ids: str, kind: str = "purchase") -> History:
    return History.of(
        Event(
            event_id=f"{user_id}-{place}",
            user_id=user_id,
            item_id=item_id,
            event_type=kind,
            time=SHOP_UNTIL - timedelta(hours=len(item_ids) - place),
        )
        for place, item_id in enumerate(item_ids)
    )


@pytest.mark.parametrize("user", range(12))
def test_a_shopper_of_one_category_gets_mostly_it(user: int) -> None:
    items = _top(_profile(f"u{user}"), n=6)
    assert _share(items, leaning(user)) >= 0.5


def test_it_beats_popularity_and_isnt_worse_than_personal_frequency() -> None:
    manifest = shop_bundle().manifest
    assert manifest.metrics["NDCG@20"] > 2 * manifest.baselines["popularity"]["NDCG@20"]
    assert manifest.metrics["NDCG@20"] > manifest.baselines["personal frequency"]["NDCG@20"] - 0.02
    assert manifest.metrics["NDCG@20 new"] > manifest.baselines["popularity"]["NDCG@20 new"]


@pytest.mark.parametrize("category", CATEGORIES)
def test_buying_of_a_category_raises_it(category: str) -> None:
    other = CATEGORIES[(CATEGORIES.index(category) + 2) % len(CATEGORIES)].lower()
    start = [f"{other}-{place}" for place in range(4)]
    before = _top(_profile("x", _bought("x", *start)), n=12)
    grown = _bought("x", *start, *(f"{category.lower()}-{place}" for place in range(4)))
    after = _top(_profile("x", grown), n=12)
    assert _share(after, category) > _share(before, category)


def test_buying_diapers_raises_baby_items() -> None:
    """Each of them by its place among all items, from before the purchases to after."""
    start = [f"garden-{place}" for place in range(4)]
    diapers = ["baby-0"] * 3
    places = []
    for history in (_bought("x", *start), _bought("x", *start, *diapers)):
        order = [one.item_id for one in _top(_profile("x", history), n=60)]
        places.append([order.index(f"baby-{place}") if f"baby-{place}" in order else 60 for place in range(1, 10)])
    before, after = places
    assert np.mean(after) < np.mean(before) - 3


def test_without_a_profile_the_context_speaks_and_without_both_popularity() -> None:
    assert _share(_top(None, n=5, context_item_ids=("baby-0", "nothing-known")), "baby") >= 0.6
    popular = _top(None, n=5)
    assert [one.evidence[0].attributes["rank"] for one in popular] == ["1", "2", "3", "4", "5"]
    assert [one.item_id for one in _top(_profile("nobody", History.of([])), n=5)] == [one.item_id for one in popular]


def test_a_context_turns_the_answer_of_a_known_shopper() -> None:
    profile = _profile("u0")
    turned = _top(profile, n=10, context_item_ids=("garden-1", "garden-2"))
    assert _share(turned, "garden") > _share(_top(profile, n=10), "garden")
    assert not {"garden-1", "garden-2"} & {one.item_id for one in turned}


def test_limits_hold() -> None:
    profile = _profile("u0")
    assert {one.item_id for one in _top(profile, n=100)} >= {f"tea-{place}" for place in range(10)}
    only = _top(profile, n=100, categories=frozenset({"Toys"}), price_min=4, price_max=8)
    assert {one.item_id for one in only} == {f"toys-{place}" for place in range(2, 7)}
    assert {one.item_id for one in _top(profile, n=100, brands=frozenset({"Wren"}), categories=frozenset({"Tea"}))} == {
        "tea-2",
        "tea-5",
        "tea-8",
    }
    everything = frozenset(str(item_id) for item_id in shop_bundle().catalogue.ids)
    assert _top(profile, exclude=everything - {"tea-3"}) != []
    assert (
        _top(profile, exclude=everything) == _top(profile, categories=frozenset({"None"})) == _top(profile, n=0) == []
    )


def test_scores_fall_and_are_the_same_every_time() -> None:
    first, second = _top(_profile("u2"), n=30), _top(_profile("u2"), n=30)
    assert first == second
    scores = [one.score for one in first]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1
    assert len({one.item_id for one in first}) == len(first)


def _visits() -> list[set[object]]:
    """What each shopper chose on each day."""
    visits: dict[tuple[object, date], set[object]] = {}
    for row in shop_events():
        moment = row["time"]
        assert isinstance(moment, datetime)
        visits.setdefault((row["user_id"], moment.date()), set()).add(row["item_id"])
    return list(visits.values())


def test_evidence_is_true() -> None:
    events = {str(row["event_id"]): row for row in shop_events()}
    visits = _visits()
    for user in range(12):
        own = [row for row in events.values() if row["user_id"] == f"u{user}"]
        for one in _top(_profile(f"u{user}"), n=10):
            assert one.evidence
            for evidence in one.evidence:
                told = [events[event_id] for event_id in evidence.event_ids]
                assert all(row in own for row in told)
                assert {row["item_id"] for row in told} <= set(evidence.item_ids)
                assert {row["item_id"] for row in own} >= set(evidence.item_ids)
                if evidence.source == "repeat":
                    mine = [row for row in own if row["item_id"] == one.item_id]
                    bought = [row for row in mine if row["event_type"] == "purchase"]
                    assert evidence.attributes == {"events": str(len(mine)), "purchases": str(len(bought))}
                elif evidence.source in ("transitions", "text", "together"):
                    assert one.item_id not in evidence.item_ids
                if evidence.source == "together":
                    assert all(any({one.item_id, other} <= visit for visit in visits) for other in evidence.item_ids)


def test_similar_items_are_alike() -> None:
    for item_id in ("tea-0", "pets-0", "baby-0"):
        found = similar(shop_bundle(), item_id, 5)
        assert len(found) == 5
        assert item_id not in [one.item_id for one in found]
        assert _share(found, item_id.split("-")[0]) >= 0.6
    with pytest.raises(KeyError):
        similar(shop_bundle(), "nothing-known", 5)


def test_a_profile_of_another_model_is_read_through_its_history() -> None:
    profile = _profile("u0")
    stale = Profile(
        **{name: getattr(profile, name) for name in profile.__slots__}
        | {"model_version": "old", "vector": np.zeros(7, dtype=np.float32)}
    )
    assert [one.item_id for one in _top(stale)] == [one.item_id for one in _top(profile)]


def test_a_long_history_and_strange_ids() -> None:
    many = _bought("x", *([f"tea-{place % 10}" for place in range(499)] + ["🛒-知音"]))
    assert _share(_top(_profile("x", many), n=5), "tea") >= 0.6


def _agreement(pairs: list[tuple[list[ScoredItem], list[ScoredItem]]]) -> float:
    """The share of the items of the second lists that the first ones have, too."""
    return float(np.mean([len({one.item_id for one in a} & {one.item_id for one in b}) / len(b) for a, b in pairs]))


@pytest.mark.parametrize("limits", [{}, {"brands": frozenset(BRANDS[:1])}, {"price_max": 3.0}], ids=str)
def test_with_an_index_of_texts_the_answer_is_the_exact_one(limits: dict[str, object]) -> None:
    bundle, query = indexed_bundle(), RankingQuery(n=20, **limits)  # type: ignore[arg-type]
    exact, profiles = replace(bundle, text_index=None), [_profile(f"u{user}") for user in range(12)]
    pairs = [(recommend(bundle, one, query, SHOP_UNTIL), recommend(exact, one, query, SHOP_UNTIL)) for one in profiles]
    assert all(len(ours) == 20 for ours, _ in pairs)
    assert _agreement(pairs) >= 0.98


def test_with_an_index_of_texts_like_items_are_the_same_and_filters_leave_full_lists() -> None:
    bundle, random = indexed_bundle(), np.random.default_rng(0)
    exact, items = replace(bundle, text_index=None), bundle.catalogue.ids[::150]
    few = random.random(len(bundle.catalogue)) < 0.02
    for only in (None, random.random(len(bundle.catalogue)) < 0.6, few):
        pairs = [tuple(similar(one, item, 15, SHOP_UNTIL, only) for one in (bundle, exact)) for item in items]
        assert all(len(ours) == 15 for ours, _ in pairs)
        assert _agreement(pairs) >= 0.98  # type: ignore[arg-type]
    assert similar(bundle, "tea-0", 5, SHOP_UNTIL, np.zeros(len(few), dtype=bool)) == []
