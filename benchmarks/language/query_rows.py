"""How well each kind of query is answered: NDCG@10 of the search as it is served, beside BM25 with the same analyser.

KuaiSearch's titles are asked in traditional characters and in Pinyin, too. Answers hold nothing a query excludes.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import opencc
import orjson
import polars as pl
import pypinyin

from benchmarks.language import kuaisearch
from benchmarks.language.query_kinds import KINDS, Asked, Row, questions
from benchmarks.language.wish_shops import WishShop, open_shops
from recommender.data.catalog import SCHEMA
from recommender.search.fusion import WORDS_ALONE, Fusion
from recommender.search.pipeline import Filters, search
from recommender.search.query_understanding import understand
from recommender.search.search_index import SearchIndex, searched_text
from recommender.search.text.tokenization import terms

CUT = kuaisearch.CUT
TEST_SEED = 100
BM25, ZHIYIN = "BM25, same analyser", "zhiyin"
Measured = dict[str, Any]


def kind_rows(data: Path, count: int) -> list[Measured]:
    """Two rows a kind: BM25 and the search; then both over all kinds."""
    asked: dict[str, dict[str, list[float]]] = {}
    for shop in open_shops(_there(data), data):
        rows = catalogue_rows(shop)
        for kind, (make, shops) in KINDS.items():
            if shop.name in shops:
                made = questions(make, rows, count // len(shops), TEST_SEED)
                _add(asked.setdefault(kind, {}), shop, made)
    if (data / "kuaisearch-demo").is_dir():
        asked |= _kuaisearch(data / "kuaisearch-demo")
    return [
        {"task": "kinds of queries", "system": f"{kind}: {name}", "NDCG@10": _mean(found), "queries": len(found)}
        for kind, systems in {**asked, "all": _together(asked)}.items()
        for name, found in systems.items()
    ]


def _there(data: Path) -> list[str]:
    return ["demo", *(name for name, folder in _FOLDERS.items() if (data / folder).is_dir())]


_FOLDERS = {"beauty": "amazon-beauty", "fashion": "fashion-images"}


def catalogue_rows(shop: WishShop) -> list[Row]:
    """What may be shown, as the catalogue has it."""
    catalogue = shop.front.index.catalogue
    leaves, leaf_O = catalogue.leaves
    attributes: dict[int, dict[str, str]] = {}
    for value in shop.front.index.attribute_values.get("colour", ()):
        for row in np.flatnonzero(shop.front.index.having({"colour": frozenset({value})})):
            attributes[int(row)] = {"colour": value.title()}
    return [
        Row(
            str(catalogue.ids[row]),
            catalogue.titles[row],
            leaves[leaf_O[row]],
            float(catalogue.prices[row]) if np.isfinite(catalogue.prices[row]) else None,
            attributes.get(int(row), {}),
        )
        for row in np.flatnonzero(catalogue.sellable(shop.now))
    ]


def _add(systems: dict[str, list[float]], shop: WishShop, made: Sequence[Asked]) -> None:
    for name, find in {BM25: by_bm25, ZHIYIN: by_search}.items():
        systems.setdefault(name, []).extend(ndcg(find(shop, one.query), one.right) for one in made)


def by_bm25(shop: WishShop, query: str) -> list[str]:
    """The first ten by BM25 over all of the query's words, cut and stemmed as the search does."""
    index = shop.front.index
    scores = index.lexicon.scores(terms(query))[index.text_row_O]
    scores = np.where(index.catalogue.sellable(shop.now), scores, 0)
    best = np.argsort(-scores, kind="stable")[:CUT]
    return [str(index.catalogue.ids[row]) for row in best if scores[row] > 0]


def by_search(shop: WishShop, query: str) -> list[str]:
    """The first ten of the search, nobody known."""
    reader = shop.encoder
    understood = understand(shop.front.index, query, reader.knows, shop.bundle.manifest.query_words)
    vector, fusion = None, WORDS_ALONE
    if understood.text and reader.reads(understood.text):
        vector = reader.encode_queries([understood.text])[0]
        fusion = Fusion(least=shop.nearness.least(understood.text, understood.is_real))
    found = search(shop.front, understood, vector, None, Filters(), shop.now, CUT, fusion=fusion)
    return [hit.item_id for hit in found.hits]


def ndcg(found: Sequence[str], right: frozenset[str]) -> float:
    """All right items are equally right; as many as there are places would be best."""
    gained = sum(1 / np.log2(place + 2) for place, item in enumerate(found[:CUT]) if item in right)
    return float(gained / sum(1 / np.log2(place + 2) for place in range(min(CUT, len(right)))))


def _kuaisearch(folder: Path) -> dict[str, dict[str, list[float]]]:
    """Queries with one graded title each, as KuaiSearch's own table asks them."""
    judged = kuaisearch.read_judged(folder)
    titles = list(dict.fromkeys(one["item_title"] for one in judged))
    index = titles_index(titles)
    asked = [(one["query"], titles.index(one["item_title"])) for one in judged if one["score"] > 0]
    written: dict[str, Callable[[str], str]] = {
        "traditional Chinese": opencc.OpenCC("s2t").convert,
        "Pinyin": lambda query: " ".join(pypinyin.lazy_pinyin(query)),
    }
    found: dict[str, dict[str, list[float]]] = {}
    for kind, write in written.items():
        queries = [write(query) for query, _ in asked]
        read = [understand(index, query) for query in queries]
        score = kuaisearch.fused(titles, [one.text for one in read])
        found[kind] = {
            BM25: [_place(index, terms(query), right) for query, (_, right) in zip(queries, asked, strict=True)],
            ZHIYIN: [kuaisearch.ndcg(score(one.text), right) for one, (_, right) in zip(read, asked, strict=True)],
        }
    return found


def titles_index(titles: Sequence[str]) -> SearchIndex:
    frame: list[dict[str, object]] = [
        {
            **dict.fromkeys(SCHEMA), "item_id": str(place), "title": title, "categories": [], "brand": "",
            "kind": "product", "content_hash": str(place), "searched": searched_text(title, "", "", [], {}),
            "attributes": orjson.dumps({}).decode(),
        }
        for place, title in enumerate(titles)
    ]  # fmt: skip
    return SearchIndex(pl.DataFrame(frame, schema={**SCHEMA, "searched": pl.String, "attributes": pl.String}))


def _place(index: SearchIndex, words: Sequence[str], right: int) -> float:
    return kuaisearch.ndcg(index.lexicon.scores(words)[index.text_row_O], right)


def _mean(found: Sequence[float]) -> float:
    return float(np.mean(found)) if found else 0.0


def _together(asked: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, list[float]]:
    return {name: [one for systems in asked.values() for one in systems.get(name, ())] for name in (BM25, ZHIYIN)}
