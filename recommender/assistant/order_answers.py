"""A shopper's own purchases, told by templates.

Every query here is bound to one `user_id`, which comes from whoever is signed in and never from the question: what is
asked can narrow the rows down, but not reach another shopper's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.assistant.answer_parts import Part, Source, quoted
from recommender.assistant.faq import terms
from recommender.assistant.intents import Intent
from recommender.data.returns import PURCHASE, kept_places
from recommender.db.tables import RETURN, Event
from recommender.explain.facts import date_in_words, tidy

MOST_ROWS = 500
SHOWN = 8
SPENT_DAYS = 30


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of an order."""

    event_id: str
    item_id: str
    title: str
    value: float | None
    order: str
    time: datetime


def purchases(session: Session, user_id: str, title: Callable[[str], str]) -> list[OrderLine]:
    """This shopper's purchases as the shop has them, the latest first, without what came back."""
    deals = (Event.user_id == user_id, Event.event_type.in_((PURCHASE, RETURN)), Event.confirmed)
    newest = select(Event).where(*deals).order_by(Event.time.desc(), Event.id).limit(MOST_ROWS)
    rows = session.scalars(newest).all()
    columns = zip(*((row.event_type, row.item_id, row.quantity, row.value, row.time) for row in rows), strict=True)
    kept = [rows[place] for place in kept_places(*columns)] if rows else []
    return [
        OrderLine(
            row.event_id,
            row.item_id or "",
            tidy(title(row.item_id or "")),
            row.value,
            row.session_id or row.time.date().isoformat(),
            row.time,
        )
        for row in kept
    ]


def tell(bought: Sequence[OrderLine], asked: Intent, language: str, now: datetime) -> Part:
    """What the rows say to what was asked: of some goods, of money, or the latest order."""
    say = _CHINESE if language == "zh" else _ENGLISH
    if not bought:
        return Part("orders", say["none"])
    if asked.spent:
        return _spent(bought, say, now)
    if asked.about:
        theirs = [one for one in bought if _is_of(one.title, asked.about, language)]
        if theirs:
            return _of_goods(theirs, language, say)
        latest = _latest(bought, language, say)
        return Part("orders", f"{say['no_such']}{say['space']}{latest.text}", latest.sources)
    return _latest(bought, language, say)


def _is_of(title: str, about: Sequence[str], language: str) -> bool:
    """Whether the title has one of the words in question; in Chinese, as it stands."""
    if language == "zh" and any(word in title for word in about if not word.isascii()):
        return True
    return not {word.lower() for word in about}.isdisjoint(terms(title, "en"))


def _of_goods(theirs: Sequence[OrderLine], language: str, say: dict[str, str]) -> Part:
    lines = []
    for title in list(dict.fromkeys(one.title for one in theirs))[:SHOWN]:
        times = [one.time for one in theirs if one.title == title]
        days = len({time.date() for time in times})
        pattern = say["often"] if days > 1 else say["once"]
        lines.append(pattern.format(title=quoted(title), days=days, day=date_in_words(max(times), language)))
    return Part("orders", say["space"].join(lines), _sources(theirs))


def _latest(bought: Sequence[OrderLine], language: str, say: dict[str, str]) -> Part:
    order = [one for one in bought if one.order == bought[0].order]
    named = say["comma"].join(_with_price(one) for one in order[:SHOWN])
    more = say["more"].format(count=len(order) - SHOWN) if len(order) > SHOWN else ""
    day = date_in_words(order[0].time, language)
    return Part("orders", say["latest"].format(day=day, items=named + more), _sources(order))


def _spent(bought: Sequence[OrderLine], say: dict[str, str], now: datetime) -> Part:
    since = now - timedelta(days=SPENT_DAYS)
    recent = [one for one in bought if one.time >= since]
    total = sum(one.value or 0 for one in recent)
    text = say["spent"].format(days=SPENT_DAYS, total=f"{total:.2f}", count=len(recent))
    return Part("orders", text, _sources(recent))


def _with_price(one: OrderLine) -> str:
    return quoted(one.title) + (f" ({one.value:.2f})" if one.value is not None else "")


def _sources(bought: Sequence[OrderLine]) -> tuple[Source, ...]:
    return tuple(Source("order", one.event_id, one.title) for one in bought[:SHOWN])


_ENGLISH = {
    "none": "I see no purchases of yours yet.",
    "no_such": "I see no purchase of that among yours.",
    "often": "You bought {title} on {days} days, the last time on {day}.",
    "once": "You bought {title} on {day}.",
    "latest": "Your latest purchase was on {day}: {items}.",
    "more": " and {count} more",
    "spent": "In the last {days} days you spent {total} on {count} purchases.",
    "comma": ", ",
    "space": " ",
}
_CHINESE = {
    "none": "还没有您的购买记录。",
    "no_such": "您的购买记录中没有这件商品。",
    "often": "您在{days}天里买过{title}，最近一次是{day}。",
    "once": "您在{day}买过{title}。",
    "latest": "您最近一次购买是在{day}：{items}。",
    "more": "等，另有{count}件",
    "spent": "最近{days}天您共购买{count}件，花费{total}。",
    "comma": "、",
    "space": "",
}
