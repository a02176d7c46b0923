"""Where an answer's items come from: each source scores items, and its best become candidates.

It knows a bundle and a shopper in the model's terms. The ranker decides among what is found here.

Shape suffixes: N items, D profile width, M distinct texts, T text width, C candidates, F items of the front, K the
shopper's distinct items.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommender.artifacts import ModelBundle
from recommender.graphs import Flow, Graph, Links, arriving
from recommender.newcomers import newcomer_sources, of_like_shoppers
from recommender.searches import Heard, fitting, heard
from recommender.shoppers import FAR, NEAR, Shopper

LIMITS = {
    "repeat": 280, "sequence": 30, "transitions": 120, "together": 180, "alike": 320, "onward": 30, "text": 30,
    "popular": 120, "new": 20, "image": 20, "trusted": 30, "demographic": 15,
    "search": 20,
}  # fmt: skip
OF_A_TEXT = 5  # items that say the same, at most
LEADERS = 150  # the shopper's items that links start from, at most
LAST = 0.01  # what is left of an event's weight one event further back, where only the last one counts
STEPPING = 50  # items that a second step starts from


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows worth ranking, and what the columns are read from."""

    rows_C: NDArray[np.int64]
    found: dict[str, NDArray[np.int64]]  # source -> the rows it brought, best first
    flows: dict[str, Flow]  # what each way of asking sends to items
    links: dict[str, Links]  # of the shopper's items
    vector_D: NDArray[np.float32]  # the profile's
    text_M: NDArray[np.float32]
    photo_I: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))  # of what they came for
    wish: Heard | None = None  # what they searched for


# which of the flows decides whom a source brings
FINDERS = {"transitions": "damped far", "together": "together taste", "alike": "alike wide", "onward": "onward"}


def retrieve(
    bundle: ModelBundle, shopper: Shopper, vector: NDArray[np.float32], allowed_N: NDArray[np.bool_]
) -> Candidates:
    """The best of each source among the allowed rows; every allowed item of a known text can be found."""
    found = {"popular": _popular(bundle, allowed_N)}
    if not len(shopper):
        empty = np.zeros(0, dtype=np.float32)
        wish = heard(bundle, shopper)
        found |= newcomer_sources(bundle, shopper.background, wish, allowed_N)
        return Candidates(np.unique(np.concatenate([*found.values()])), found, {}, {}, empty, empty, wish=wish)
    leaders = _leaders(bundle, shopper)
    links = {
        "transitions": _links(bundle.statistics.transitions, shopper.rows_K, leaders),
        "together": _links(bundle.statistics.occasions, shopper.rows_K, leaders),
    }
    flows = _flows(bundle, shopper, links)
    wish, wishes_K = heard(bundle, shopper), _wishes(bundle, shopper)
    text_M = text_scores(bundle, shopper, wishes_K, wish)
    found["repeat"] = _own(shopper, allowed_N)
    free_N = allowed_N.copy()
    free_N[found["repeat"]] = False  # the other sources are there to find what is new to the shopper
    front, front_FD = bundle.front
    free = np.flatnonzero(free_N[front])
    found["sequence"] = _best(front[free], (front_FD @ vector)[free], LIMITS["sequence"])
    newcomers = np.flatnonzero(bundle.borrowed_N & free_N)
    for source, name in FINDERS.items():
        scores_N = _with_lenders(bundle, flows[name].everywhere(len(free_N)))
        found[source] = _best_scored(scores_N, free_N, LIMITS[source])
    found["text"] = _of_like_text(bundle, text_M, free_N)
    photo_I = np.zeros(0, dtype=np.float32)
    if bundle.photos is not None:
        photo_I = bundle.photos.mean(shopper.rows_K, wishes_K)
        found["image"] = _of_like_photo(bundle, photo_I, free_N)
    if shopper.background.trusted and "trusted" in bundle.manifest.ranker_columns:
        rows, shares = trusted_choices(bundle, shopper)
        found["trusted"] = _best(rows[free_N[rows]], shares[free_N[rows]], LIMITS["trusted"])
    if (rows_D := of_like_shoppers(bundle, shopper.background, free_N, LIMITS["demographic"])) is not None:
        found["demographic"] = rows_D
    if wish is not None:
        found["search"] = fitting(bundle, wish, free_N, LIMITS["search"])
    found["new"] = _best(newcomers, text_M[bundle.text_row_N[newcomers]], LIMITS["new"])
    chosen_N = np.zeros(len(allowed_N), dtype=bool)
    for rows in found.values():
        chosen_N[rows] = True
    return Candidates(np.flatnonzero(chosen_N), found, flows, links, vector, text_M, photo_I, wish)


def _flows(bundle: ModelBundle, shopper: Shopper, links: dict[str, Links]) -> dict[str, Flow]:
    """What leads from the shopper's items and from shoppers alike to each item."""
    stats = bundle.statistics
    last, near, far = (
        _shares(shopper.by_place(decay, size))
        for decay, size in ((LAST, 1.0), (NEAR, stats.visit_size), (FAR, stats.visit_size))
    )
    flow_K = np.sqrt(stats.flow_N[shopper.rows_K])
    moves, together = links["transitions"], links["together"]
    flows = {
        "next last": moves.carrying(last),
        "next near": moves.carrying(near),
        "next far": moves.carrying(far),
        "damped near": moves.carrying(near * flow_K),
        "damped far": moves.carrying(far * flow_K),
        "together near": together.carrying(near),
        "together taste": together.carrying(_shares(shopper.tastes_K)),
    }
    flows["alike close"], flows["alike wide"] = stats.crowd.flows(shopper.rows_K, shopper.tastes_K)
    flows["onward"] = _onward(stats.transitions, flows["next near"], len(bundle.catalogue))
    return flows


def _leaders(bundle: ModelBundle, shopper: Shopper) -> NDArray[np.int64]:
    """The shopper's items that say most of them, late or often."""
    weights_K = _shares(shopper.by_place(FAR, bundle.statistics.visit_size)) + _shares(shopper.tastes_K)
    return np.sort(np.argsort(-weights_K, kind="stable")[:LEADERS])


def _links(graph: Graph, rows_K: NDArray[np.int64], leaders: NDArray[np.int64]) -> Links:
    links = Links.of(graph, rows_K[leaders])
    return Links(leaders[links.owners_E], links.targets_E, links.weights_E)


def _onward(transitions: Graph, first: Flow, items: int) -> Flow:
    """A second step, from where the first one leads most."""
    scores_N = first.everywhere(items)
    rows = _best_scored(scores_N, np.True_, STEPPING)
    return Links.of(transitions, rows).carrying(scores_N[rows].astype(np.float32))


def _shares(weights_K: NDArray[np.float32]) -> NDArray[np.float32]:
    shares: NDArray[np.float32] = weights_K / max(float(weights_K.sum()), 1e-9)
    return shares


def _with_lenders(bundle: ModelBundle, scores_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """New items get what arrives at the items that lend to them."""
    if len(bundle.lenders_BK):
        scores_N[bundle.borrowed_N] = scores_N[bundle.lenders_BK].mean(axis=1)
    return scores_N


def brought(bundle: ModelBundle, flows: list[Flow], rows_C: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """What each flow brings to these rows, of shape (C,) each."""
    if not bundle.borrowed_N[rows_C].any():
        return arriving(flows, rows_C, len(bundle.catalogue))
    return [_with_lenders(bundle, flow.everywhere(len(bundle.catalogue)))[rows_C] for flow in flows]


def led_from(bundle: ModelBundle, rows_K: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much leads from these items, taken alike, to each other one."""
    weights_K = np.full(len(rows_K), 1 / max(len(rows_K), 1), dtype=np.float32)
    flow = Links.of(bundle.statistics.transitions, rows_K).carrying(weights_K)
    return _with_lenders(bundle, flow.everywhere(len(bundle.catalogue)))


def text_scores(
    bundle: ModelBundle, shopper: Shopper, wishes_K: NDArray[np.float32], wish: Heard | None
) -> NDArray[np.float32]:
    """Cosine of each text with the mean text of what the shopper came for and searched for lately."""
    if not (wishes_K > 0).any() and wish is None:
        return np.zeros(len(bundle.text_MT), dtype=np.float32)
    mean_T = wishes_K @ bundle.text_MT[bundle.text_row_N[shopper.rows_K]]
    mean_T = mean_T if wish is None else mean_T + wish.wish_T
    return np.asarray(bundle.text_MT @ (mean_T / max(float(np.linalg.norm(mean_T)), 1e-9)), dtype=np.float32)


def trusted_choices(bundle: ModelBundle, shopper: Shopper) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """What the people the shopper trusts came for lately, and which share of them came for each."""
    trusted = shopper.background.trusted
    rows, shares = bundle.catalogue.rows_of(trusted), np.array(list(trusted.values()), dtype=np.float32)
    return rows[rows >= 0], shares[rows >= 0]


def _wishes(bundle: ModelBundle, shopper: Shopper) -> NDArray[np.float32]:
    """How much each of the shopper's items says of what they came for lately."""
    near_K = shopper.by_place(NEAR, bundle.statistics.visit_size)
    return np.asarray(near_K + np.float32(0.3) * np.sqrt(shopper.lasting_K), dtype=np.float32)


def _of_like_photo(
    bundle: ModelBundle, photo_I: NDArray[np.float32], allowed_N: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The items whose photos are nearest to those of what the shopper came for lately."""
    rows, photos_FI = bundle.photo_front
    cosines_F = photos_FI @ photo_I
    near = np.flatnonzero((cosines_F > 0) & allowed_N[rows])
    return _best(rows[near], cosines_F[near], LIMITS["image"])


def _own(shopper: Shopper, allowed_N: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The shopper's own items, those they come back to most first; not what they look at right now."""
    mine_K = np.ones(len(shopper.rows_K), dtype=bool)
    mine_K[shopper.place_L[shopper.context_L]] = False
    order = np.argsort(-shopper.lasting_K, kind="stable")
    order = order[(mine_K & (shopper.lasting_K > 0))[order]]
    rows: NDArray[np.int64] = shopper.rows_K[order]
    return rows[allowed_N[rows]][: LIMITS["repeat"]]


def _popular(bundle: ModelBundle, allowed_N: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Only what was really sold: a new item's popularity is lent to it."""
    for enough in (10 * LIMITS["popular"], len(bundle.sellers)):
        rows = bundle.sellers[:enough]
        rows = rows[allowed_N[rows] & ~bundle.borrowed_N[rows]]
        if len(rows) >= LIMITS["popular"]:
            break
    return rows[: LIMITS["popular"]]


def _of_like_text(bundle: ModelBundle, text_M: NDArray[np.float32], allowed_N: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The best sellers of the texts nearest to the shopper's, sold or not."""
    order_N, starts = bundle.rows_by_text
    texts = np.arange(len(text_M))
    if np.count_nonzero(allowed_N) < len(allowed_N) / 2:  # most texts may have no allowed row
        texts = np.unique(bundle.text_row_N[np.flatnonzero(allowed_N)])
    texts = _best(texts, text_M[texts], LIMITS["text"])
    places = starts[texts][:, None] + np.arange(OF_A_TEXT)
    rows: NDArray[np.int64] = order_N[places[places < starts[texts + 1][:, None]]]
    return rows[allowed_N[rows]][: 2 * LIMITS["text"]]


def _best(rows: NDArray[np.int64], scores: NDArray[np.floating], count: int) -> NDArray[np.int64]:
    """The rows with the highest scores, the highest first; equal ones in order of row."""
    if len(rows) > count:
        top = np.argpartition(-scores, count)[:count]
        rows, scores = rows[top], scores[top]
    return rows[np.lexsort((rows, -scores))]


def _best_scored(
    scores_N: NDArray[np.float64], allowed_N: NDArray[np.bool_] | np.bool_, count: int
) -> NDArray[np.int64]:
    """The same among the allowed rows that score at all."""
    rows = np.flatnonzero((scores_N > 0) & allowed_N)
    return _best(rows, scores_N[rows], count)
