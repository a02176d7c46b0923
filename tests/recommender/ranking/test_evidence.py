"""Why items are in an answer: each source's words checked against the shopper's events and the model's counts."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.data.event_weights import PURCHASE
from recommender.data.side_info import NOTHING, Background, Search
from recommender.models.bundle import ModelBundle
from recommender.models.counting.demographics import LIFTED, Demographics
from recommender.models.image_vectors import Photos, Seen
from recommender.ranking.evidence import CLOSE_TEXT, POPULAR_PLACES, Evidence, gather
from recommender.retrieval import Candidates
from tests.support.shops.counted import MOMENT, counted_bundle, dense, query_of, unit_rows

ROWS = np.arange(60)


def found_by(
    found: dict[str, list[int]],
    rows: list[int],
    user: str | None = "u1",
    bundle: ModelBundle | None = None,
    context: tuple[str, ...] = (),
    background: Background = NOTHING,
) -> list[tuple[Evidence, ...]]:
    """The evidence of these rows, where sources brought such candidates."""
    query = query_of(user, bundle, context=context, background=background)
    brought = {name: np.array(places, dtype=np.int64) for name, places in found.items()}
    candidates = Candidates(np.unique(np.concatenate([*brought.values(), ROWS[:0]])), brought, query)
    return gather(query.bundle, query.shopper, candidates, np.array(rows, dtype=np.int64))


def own_rows(user: str = "u1") -> NDArray[np.int64]:
    return query_of(user).shopper.rows_K


def test_only_the_sources_that_found_a_row_speak_the_one_that_ranked_it_highest_first() -> None:
    both, one, none = found_by({"alike": [5, 7, 9], "new": [9]}, [9, 5, 11])
    assert [each.source for each in both] == ["new", "alike"]
    assert [each.source for each in one] == ["alike"]
    assert none == ()
    assert found_by({"alike": [5]}, []) == []


def test_a_best_seller_says_its_place_and_others_say_nothing() -> None:
    order = counted_bundle().sellers.tolist()
    told = found_by({"popular": order}, [order[0], order[POPULAR_PLACES - 1], order[POPULAR_PLACES]])
    assert [[each.attributes["rank"] for each in one] for one in told] == [["1"], [str(POPULAR_PLACES)], []]
    statistics = counted_bundle().statistics
    unsold = replace(statistics, popularity_NW=0 * statistics.popularity_NW, total_N=0 * statistics.total_N)
    assert found_by({"popular": [3]}, [3], bundle=replace(counted_bundle(), statistics=unsold)) == [()]


def test_what_was_bought_before_names_the_latest_events_and_counts_them() -> None:
    query = query_of("u1")
    row = int(np.bincount(query.shopper.rows_L).argmax())
    mine = np.flatnonzero(query.shopper.rows_L == row)
    ((found,),) = found_by({"repeat": [row]}, [row])
    assert found.event_ids == tuple(str(one) for one in query.shopper.events_L[mine][::-1][:3])
    assert found.item_ids == (str(query.bundle.catalogue.ids[row]),)
    bought = int((query.shopper.kinds_L[mine] == PURCHASE).sum())
    assert found.attributes == {"events": str(len(mine)), "purchases": str(bought)}


@pytest.mark.parametrize("source", ["transitions", "together"])
def test_linked_items_are_those_that_lead_there_most(source: str) -> None:
    query = query_of("u2")
    matrix = dense(query.bundle.graphs[source], 60)
    shopper = query.shopper
    weights_K = shopper.by_place(0.85, query.bundle.statistics.visit_size) + np.sqrt(shopper.lasting_K)
    reached = [row for row in ROWS.tolist() if matrix[shopper.rows_K, row].any()]
    for row, told in zip(reached, found_by({source: reached}, reached, "u2"), strict=True):
        pull = weights_K * matrix[shopper.rows_K, row] * (shopper.rows_K != row)
        best = [int(place) for place in np.argsort(-pull, kind="stable")[:2] if pull[place] > 0]
        if not best:
            assert told == ()
            continue
        (found,) = told
        assert found.item_ids == tuple(str(query.bundle.catalogue.ids[shopper.rows_K[place]]) for place in best)
        latest = [np.flatnonzero(shopper.rows_L == shopper.rows_K[place])[-1] for place in best]
        assert found.event_ids == tuple(str(shopper.events_L[place]) for place in latest)


def test_texts_lead_to_a_row_only_where_they_are_near() -> None:
    bundle, own = counted_bundle(), own_rows()
    text_MT = np.tile(np.eye(8, dtype=np.float32)[0], (60, 1))
    near, far = (int(row) for row in np.setdiff1d(ROWS, own)[:2])
    text_MT[own[1:]] = np.eye(8, dtype=np.float32)[1]
    text_MT[far] = np.eye(8, dtype=np.float32)[2]
    alike, unlike = found_by({"text": [near, far]}, [near, far], bundle=replace(bundle, text_MT=text_MT))
    assert CLOSE_TEXT < 1
    assert [one.item_ids for one in alike] == [(str(bundle.catalogue.ids[own[0]]),)]
    assert unlike == ()


def test_what_is_looked_at_right_now_is_named_as_such_and_has_no_event() -> None:
    bundle = counted_bundle()
    matrix = dense(bundle.graphs["together"], 60)
    looked_at = bundle.catalogue.index["garden-3"]
    row = int(matrix[looked_at].argmax())
    ((found,),) = found_by({"together": [row]}, [row], None, context=("garden-3",))
    assert found == Evidence("context", ("garden-3",), attributes={"by": "together"})


def test_the_item_itself_is_never_its_own_reason() -> None:
    own = own_rows("u3").tolist()
    for told, row in zip(found_by({"text": own, "transitions": own}, own, "u3"), own, strict=True):
        assert all(str(counted_bundle().catalogue.ids[row]) not in one.item_ids for one in told)


def test_the_latest_items_stand_for_the_sequence_and_nobody_is_named_for_trust() -> None:
    trusted = Background(trusted={"tea-0": 1.0})
    ((sequence, trust),) = found_by({"sequence": [8], "trusted": [9, 8]}, [8], background=trusted)
    latest = counted_bundle().catalogue.ids[own_rows()[:2]]
    assert sequence == Evidence("sequence", tuple(map(str, latest)))
    assert trust == Evidence("trusted")


def test_attributes_speak_where_such_shoppers_choose_it_more_and_only_by_their_names() -> None:
    lift_AD = np.zeros((1, 60), dtype=np.float32)
    lift_AD[0, [4, 5]] = LIFTED + 0.01, LIFTED - 0.01
    bundle = replace(counted_bundle(), demographics=Demographics(("home=flat",), ROWS, lift_AD))
    mine = Background(attributes=("age=40", "home=flat"))
    lifted, hardly = found_by({"demographic": [4, 5]}, [4, 5], None, bundle, background=mine)
    assert lifted == (Evidence("demographic", attributes={"attributes": "home"}),)
    assert hardly == ()
    assert found_by({"demographic": [4]}, [4], None, bundle) == [()]


def test_a_query_is_told_in_the_shoppers_words_of_what_fits_it() -> None:
    bundle = counted_bundle()
    search = Search.of("s1", "oolong", MOMENT, "drawn", bundle.text_MT[7])
    other = int((bundle.text_MT @ bundle.text_MT[7]).argmin())
    fitting, unlike = found_by({"search": [7, other]}, [7, other], None, background=Background(searches=(search,)))
    assert fitting == (Evidence("search", (), ("s1",), {"query": "oolong"}),)
    assert unlike == ()


def test_sources_of_histories_say_nothing_of_who_has_none() -> None:
    told = found_by({"popular": [3], "alike": [3], "sequence": [3]}, [3], None)
    assert {one.source for one in told[0]} <= {"popular"}


def test_photos_lead_only_where_they_are_alike() -> None:
    own = own_rows()
    pictures = unit_rows(8, 60, 6)
    row = int(np.setdiff1d(ROWS, own)[0])
    pictures[row] = pictures[own[0]]
    bundle = replace(counted_bundle(), photos=Photos.of(Seen("image:drawn", pictures, ROWS.astype(np.int32))))
    ((found,),) = found_by({"image": [row]}, [row], bundle=bundle)
    assert found.source == "image"
    assert found.item_ids[0] == str(bundle.catalogue.ids[own[0]])
