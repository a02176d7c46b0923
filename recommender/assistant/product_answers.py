"""Goods of the catalogue told by templates: what there is, what it costs, whether it is in stock, how two compare."""

from collections.abc import Sequence
from itertools import pairwise

from recommender.assistant.answer_parts import Fact, FactKind, Part, Source, money, named, quoted
from recommender.assistant.goods import SOLD_OUT, Good
from recommender.assistant.product_phrases import CHINESE, ENGLISH, Phrases
from recommender.data.availability import BACKORDER, IN_STOCK, PREORDER

SHOWN = 5
SAME = 0.005  # a difference of prices that is none
COUNTED = 20  # of more than this many in stock, the number is not said


def describe_found(goods: Sequence[Good], language: str) -> Part:
    """What there is with its price, then what of it is sold out; each name once."""
    chosen = _once_each(goods)
    there, gone = [one for one in chosen if not one.sold_out], [one for one in chosen if one.sold_out]
    say = CHINESE if language == "zh" else ENGLISH
    sentences = []
    if there:
        lines = say.comma.join(_with_price(one, say) + say.to_order.get(one.state or "", "") for one in there)
        sentences.append(say.have.format(goods=lines))
    if gone:
        names = say.comma.join(quoted(one.title) for one in gone)
        sentences.append((say.are_gone if len(gone) > 1 else say.is_gone).format(goods=names))
    return _part(say.space.join(sentences), [*there, *gone])


def describe_price(goods: Sequence[Good], language: str) -> Part:
    """What each costs; like `describe_found` where the shop says no price."""
    priced = [one for one in _once_each(goods) if one.price is not None]
    if not priced:
        return describe_found(goods, language)
    say = CHINESE if language == "zh" else ENGLISH
    told = [say.costs.format(good=quoted(one.title), price=money(one.price or 0)) + _aside(one, say) for one in priced]
    return _part(say.semicolon.join(told) + say.end, priced)


def describe_stock(goods: Sequence[Good], language: str) -> Part:
    """Whether each is in stock, and how many where that is counted and few."""
    say = CHINESE if language == "zh" else ENGLISH
    chosen = _once_each(goods)
    if not any(one.state for one in chosen):
        return describe_found(chosen, language)
    made = _part(say.space.join(_stock(one, say) for one in chosen), chosen)
    states = [fact for fact in made.facts if fact.kind in _STATES.values()]
    return Part(made.kind, made.text, made.sources, tuple(dict.fromkeys((*states, *made.facts))))


def describe_extreme(goods: Sequence[Good], language: str, cheapest: bool) -> Part:
    """The cheapest or the dearest of what is on sale; like `describe_found` where the shop says no price."""
    priced = [one for one in goods if one.price is not None and not one.sold_out]
    if not priced:
        return describe_found(goods, language)
    say = CHINESE if language == "zh" else ENGLISH
    first = (min if cheapest else max)(priced, key=lambda one: one.price or 0)
    text = (say.cheapest if cheapest else say.dearest).format(good=_with_price(first, say))
    made = _part(text, [first])
    told = Fact("cheapest" if cheapest else "dearest", named(first.title))
    return Part(made.kind, made.text, made.sources, (told, *made.facts))


def describe_compared(goods: Sequence[Good], language: str) -> Part:
    """What each costs, by how much the cheapest is cheaper than the next, and what is not simply in stock."""
    say = CHINESE if language == "zh" else ENGLISH
    priced = sorted((one for one in goods if one.price is not None), key=lambda one: one.price or 0)
    told = say.comma.join(
        say.costs.format(good=quoted(one.title), price=money(one.price)) for one in goods if one.price is not None
    )
    sentences = [told + say.end] if told else []
    facts = []
    for less, more in pairwise(priced):
        gap = money((more.price or 0) - (less.price or 0))
        facts += [
            Fact("cheaper", named(less.title), gap, other=named(more.title)),
            Fact("dearer", named(more.title), gap, other=named(less.title)),
        ]
    if len(priced) > 1:
        less, more = priced[0], priced[1]
        apart = (more.price or 0) - (less.price or 0)
        pattern = say.same if apart < SAME else say.gap
        sentences.append(pattern.format(less=quoted(less.title), more=quoted(more.title), gap=money(apart)))
    sentences += [_stock(one, say) for one in goods if one.state not in (None, IN_STOCK)]
    made = _part(say.space.join(sentences) or describe_found(goods, language).text, goods)
    return Part(made.kind, made.text, made.sources, (*facts, *made.facts))


def describe_near(goods: Sequence[Good], language: str) -> Part:
    """That nothing fits, and what comes near; without any, that there is nothing."""
    say = CHINESE if language == "zh" else ENGLISH
    chosen = [one for one in _once_each(goods) if not one.sold_out]
    if not chosen:
        return Part("catalogue", say.none)
    lines = say.comma.join(_with_price(one, say) for one in chosen)
    return Part("catalogue", say.near.format(goods=lines), _sources(chosen))


def deny_cheaper(language: str) -> Part:
    """That nothing of the kind costs less."""
    return Part("catalogue", (CHINESE if language == "zh" else ENGLISH).none_cheaper)


def propose_basket(good: Good, language: str) -> Part:
    """The question whether a product is to go into the basket."""
    say = CHINESE if language == "zh" else ENGLISH
    return Part("basket", say.basket.format(good=_with_price(good, say)), _sources([good]))


def facts_of(good: Good) -> tuple[Fact, ...]:
    """What may be said of one product: its price and whether it is there."""
    title, facts = named(good.title), []
    if good.price is not None:
        facts.append(Fact("price", title, money(good.price), currency=good.currency))
    if good.state is not None:
        facts.append(Fact(_STATES[good.state], title))
    if good.state == IN_STOCK and good.stock and good.stock <= COUNTED:
        facts.append(Fact("left", title, f"{good.stock:.0f}"))
    return tuple(facts)


_STATES: dict[str, FactKind] = {
    IN_STOCK: "in_stock",
    SOLD_OUT: "sold_out",
    PREORDER: "preorder",
    BACKORDER: "backorder",
}


def _part(text: str, goods: Sequence[Good]) -> Part:
    return Part("catalogue", text, _sources(goods), tuple(fact for one in goods for fact in facts_of(one)))


def _sources(goods: Sequence[Good]) -> tuple[Source, ...]:
    return tuple(Source("item", one.item_id, one.title) for one in goods)


def _once_each(goods: Sequence[Good]) -> list[Good]:
    named: dict[str, Good] = {}
    for one in goods:
        named.setdefault(one.title, one)
    return list(named.values())[:SHOWN]


def _with_price(good: Good, say: Phrases) -> str:
    return quoted(good.title) + (say.price.format(price=money(good.price)) if good.price is not None else "")


def _aside(good: Good, say: Phrases) -> str:
    if good.sold_out:
        return say.gone_aside
    return say.to_order.get(good.state or "", "")


def _stock(good: Good, say: Phrases) -> str:
    name = _with_price(good, say)
    if good.sold_out:
        return say.is_gone.format(goods=quoted(good.title))
    if good.state == PREORDER:
        return say.is_preorder.format(good=name)
    if good.state == BACKORDER:
        return say.is_backorder.format(good=name)
    if good.state is None:
        return say.have.format(goods=name)
    if good.stock and good.stock <= COUNTED:
        return say.few.format(good=name, count=f"{good.stock:.0f}")
    return say.there.format(good=name)
