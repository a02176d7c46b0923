"""Why a shopper is offered a coupon: one true sentence, and the events that show it.

It knows what the shopper did with the coupon's items and with items of their categories, and says no more than that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import DAY, PURCHASE
from recommender.data.history import History
from recommender.explain.templates import MONTHS

EVENTS_NAMED = 3
SENTENCES = {
    "en": {
        "bought": "You bought {what}, which it is good for, on {days}, the last time on {date}.",
        "looked": "You chose or looked at {what}, which it is good for, on {date}.",
        "category": "You bought {what}, and it is good for the same kind of thing: on {days}, the last time on {date}.",
        "none": "One of the shop's current coupons; nothing you did led to it.",
    },
    "zh": {
        "bought": "您在{days}里买过可用此券的“{what}”，最近一次是{date}。",
        "looked": "您在{date}选过或看过可用此券的“{what}”。",
        "category": "您在{days}里买过“{what}”类商品，此券可用于同类商品，最近一次是{date}。",
        "none": "本店当前的优惠券之一，与您的购物记录无关。",
    },
}


@dataclass(frozen=True, slots=True)
class Reason:
    """`kind` is bought, looked, category or none; `event_ids` are the latest events that show it."""

    kind: str
    sentence: str
    item_ids: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()


def why(
    history: History, catalogue: Catalogue, item_ids: Sequence[str], title: Callable[[str], str], language: str
) -> Reason:
    """The plainest thing that a shopper's history says for a coupon on these items."""
    items, bought = np.isin(history.item_ids, np.array(item_ids, dtype=object)), history.event_types == PURCHASE
    for kind, which in (("bought", items & bought), ("looked", items)):
        if which.any():
            item_id = _commonest(history.item_ids, which)
            return _tell_reason(kind, title(item_id), history, which & (history.item_ids == item_id), language)
    leaves, leaf_N = catalogue.leaves
    row_L, row_I = catalogue.rows_of(history.item_ids), catalogue.rows_of(item_ids)
    leaf_L = np.where(row_L >= 0, leaf_N[row_L], -1)
    kinds = [leaf for leaf in np.unique(leaf_N[row_I[row_I >= 0]]) if leaves[leaf]]
    which = bought & np.isin(leaf_L, kinds)
    if which.any():
        leaf = _commonest(leaf_L, which)
        return _tell_reason("category", leaves[leaf], history, which & (leaf_L == leaf), language)
    return Reason("none", SENTENCES[language]["none"])


def _tell_reason(kind: str, what: str, history: History, which: NDArray[np.bool_], language: str) -> Reason:
    events, days = np.flatnonzero(which)[::-1], len(np.unique(history.times[which] // DAY))
    sentence = SENTENCES[language][kind].format(
        what=what, days=_days(days, language), date=_date(int(history.times[events[0]]), language)
    )
    items = tuple(dict.fromkeys(str(item) for item in history.item_ids[events]))[:EVENTS_NAMED]
    return Reason(kind, sentence, items, tuple(str(one) for one in history.event_ids[events[:EVENTS_NAMED]]))


def _commonest(codes: NDArray[Any], which: NDArray[np.bool_]) -> Any:
    found, counts = np.unique(codes[which], return_counts=True)
    return found[np.argmax(counts)]


def _days(count: int, language: str) -> str:
    if language == "zh":
        return f"{count}天"
    return "1 day" if count == 1 else f"{count} days"


def _date(seconds: int, language: str) -> str:
    day = datetime.fromtimestamp(seconds, UTC)
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
