"""A shopper's own purchases, told by templates; and what has become of the things since: their prices, their stock.

Every query here is bound to one `user_id`, which comes from whoever is signed in and never from the question: what is
asked can narrow the rows down, but not reach another shopper's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.assistant import product_answers
from recommender.assistant.answer_parts import Fact, Part, Source, money, named, quoted
from recommender.assistant.faq import terms
from recommender.assistant.goods import Good
from recommender.assistant.intents import Intent
from recommender.data.returns import PURCHASE, find_unreturned
from recommender.db.tables import RETURN, Event
from recommender.explain.facts import format_date, tidy

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
    quantity: float | None = None

    @property
    def paid(self) -> float | None:
        """What one of it cost; None where the shop doesn't say."""
        return self.value / self.quantity if self.value is not None and self.quantity else self.value


def purchases(session: Session, user_id: str, title: Callable[[str], str]) -> list[OrderLine]:
    """This shopper's purchases as the shop has them, the latest first, without what came back."""
    deals = (Event.user_id == user_id, Event.event_type.in_((PURCHASE, RETURN)), Event.confirmed)
    newest = select(Event).where(*deals).order_by(Event.time.desc(), Event.id).limit(MOST_ROWS)
    rows = session.scalars(newest).all()
    columns = zip(*((row.event_type, row.item_id, row.quantity, row.value, row.time) for row in rows), strict=True)
    kept = [rows[place] for place in find_unreturned(*columns)] if rows else []
    return [
        OrderLine(
            row.event_id,
            row.item_id or "",
            tidy(title(row.item_id or "")),
            row.value,
            row.session_id or row.time.date().isoformat(),
            row.time,
            row.quantity,
        )
        for row in kept
    ]


def describe_orders(
    bought: Sequence[OrderLine],
    asked: Intent,
    language: str,
    now: datetime,
    get: Callable[[str], Good | None] = lambda _: None,
) -> Part:
    """What the rows say to what was asked: of some goods, of money, or the latest order.

    `get` gives an item as it is sold now: what has become cheaper or dearer since, or has gone, is told after.
    """
    say = _CHINESE if language == "zh" else _ENGLISH
    if not bought:
        return Part("orders", say["none"])
    theirs = [one for one in bought if _is_of(_names(one, get), asked.about, language)] if asked.about else []
    if asked.spent:
        return _paid(theirs, language, say) if theirs else _spent(bought, say, now)
    if asked.about:
        if theirs:
            return _with_changes(_of_goods(theirs, language, say), theirs, asked, language, get)
        if not (asked.prices_now or asked.stock_now):
            latest = _latest(bought, language, say)
            return Part("orders", f"{say['no_such']}{say['space']}{latest.text}", latest.sources, latest.facts)
    order = [one for one in bought if one.order == bought[0].order]
    return _with_changes(_latest(bought, language, say), order, asked, language, get)


def _with_changes(
    told: Part, lines: Sequence[OrderLine], asked: Intent, language: str, get: Callable[[str], Good | None]
) -> Part:
    """What was told of purchases, and after it how the same things are sold now."""
    say = _CHINESE if language == "zh" else _ENGLISH
    latest = {line.item_id: line for line in reversed(lines)}  # the newest of each
    goods = [(line, good) for line in latest.values() if (good := get(line.item_id)) is not None][:SHOWN]
    sentences, facts, sources = [], list(told.facts), list(told.sources)
    for line, good in reversed(goods):
        change = _change(line, good)
        if good.sold_out or (asked.stock_now and good.state is not None):
            sentences.append(product_answers.describe_stock([good], language).text)
        if change is not None and not good.sold_out:
            sentences.append(
                say[change.kind].format(title=quoted(good.title), gap=change.figure, price=money(good.price or 0))
            )
        elif asked.prices_now and good.price is not None and not good.sold_out:
            sentences.append(say["unchanged"].format(title=quoted(good.title), price=money(good.price)))
        facts += [*product_answers.facts_of(good), *([change] if change is not None else [])]
        sources.append(Source("item", good.item_id, good.title))
    text = say["space"].join([told.text, *sentences])
    return Part("orders", text, tuple(sources if sentences else told.sources), tuple(facts))


def _change(line: OrderLine, good: Good) -> Fact | None:
    """By how much a thing is cheaper or dearer than it was; None where it isn't, or nobody knows."""
    if line.paid is None or good.price is None:
        return None
    gap = good.price - line.paid
    if abs(gap) < product_answers.SAME:
        return None
    return Fact("cheaper" if gap < 0 else "dearer", named(good.title), money(abs(gap)))


def _names(line: OrderLine, get: Callable[[str], Good | None]) -> str:
    """The title, and the category where the thing is still sold."""
    good = get(line.item_id)
    return f"{line.title} {good.category}" if good is not None else line.title


def _is_of(title: str, about: Sequence[str], language: str) -> bool:
    """Whether the title has one of the words in question; in Chinese, as it stands."""
    if language == "zh" and any(word in title for word in about if not word.isascii()):
        return True
    return not {word.lower() for word in about}.isdisjoint(terms(title, "en"))


def _of_goods(theirs: Sequence[OrderLine], language: str, say: dict[str, str]) -> Part:
    lines, facts = [], list[Fact]()
    for title in list(dict.fromkeys(one.title for one in theirs))[:SHOWN]:
        times = [one.time for one in theirs if one.title == title]
        days = len({time.date() for time in times})
        pattern = say["often"] if days > 1 else say["once"]
        day = format_date(max(times), language)
        lines.append(pattern.format(title=quoted(title), days=days, day=day))
        facts.append(Fact("bought", named(title), day=day))
        if days > 1:
            facts.append(Fact("often", named(title), str(days)))
    return Part("orders", say["space"].join(lines), _sources(theirs), tuple(facts))


def _latest(bought: Sequence[OrderLine], language: str, say: dict[str, str]) -> Part:
    order = [one for one in bought if one.order == bought[0].order]
    listed = say["comma"].join(_with_price(one) for one in order[:SHOWN])
    more = say["more"].format(count=len(order) - SHOWN) if len(order) > SHOWN else ""
    day = format_date(order[0].time, language)
    facts = [fact for one in order[:SHOWN] for fact in _facts(one, day)]
    return Part("orders", say["latest"].format(day=day, items=listed + more), _sources(order), tuple(facts))


def _facts(line: OrderLine, day: str) -> tuple[Fact, ...]:
    bought = Fact("bought", named(line.title), day=day)
    return (bought,) if line.value is None else (bought, Fact("paid", named(line.title), money(line.value)))


def _spent(bought: Sequence[OrderLine], say: dict[str, str], now: datetime) -> Part:
    since = now - timedelta(days=SPENT_DAYS)
    recent = [one for one in bought if one.time >= since]
    total = sum(one.value or 0 for one in recent)
    text = say["spent"].format(days=SPENT_DAYS, total=f"{total:.2f}", count=len(recent))
    return Part("orders", text, _sources(recent))


def _paid(bought: Sequence[OrderLine], language: str, say: dict[str, str]) -> Part:
    """What was paid for goods that are asked for by name, the latest first."""
    paid = [one for one in bought if one.value is not None][:SHOWN]
    sentences = [
        say["paid"].format(title=quoted(one.title), price=money(one.value or 0), day=format_date(one.time, language))
        for one in paid
    ]
    return Part("orders", say["space"].join(sentences), _sources(paid)) if paid else _of_goods(bought, language, say)


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
    "paid": "You paid {price} for {title} on {day}.",
    "cheaper": "{title} is {gap} cheaper now ({price}).",
    "dearer": "{title} is {gap} dearer now ({price}).",
    "unchanged": "{title} costs {price} now.",
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
    "paid": "您在{day}买{title}付了{price}。",
    "cheaper": "{title}现在便宜了{gap}（{price}）。",
    "dearer": "{title}现在贵了{gap}（{price}）。",
    "unchanged": "{title}现在的价格是{price}。",
    "comma": "、",
    "space": "",
}
