"""The graphs that sources follow, counted from the past or read from texts; rows keep their heaviest links.

A second step (after a transition another one, a transition after a text of like kind) is walked in advance for all
items, so that an answer follows one link where two were walked. In shops whose shoppers come back to their own items
these are left to the graphs of visits and of whole histories, which say the same there.

Shape suffixes: N items, W words, U shoppers.
"""

import re
from collections import Counter

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.data.event_weights import strengths
from recommender.models.counting.sparse_graph import Graph, prune, without_diagonal
from recommender.retrieval.base import Past

MOST_SHARED = 200  # a shopper's latest items that count as belonging together
STEPPED_FROM = 64  # links of a row that a second step starts from
MAX_LINKS = 96  # links of a row after it
TEXTS_NEAR = 20  # texts that a step goes to from a text
SHARPNESS = 4  # a cosine's power: near texts count for much more than alike ones
MOST_ITEMS = 60_000  # of which each is held against each other
ROWS_AT_ONCE = 1000
_WORD = re.compile(r"\w+")


def owned_matrix(past: Past) -> sp.csr_matrix:
    """1 where a shopper has an item, of shape (U, N), of everybody's latest items."""
    events = past.events
    ends = np.searchsorted(events.users, events.users, side="right")
    kept = (ends - 1 - np.arange(len(events)) < MOST_SHARED) & (strengths(events.event_types, events.values) > 0)
    return _binary(events.users[kept], events.items[kept], past.items)


def fit_companions(past: Past) -> Graph | None:
    """Items of the same shopper, whenever; a shopper of many items says less, and so does an item that many have."""
    if past.repeats:
        return None
    owned = owned_matrix(past)
    sizes = np.maximum(np.asarray(owned.sum(axis=1)).ravel(), 1)
    rare = 1 / np.sqrt(np.asarray(owned.sum(axis=0)).ravel() + 1)
    total = without_diagonal(owned.T.tocsr() @ sp.diags((1 / sizes).astype(np.float32)) @ owned)
    lifted = sp.diags(rare.astype(np.float32)) @ total @ sp.diags(rare.astype(np.float32))
    return Graph.of(prune(lifted, past.config.neighbours))


def _binary(users: NDArray[np.int32], items: NDArray[np.int32], count: int) -> sp.csr_matrix:
    """1 where the shopper has the item."""
    shape = (int(users.max(initial=-1)) + 1, count)
    owned = sp.csr_matrix((np.ones(len(users), dtype=np.float32), (users, items)), shape=shape)
    owned.data[:] = 1
    return owned


def fit_onward(past: Past) -> Graph | None:
    """Two transitions."""
    if past.repeats:
        return None
    step = _matrix(past.statistics.transitions)
    return _walked(step, step)


def fit_step_then_text(past: Past) -> Graph | None:
    """A transition, then to texts like the one it led to."""
    if past.repeats or past.items > MOST_ITEMS:
        return None
    return _walked(_matrix(past.statistics.transitions), text_steps_of(past))


def fit_text_then_step(past: Past) -> Graph | None:
    """To texts like the item's own, then a transition."""
    if past.repeats or past.items > MOST_ITEMS:
        return None
    return _walked(text_steps_of(past), _matrix(past.statistics.transitions))


def _walked(first: sp.csr_matrix, second: sp.csr_matrix) -> Graph:
    """Both steps from each row, a block of rows at a time, back to itself left out."""
    blocks = []
    for start in range(0, first.shape[0], ROWS_AT_ONCE):
        block = (first[start : start + ROWS_AT_ONCE] @ second).tocoo()
        away = block.row + start != block.col
        block = sp.csr_matrix((block.data[away], (block.row[away], block.col[away])), shape=block.shape)
        blocks.append(prune(block, MAX_LINKS))
    return Graph.of(_stacked(blocks, second.shape[1]))


def _stacked(blocks: list[sp.csr_matrix], width: int) -> sp.csr_matrix:
    """One below the other; unlike scipy's own it keeps each row's order, the heaviest first."""
    if not blocks:
        return sp.csr_matrix((0, width), dtype=np.float32)
    ends = np.cumsum([block.indptr[-1] for block in blocks])
    indptr = np.concatenate([[0], *(b.indptr[1:] + e - b.indptr[-1] for b, e in zip(blocks, ends, strict=True))])
    data, indices = (np.concatenate([getattr(block, part) for block in blocks]) for part in ("data", "indices"))
    return sp.csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, width))


def _matrix(graph: Graph) -> sp.csr_matrix:
    return sp.csr_matrix((graph.weights_E, graph.indices_E, graph.indptr), shape=(len(graph), len(graph)))


def text_steps_of(past: Past) -> sp.csr_matrix:
    """From each item to those of the nearest texts; rows sum to 1."""
    return past.once("text steps", lambda: text_steps(past.text_MT[past.text_row_N]))


def text_steps(vectors_NT: NDArray[np.float32], count: int = TEXTS_NEAR) -> sp.csr_matrix:
    """From each item to the `count` items of the nearest texts: sparse, of shape (N, N), rows that sum to 1.

    `vectors_NT` holds the items' text vectors, each of length 1 or 0.
    """
    total = len(vectors_NT)
    count = min(count, total - 1)
    if count < 1 or not vectors_NT.any():
        return sp.csr_matrix((total, total), dtype=np.float32)
    rows, columns, weights = [], [], []
    for start in range(0, total, ROWS_AT_ONCE):
        cosines = vectors_NT[start : start + ROWS_AT_ONCE] @ vectors_NT.T
        own = np.arange(len(cosines))
        cosines[own, own + start] = -1
        nearest = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        strength = np.take_along_axis(cosines, nearest, axis=1).clip(min=0) ** SHARPNESS
        rows.append(np.repeat(own + start, count))
        columns.append(nearest.ravel())
        weights.append((strength / (strength.sum(axis=1, keepdims=True) + 1e-9)).ravel())
    entries = np.concatenate(weights).astype(np.float32)
    return sp.csr_matrix((entries, (np.concatenate(rows), np.concatenate(columns))), shape=(total, total))


def word_graph(words_NW: sp.csr_matrix, keep: int) -> Graph:
    """Each title's nearest by the cosine of their words."""
    across_WN = words_NW.T.tocsr()
    blocks = []
    for start in range(0, words_NW.shape[0], ROWS_AT_ONCE):
        block = (words_NW[start : start + ROWS_AT_ONCE] @ across_WN).tocoo()
        away = (block.row + start != block.col) & (block.data > 0)
        block = sp.csr_matrix((block.data[away], (block.row[away], block.col[away])), shape=block.shape)
        blocks.append(prune(block, keep))
    return Graph.of(_stacked(blocks, words_NW.shape[0]))


def word_vectors(titles: list[str]) -> sp.csr_matrix:
    """Titles as unit vectors of their words, rare ones weighing more; a word of one item alone says nothing."""
    sets = [sorted(set(_WORD.findall(title.lower()))) for title in titles]
    counts = Counter(word for found in sets for word in found)
    place = {word: number for number, word in enumerate(word for word, count in counts.items() if count > 1)}
    rows = [row for row, found in enumerate(sets) for word in found if word in place]
    columns = np.array([place[word] for found in sets for word in found if word in place], dtype=np.int64)
    idf = np.log(max(len(titles), 1) / np.array([counts[word] for word in place], dtype=np.float64))
    matrix = sp.csr_matrix((idf[columns].astype(np.float32), (rows, columns)), shape=(len(titles), len(place)))
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (sp.diags((1 / np.maximum(lengths, 1e-9)).astype(np.float32)) @ matrix).tocsr()
