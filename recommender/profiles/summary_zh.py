"""What a profile says in one sentence of another language than the one it is kept in; no more than its affinities."""

from collections.abc import Callable, Sequence

from recommender.data.history import TYPE_CODES, History
from recommender.profiles.affinities import Affinity

PRICES = {"low": "较低", "medium": "中等", "high": "较高"}
NOTHING = "还不了解这位顾客。"


def chinese_summary(affinities: Sequence[Affinity], history: History, title: Callable[[str], str]) -> str:
    """The counterpart of `recommender.profiles.affinities.summarise`, by the same thresholds."""
    if not len(history):
        return NOTHING
    bought = bool((history.event_types == TYPE_CODES["purchase"]).any())
    of = {kind: [one for one in affinities if one.kind == kind] for kind in ("category", "brand", "price", "repeat")}
    parts = []
    if categories := of["category"][:3]:
        parts.append(("常买" if bought else "常看") + _joined([f"{one.key}（{one.weight:.0%}）" for one in categories]))
    if brands := [one for one in of["brand"] if one.weight >= 0.2][:2]:
        parts.append(f"{'偏好' if bought else '留意'}品牌{_joined([one.key for one in brands])}")
    if (prices := of["price"]) and prices[0].weight >= 0.5:
        parts.append(f"多选{PRICES[prices[0].key]}价位")
    if repeats := of["repeat"][:2]:
        parts.append(f"常回购{_joined([_cycle(one, title) for one in repeats])}")
    items = len({item_id for item_id in history.item_ids if item_id})
    return ("；".join(parts) or f"至今{'买' if bought else '看'}过{items}件不同的商品") + "。"


def _cycle(affinity: Affinity, title: Callable[[str], str]) -> str:
    days = round(affinity.weight)
    return f"{title(affinity.key)}（{f'约每{days}天' if days > 1 else '几乎每天'}）"


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{'、'.join(names[:-1])}和{names[-1]}"
