"""What is known of shoppers, a campaign and its coupons at a moment, as numbers; nothing of that moment or later.

It knows arrays of the past and a catalogue. What the numbers mean for a redemption, `model` learns.

Shape suffixes: U shoppers, C candidates (coupons), N items, G groups (categories), T text width, F columns.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.data.event_weights import DAY, decay
from recommender.offers.campaigns import Drive
from recommender.offers.past_behaviour import YEAR_DAYS, Goods, Past
from recommender.utils.vectors import normalise_rows

Floats = NDArray[np.float32]
SHOPPER = ("spent_30d", "spent_90d", "spent_180d", "days_since_purchase", "redemptions", "mailings", "redeemed_share")
CAMPAIGN = ("days", "coupons", "products")
COUPON = ("coupon_products",)
PAIR = ("items_60d", "items_14d", "items_spent", "category_60d", "category_share", "text")
POOLED_MEANS = ("items_60d", "category_60d", "text")
POOLED = (*(f"best_{name}" for name in PAIR), *(f"mean_{name}" for name in POOLED_MEANS), "top_items_60d")
TOP_COUPONS = 16
SLOW, FAST = 60.0, 14.0  # half-lives in days


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns of every shopper with every coupon of one campaign."""

    shopper_UF: Floats
    campaign_F: Floats
    coupon_CF: Floats
    pair_UCF: Floats
    coupons: tuple[str, ...]

    def by_coupon(self) -> Floats:
        """A row for each shopper and coupon, the coupons of one shopper together."""
        users, count, _ = self.pair_UCF.shape
        parts = (
            np.repeat(self.shopper_UF, count, axis=0),
            np.broadcast_to(self.campaign_F, (users * count, len(self.campaign_F))),
            np.tile(self.coupon_CF, (users, 1)),
            self.pair_UCF.reshape(users * count, -1),
        )
        return np.concatenate(parts, axis=1)

    def by_shopper(self) -> Floats:
        """A row for each shopper: how the campaign as a whole suits them."""
        users = len(self.shopper_UF)
        items_UC = self.pair_UCF[:, :, PAIR.index("items_60d")]
        pooled = [
            self.pair_UCF.max(axis=1),
            *(self.pair_UCF[:, :, PAIR.index(name)].mean(axis=1)[:, None] for name in POOLED_MEANS),
            -np.sort(-items_UC, axis=1)[:, :TOP_COUPONS].sum(axis=1)[:, None],
        ]
        campaign = np.broadcast_to(self.campaign_F, (users, len(self.campaign_F)))
        return np.concatenate([self.shopper_UF, campaign, *pooled], axis=1).astype(np.float32)


def coupon_columns(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The names of `Sheet.by_coupon`'s columns, of campaigns of these kinds."""
    return (*SHOPPER, *_kind_columns(kinds), *CAMPAIGN, *COUPON, *PAIR)


def shopper_columns(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The names of `Sheet.by_shopper`'s columns, of campaigns of these kinds."""
    return (*SHOPPER, *_kind_columns(kinds), *CAMPAIGN, *POOLED)


def _kind_columns(kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"kind {kind}" for kind in kinds)


@dataclass(frozen=True, slots=True)
class Traces:
    """What the shoppers' behaviour before `moment` comes to, item by item; made once for all campaigns of a moment."""

    past: Past
    goods: Goods
    moment: int
    slow_UN: "sp.csr_matrix"
    fast_UN: "sp.csr_matrix"
    spent_UN: "sp.csr_matrix"
    leaf_UG: "sp.csr_matrix"
    text_UT: Floats

    @classmethod
    def of(cls, past: Past, goods: Goods, moment: datetime) -> "Traces":
        """What the events of a year before this moment come to, older ones weighing less."""
        now = int(moment.timestamp())
        known = (past.row_L >= 0) & (past.time_L < now) & (now - past.time_L < YEAR_DAYS * DAY)
        user, row, time = past.user_L[known], past.row_L[known], past.time_L[known]
        strength, slow = past.strength_L[known].clip(min=0), decay(time, now, SLOW)

        def matrix(worth: Floats) -> "sp.csr_matrix":
            return sp.csr_matrix((worth, (user, row)), shape=(len(past.users), len(goods.catalogue)))

        slow_UN = matrix(strength * slow)
        return cls(
            past,
            goods,
            now,
            slow_UN,
            matrix(strength * decay(time, now, FAST)),
            matrix(past.spent_L[known] * slow),
            slow_UN @ _leaves(goods),
            _mean_text(goods, slow_UN),
        )


def sheet(traces: Traces, campaign: Drive, kinds: tuple[str, ...]) -> Sheet:
    """The columns of all shoppers of `traces`, at its moment."""
    books_CN = _books(traces.goods, campaign)
    sizes_C = np.asarray(books_CN.sum(axis=1)).ravel()
    kind = [float(campaign.kind == one) for one in kinds]
    size = [campaign.days, np.log1p(books_CN.shape[0]), np.log1p(books_CN.nnz)]
    return Sheet(
        shopper_UF=_shoppers(traces.past, campaign.campaign_id, traces.moment),
        campaign_F=np.array([*kind, *size], dtype=np.float32),
        coupon_CF=np.log1p(sizes_C)[:, None].astype(np.float32),
        pair_UCF=_pairs(traces, books_CN),
        coupons=tuple(campaign.coupons),
    )


def _books(goods: Goods, campaign: Drive) -> "sp.csr_matrix":
    """Which items each coupon may be used on."""
    rows = [goods.catalogue.rows_of(items) for items in campaign.coupons.values()]
    places = np.repeat(np.arange(len(rows)), [len(one) for one in rows])
    items = np.concatenate(rows)
    known = items >= 0
    shape = (len(rows), len(goods.catalogue))
    return sp.csr_matrix((np.ones(known.sum(), np.float32), (places[known], items[known])), shape=shape)


def _shoppers(past: Past, campaign_id: str, now: int) -> Floats:
    """Spending and recency, and what became of the campaigns before."""
    users, before = len(past.users), past.time_L < now
    age_L = (now - past.time_L) / DAY

    def total(user: NDArray[np.int64], which: NDArray[np.bool_], worth: Floats | None = None) -> NDArray[np.float64]:
        return np.bincount(user[which], None if worth is None else worth[which], minlength=users).astype(np.float64)

    spent = [np.log1p(total(past.user_L, before & (age_L <= days), past.spent_L).clip(min=0)) for days in (30, 90, 180)]
    last_U = np.full(users, float(YEAR_DAYS))
    bought = before & past.bought_L & (age_L < YEAR_DAYS)
    np.minimum.at(last_U, past.user_L[bought], age_L[bought])
    used, sent = past.time_r < now, (past.time_m < now) & (past.campaign_m != campaign_id)
    mailings_U, redeemed_U = total(past.user_m, sent), np.zeros(users)
    for user, _ in set(zip(past.user_r[used].tolist(), past.campaign_r[used].tolist(), strict=True)):
        redeemed_U[user] += 1
    share_U = redeemed_U / (mailings_U + 1)
    columns = [*spent, last_U, np.log1p(total(past.user_r, used)), np.log1p(mailings_U), share_U]
    return np.stack(columns, axis=1).astype(np.float32)


def _pairs(traces: Traces, books_CN: "sp.csr_matrix") -> Floats:
    """What the shopper did with the coupon's items, with their categories, and how alike the texts are."""
    goods = traces.goods
    items = [
        np.log1p((one @ books_CN.T).toarray().clip(min=0)) for one in (traces.slow_UN, traces.fast_UN, traces.spent_UN)
    ]
    category_UC = (traces.leaf_UG @ _normed(books_CN @ _leaves(goods)).T).toarray()
    total_U = np.maximum(np.asarray(traces.leaf_UG.sum(axis=1)), 1e-6)
    text_UC = traces.text_UT @ _mean_text(goods, books_CN).T
    columns = [*items, np.log1p(100 * category_UC), 100 * category_UC / total_U, text_UC]
    return np.stack(columns, axis=2).astype(np.float32)


def _mean_text(goods: Goods, weights: "sp.csr_matrix") -> Floats:
    """The mean text of each row's items, of length 1; zeros for none."""
    mean = (weights @ _one_hot(goods.text_row_N, len(goods.text_MT))) @ goods.text_MT
    return normalise_rows(mean)


def _leaves(goods: Goods) -> "sp.csr_matrix":
    names, leaf_N = goods.catalogue.leaves
    return _one_hot(leaf_N, len(names))


def _one_hot(codes_N: NDArray[np.int32], width: int) -> "sp.csr_matrix":
    count = len(codes_N)
    return sp.csr_matrix((np.ones(count, np.float32), codes_N, np.arange(count + 1)), shape=(count, width))


def _normed(counts: "sp.csr_matrix") -> "sp.csr_matrix":
    totals = np.maximum(np.asarray(counts.sum(axis=1)), 1)
    return sp.csr_matrix(counts.multiply(1 / totals))
