"""What follows what, learned: an item as a vector of what it leads to and one of what leads to it, compared by cosine.

An item's vectors are its content (words, brand, categories, the LLM's reading) through a learned projection, plus a
part of its own. So an item that hardly anyone touched is placed by what it is. `training` fits them; here they are
arrays.

Shape suffixes: Q queries, N items, D width, H latest items of a history, C candidates, E width of the content.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from recommender.ranker.graphs import factors, unit
from recommender.ranker.items import ItemFacts
from recommender.ranker.log import Floats, Ints, Mask

FACTORS, TEXT = 256, 128
_GROUPS = {"brand": 0.7, "category": 0.7, "level2": 0.4}  # beside the words of a title, which have length 1


@dataclass(frozen=True)
class Towers:
    in_ND: Floats
    out_ND: Floats  # unit length
    content_in_ND: Floats  # the same without the items' own parts
    content_out_ND: Floats
    bias_N: Floats
    sharpness: float

    def cosines(self, history_QN: sp.csr_matrix) -> Floats:
        result: Floats = unit(np.asarray(history_QN @ self.in_ND)) @ self.out_ND.T
        return result

    def content_cosines(self, history_QN: sp.csr_matrix) -> Floats:
        result: Floats = unit(np.asarray(history_QN @ self.content_in_ND)) @ self.content_out_ND.T
        return result

    def chances(self, cosines_QN: Floats) -> Floats:
        """The logarithm of each item's chance to follow, of shape (Q, N)."""
        logits_QN = np.float32(self.sharpness) * cosines_QN + self.bias_N
        logits_QN -= logits_QN.max(axis=1, keepdims=True)
        logits_QN -= np.log(np.exp(logits_QN).sum(axis=1, keepdims=True))
        return logits_QN

    def nearest(self, latest_QH: Ints, there_QH: Mask, rows_QC: Ints) -> Floats:
        """Cosines of shape (Q, H, C): from each of the latest items to each candidate; -1 where there is none."""
        near_QHC = np.empty((*latest_QH.shape, rows_QC.shape[1]), dtype=np.float32)
        led_QHD = unit(self.in_ND[latest_QH])
        for near_HC, led_HD, rows_C in zip(near_QHC, led_QHD, rows_QC, strict=True):
            np.matmul(led_HD, self.out_ND[rows_C].T, out=near_HC)
        near_QHC[~there_QH] = -1
        return near_QHC


def content_of(facts: ItemFacts, seed: int = 0) -> Floats:
    """Words, brand and categories in few numbers, beside the greatest directions of the texts' vectors; (N, E)."""
    parts = [facts.words_NW]
    for name, weight in _GROUPS.items():
        group_N, unknown = facts.groups[name], facts.unknown[name]
        shape = (len(facts), max(int(group_N.max(initial=0)), unknown) + 1)
        weights = np.where(group_N == unknown, 0, weight).astype(np.float32)
        parts.append(sp.csr_matrix((weights, (np.arange(len(facts)), group_N)), shape=shape))
    left, values, _ = factors(sp.hstack(parts).tocsr().astype(np.float32), FACTORS, seed)
    content_NE = np.concatenate([left * values, _principal(facts.vectors_NE)], axis=1)
    return (content_NE * (0.3 / max(float(content_NE.std()), 1e-9))).astype(np.float32)


def _principal(vectors_NE: Floats) -> Floats:
    centred = vectors_NE - vectors_NE.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    result: Floats = centred @ directions[:, ::-1][:, :TEXT]
    return result
