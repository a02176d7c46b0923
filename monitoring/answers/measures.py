"""What answers were worth: quality against what was then bought, coverage of the catalogue, freshness, scores.

Pure functions of frames. Of a stretch, a shopper's first list of the home page counts for quality, coverage and scores,
so that nobody counts twice.

Shape suffixes: U shoppers, K places, N items.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import gammaln

from recommender.ranking.metrics import find_hits, ndcg_at
from recommender.scenarios.base import HOME

K = 20
LATE = timedelta(hours=1)  # what was done so long before an answer should be known to the profile
NOTHING = -1  # in place of an item, where a list is shorter
Numbers = NDArray[np.float64]


def first_lists(answers: pl.DataFrame) -> pl.DataFrame:
    """Of each shopper the first list of the home page, in order of shopper."""
    return answers.filter(pl.col("scenario") == HOME).sort("time").unique("user_id", keep="first").sort("user_id")


def ndcg(lists: pl.DataFrame, events: pl.DataFrame, until: datetime) -> pl.DataFrame:
    """NDCG@20 of each list against what its shopper bought after it and before `until`, with its model.

    Of shoppers who bought something: columns user_id, model_version, value.
    """
    bought = events.filter(pl.col("event_type") == "purchase", pl.col("time") < until, pl.col("item_id").is_not_null())
    after = lists.join(bought.select("user_id", "item_id", bought_at="time"), on="user_id")
    after = after.filter(pl.col("bought_at") >= pl.col("time"))
    kept = ("user_id", "model_version", "item_ids")
    pairs = after.group_by(kept[0]).agg(pl.col(kept[1:]).first(), wanted=pl.col("item_id").unique()).sort("user_id")
    values = [_ndcg(shown, wanted) for shown, wanted in pairs.select("item_ids", "wanted").iter_rows()]
    return pairs.select("user_id", "model_version").with_columns(pl.Series("value", values, dtype=pl.Float64))


def _ndcg(shown: Sequence[str], wanted: Sequence[str]) -> float:
    _, codes = np.unique(np.array([*shown, *wanted], dtype=object), return_inverse=True)
    hits_UK, relevant_U = find_hits([codes[: len(shown)]], [codes[len(shown) :]], K)
    return ndcg_at(hits_UK, relevant_U, K)


def outdated(answers: pl.DataFrame, profiles: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Of each shopper the share of the answers made without what they had done over an hour before.

    By a profile that did not know it, or by none. Shoppers who had done nothing don't count, nor do answers that were
    to be made of nothing known: columns user_id, value.
    """
    done = events.select("user_id", done_at="time").filter(pl.col("user_id").is_not_null()).sort("done_at")
    asked = answers.filter(pl.col("personalised")).with_columns(known_by=pl.col("time") - LATE).sort("known_by")
    asked = asked.join_asof(done, left_on="known_by", right_on="done_at", by="user_id", check_sortedness=False)
    asked = asked.filter(pl.col("done_at").is_not_null())
    made = asked.join(profiles, on=["user_id", "profile_version"], how="left")
    told = made.filter(pl.col("profile_version").is_null() | pl.col("as_of").is_not_null())  # else it was removed since
    lacking = pl.col("as_of").is_null() | (pl.col("as_of") < pl.col("done_at"))
    return told.group_by("user_id").agg(value=lacking.cast(pl.Float64).mean()).sort("user_id")


def item_codes(lists: Sequence[pl.DataFrame]) -> list[NDArray[np.int64]]:
    """The first 20 items of each list as numbers that all frames share, (U, K) each; `NOTHING` fills short ones."""
    names = sorted({one for frame in lists for shown in frame["item_ids"].to_list() for one in shown[:K]})
    code = {name: place for place, name in enumerate(names)}
    found = []
    for frame in lists:
        codes_UK = np.full((len(frame), K), NOTHING, dtype=np.int64)
        for row, shown in enumerate(frame["item_ids"].to_list()):
            numbers = sorted({code[one] for one in shown[:K]})
            codes_UK[row, : len(numbers)] = numbers
        found.append(codes_UK)
    return found


def coverage(codes_UK: NDArray[np.int64], lists: int, items: int) -> float:
    """The share of a catalogue of `items` that so many of these lists hold, expected over all choices of them.

    Rarefaction (Hurlbert, Ecology 1971): so stretches with many lists compare with those with few.
    """
    total = len(codes_UK)
    drawn = min(lists, total)
    times_N = np.bincount(codes_UK[codes_UK != NOTHING])
    times_N = times_N[times_N > 0]
    absent_N = np.zeros(len(times_N))
    rare = total - times_N >= drawn  # an item of more lists than are left out is in any choice
    absent_N[rare] = np.exp(_log_choices(total - times_N[rare], drawn) - _log_choices(np.array([total]), drawn))
    return float((1 - absent_N).sum()) / max(items, 1)


def _log_choices(of: NDArray[np.int64], drawn: int) -> Numbers:
    found: Numbers = gammaln(of + 1) - gammaln(of - drawn + 1)
    return found


def scores(lists: pl.DataFrame, model_version: str) -> pl.DataFrame:
    """The scores of this model's lists: the first one's, and the mean of the first 20, a row a shopper."""
    top = lists.filter(pl.col("model_version") == model_version)
    shown = pl.col("scores").list.head(K)
    return top.select("user_id", first_score=shown.list.first(), mean_score=shown.list.mean())
