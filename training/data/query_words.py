"""What shoppers call things, learned from what they chose after a search: who asks for a "settee" clicks on sofas.

A query of a few words that several shoppers made leads to a word of the titles they chose next, where most of them
chose it and few titles have it. One shopper counts once, and what too few did is not kept. It knows frames of events
and titles; where it is used is the search's affair.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np
import polars as pl

from recommender.search.text.normalization import fold
from recommender.search.text.tokenization import drop_little_words, split_folded, stem

LEAST_SHOPPERS = 5  # who searched so and chose
WITHIN = "10m"  # from the search to what was chosen
SHARE = 0.6  # of the shoppers, who chose something with the word in its title
RARE = 0.2  # of that share, how many of all titles may have the word
MOST_WORDS = 3  # of a query
MOST_QUERIES = 2_000  # those of most shoppers


def learn_query_words(events: pl.DataFrame, titles: Mapping[str, str]) -> dict[str, str]:
    """By folded query, the words that stand for it in titles; none where the query's own words do.

    `events` has `user_id`, `event_type`, `item_id`, `text` and `time`; `titles` are by item.
    """
    chosen = _chosen(events, titles)
    if not len(chosen):
        return {}
    words = {item: _words(title) for item, title in titles.items()}
    having = Counter(word for words_of_item in words.values() for word in words_of_item)
    found: list[tuple[int, str, str]] = []
    for (query,), rows in chosen.group_by(["query"], maintain_order=True):
        shoppers = rows["user_id"].n_unique()
        if shoppers >= LEAST_SHOPPERS and (read_as := _title_words(str(query), rows, words, having, shoppers)):
            found.append((shoppers, str(query), read_as))
    return {query: read_as for _, query, read_as in sorted(found, key=lambda one: (-one[0], one[1]))[:MOST_QUERIES]}


def _chosen(events: pl.DataFrame, titles: Mapping[str, str]) -> pl.DataFrame:
    """Each shopper, query and item that they went on to within a few minutes, before they searched again; once."""
    known = events.filter(pl.col("user_id").is_not_null()).sort("time")
    searches = known.filter((pl.col("event_type") == "search") & pl.col("text").is_not_null())
    if not len(searches):
        return pl.DataFrame(schema={"user_id": pl.String, "query": pl.String, "item_id": pl.String})
    queries = searches.select("user_id", "time", pl.col("text").map_elements(fold, pl.String).alias("query"))
    items = known.filter(pl.col("item_id").is_in(list(titles))).select("user_id", "time", "item_id")
    after = items.join_asof(
        queries, on="time", by="user_id", strategy="backward", tolerance=WITHIN, check_sortedness=False
    )
    return after.drop_nulls("query").select("user_id", "query", "item_id").unique(maintain_order=True)


def _title_words(
    query: str, rows: pl.DataFrame, words: Mapping[str, Mapping[str, str]], having: Counter[str], shoppers: int
) -> str:
    """Up to two words, as titles write them; "" where no word tells what was chosen."""
    own = set(_words(query))
    if not 0 < len(own) <= MOST_WORDS:
        return ""
    by: dict[str, set[str]] = defaultdict(set)
    for user, item in rows.select("user_id", "item_id").iter_rows():
        for word in words[item]:
            by[word].add(user)
    shares = {word: len(users) / shoppers for word, users in by.items()}
    distinctive = [
        word for word, share in shares.items() if share >= SHARE and having[word] / len(words) <= RARE * share
    ]
    if own & set(distinctive):
        return ""
    best = sorted(distinctive, key=lambda word: (-shares[word] * float(np.log(len(words) / having[word])), word))[:2]
    alike = [word for word in best if shares[word] >= 0.9 * shares[best[0]]]
    first = next(iter(rows["item_id"]))
    written = {word: form for item in rows["item_id"] for word, form in words[item].items()}
    order = list(words[first])
    alike.sort(key=lambda word: order.index(word) if word in order else len(order))
    return " ".join(written[word] for word in alike)


def _words(text: str) -> dict[str, str]:
    """The words that say something, by their stems, as they are written; in their order."""
    words = drop_little_words(split_folded(fold(text)))
    return {stem(word): word for word in words if not word[0].isdigit() and len(word) > 1}
