"""One true sentence on why an item is in an answer, made from its evidence and nothing else.

It knows evidence, titles and what the shopper did with an item. The same evidence gives the same sentence; whatever it
says of the shopper ("bought", "five times", a date) is in their history. Languages: English ("en"), Chinese ("zh").
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from recommender.data.history import History
from recommender.db.tables import EVENT_TYPES
from recommender.ranking.evidence import Evidence

# what speaks most plainly to a person comes first; a source that can't be put into words truly is passed over
ORDER = (
    "wish", "context", "search", "repeat", "together", "transitions", "companions", "topic", "text", "image", "words",
    "onward", "sequence", "trusted", "new", "alike", "demographic", "popular", "novelty",
)  # fmt: skip
ACTION_ORDER = ("purchase", "rating", "review", "cart", "favorite", "view")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the shopper did with an item."""

    event_type: str
    time: datetime


class ShopperEvents(Mapping[str, Sequence[Action]]):
    """What a shopper did with each item, oldest first; put into words only for an item that is asked about."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._places: dict[str, list[int]] = {}
        for place, item_id in enumerate(history.item_ids.tolist()):
            self._places.setdefault(item_id, []).append(place)

    def __getitem__(self, item_id: str) -> Sequence[Action]:
        kinds, times = self._history.event_types, self._history.times
        return [
            Action(EVENT_TYPES[kinds[place]], datetime.fromtimestamp(int(times[place]), UTC))
            for place in self._places[item_id]
        ]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


@dataclass(frozen=True, slots=True)
class SentenceContext:
    """What a sentence may draw on: titles, and by item what the shopper did, oldest first."""

    title: Callable[[str], str]
    actions: Mapping[str, Sequence[Action]]

    def of(self, item_ids: Iterable[str]) -> "SentenceContext":
        """What it says of these items alone, read from the history once."""
        return SentenceContext(
            self.title, {item_id: self.actions[item_id] for item_id in item_ids if item_id in self.actions}
        )

    def action(self, item_id: str) -> str:
        """The strongest thing the shopper did with the item; "" if nothing."""
        done = {one.event_type for one in self.actions.get(item_id, ())}
        return next((action for action in ACTION_ORDER if action in done), "")


def explain(known: SentenceContext, item_id: str, evidence: Sequence[Evidence], language: str = "en") -> str:
    """The sentence for this item. Without evidence that can be told, it says only that the item was chosen."""
    speech = _CHINESE if language == "zh" else _ENGLISH
    for source in ORDER:
        for one in evidence:
            if one.source == source and (sentence := _sentence(known, item_id, one, speech)):
                return sentence
    return speech.plain


@dataclass(frozen=True, slots=True)
class _Speech:
    """A language's sentences; `actions` say what a shopper did, `links` how an item led to another."""

    actions: Mapping[str, str]
    links: Mapping[str, str]
    links_bare: Mapping[str, str]  # the same where the item is not one of the shopper's own
    again: str
    again_often: str
    once_more: Mapping[str, str]
    context: str
    context_text: str
    context_image: str
    popular: str
    new: str
    alike: str
    trusted: str
    demographic: str
    search: str
    wish: str
    novelty: str
    plain: str
    date: Callable[[datetime], str]
    both: str


def _sentence(known: SentenceContext, item_id: str, evidence: Evidence, speech: _Speech) -> str:
    if evidence.source == "repeat":
        return _again(known, item_id, speech)
    if evidence.source == "popular":
        return speech.popular
    if evidence.source == "new":
        return speech.new
    if evidence.source == "alike":
        return speech.alike
    if evidence.source == "novelty":
        return speech.novelty
    if evidence.source == "trusted":
        return speech.trusted
    if evidence.source == "demographic":
        return speech.demographic
    if evidence.source == "search":
        return speech.search.format(query=evidence.attributes["query"])
    if evidence.source == "wish":
        return speech.wish.format(wish=evidence.attributes["wish"])
    others = [other for other in evidence.item_ids if other != item_id]
    if not others:
        return ""
    if evidence.source == "context":
        by = {"text": speech.context_text, "image": speech.context_image}
        pattern = by.get(evidence.attributes.get("by", ""), speech.context)
        return pattern.format(title=known.title(others[0]))
    return _linked(known, others, evidence.source, speech)


def _again(known: SentenceContext, item_id: str, speech: _Speech) -> str:
    """Only purchases make "again" true; of an item that was merely looked at, that is what is said."""
    done = known.actions.get(item_id, ())
    bought = [one.time for one in done if one.event_type == "purchase"]
    if bought:
        days = len({time.date() for time in bought})
        pattern = speech.again if days == 1 else speech.again_often
        return pattern.format(times=days, date=speech.date(bought[-1]))
    action = known.action(item_id)
    last = [one.time for one in done if one.event_type == action]
    return speech.once_more[action].format(date=speech.date(last[-1])) if last else ""


def _linked(known: SentenceContext, others: Sequence[str], source: str, speech: _Speech) -> str:
    actions = [(known.action(other), other) for other in others]
    if source == "sequence" and len(others) > 1 and actions[0][0] and actions[0][0] == actions[1][0]:
        titles = speech.both.format(first=known.title(others[0]), second=known.title(others[1]))
        return speech.links[source].format(action=speech.actions[actions[0][0]], title=titles)
    action, other = next(((action, other) for action, other in actions if action), ("", others[0]))
    if not action:
        return speech.links_bare[source].format(title=known.title(other))
    return speech.links[source].format(action=speech.actions[action], title=known.title(other))


_ENGLISH = _Speech(
    actions={
        "purchase": "bought",
        "rating": "rated",
        "review": "reviewed",
        "cart": "put in your basket",
        "favorite": "saved",
        "view": "looked at",
    },
    links={
        "together": "Often chosen together with “{title}”, which you {action}.",
        "transitions": "Shoppers who choose “{title}”, which you {action}, often go on to this.",
        "companions": "Shoppers who choose “{title}”, which you {action}, choose this too.",
        "onward": "Choices like “{title}”, which you {action}, often lead here.",
        "words": "Its name has much in common with “{title}”, which you {action}.",
        "text": "It is much like “{title}”, which you {action}.",
        "image": "It looks much like “{title}”, which you {action}.",
        "topic": "Its subject is close to “{title}”, which you {action}.",
        "sequence": "It fits what you {action} lately: “{title}”.",
    },
    links_bare={
        "together": "Often chosen together with “{title}”.",
        "transitions": "Shoppers who choose “{title}” often go on to this.",
        "companions": "Shoppers who choose “{title}” choose this too.",
        "onward": "Choices like “{title}” often lead here.",
        "words": "Its name has much in common with “{title}”.",
        "text": "It is much like “{title}”.",
        "image": "It looks much like “{title}”.",
        "topic": "Its subject is close to “{title}”.",
        "sequence": "Close to “{title}” in what shoppers choose.",
    },
    again="You bought this before, the last time on {date}.",
    again_often="You bought this on {times} days, the last time on {date}.",
    once_more={
        "rating": "You rated this on {date}.",
        "review": "You reviewed this on {date}.",
        "cart": "You put this in your basket on {date}.",
        "favorite": "You saved this on {date}.",
        "view": "You looked at this on {date}.",
    },
    context="Often chosen together with “{title}”.",
    context_text="It is much like “{title}”.",
    context_image="It looks much like “{title}”.",
    popular="Among the shop's most popular items of late.",
    new="New in the shop, and close to what you usually choose.",
    alike="Shoppers whose choices are like yours chose this lately.",
    trusted="Several of the people you follow chose this lately.",
    search="It fits what you searched for: “{query}”.",
    wish="It fits your wish: “{wish}”.",
    novelty="Something new to you, for a change.",
    demographic="Shoppers whose details are like yours choose this more often than others do.",
    plain="Chosen for you from the shop's catalogue.",
    date=lambda time: f"{time.day} {MONTHS[time.month - 1]} {time.year}",
    both="{first}” and “{second}",
)
_CHINESE = _Speech(
    actions={
        "purchase": "买过",
        "rating": "评过分",
        "review": "评论过",
        "cart": "加入过购物车",
        "favorite": "收藏过",
        "view": "看过",
    },
    links={
        "together": "常与您{action}的“{title}”一起选购。",
        "transitions": "选择您{action}的“{title}”的顾客，接着常会选这件。",
        "companions": "选择您{action}的“{title}”的顾客，也会选这件。",
        "onward": "选过与您{action}的“{title}”类似商品的顾客，常会选到这件。",
        "words": "名称与您{action}的“{title}”有不少相同之处。",
        "text": "与您{action}的“{title}”很相似。",
        "image": "看上去很像您{action}的“{title}”。",
        "topic": "内容与您{action}的“{title}”相关。",
        "sequence": "符合您最近{action}的“{title}”。",
    },
    links_bare={
        "together": "常与“{title}”一起选购。",
        "transitions": "选择“{title}”的顾客，接着常会选这件。",
        "companions": "选择“{title}”的顾客，也会选这件。",
        "onward": "选过与“{title}”类似商品的顾客，常会选到这件。",
        "words": "名称与“{title}”有不少相同之处。",
        "text": "与“{title}”很相似。",
        "image": "看上去很像“{title}”。",
        "topic": "内容与“{title}”相关。",
        "sequence": "从顾客的选择看，与“{title}”相近。",
    },
    again="您在{date}买过这件。",
    again_often="您在{times}天里买过这件，最近一次是{date}。",
    once_more={
        "rating": "您在{date}给这件评过分。",
        "review": "您在{date}评论过这件。",
        "cart": "您在{date}把这件加入过购物车。",
        "favorite": "您在{date}收藏过这件。",
        "view": "您在{date}看过这件。",
    },
    context="常与“{title}”一起选购。",
    context_text="与“{title}”很相似。",
    context_image="看上去很像“{title}”。",
    popular="本店近期最受欢迎的商品之一。",
    new="新品，与您常选的商品相近。",
    alike="与您喜好相近的顾客最近选了这件。",
    trusted="您关注的人中，有几位最近选了这件。",
    search="与您搜索的“{query}”相符。",
    wish="符合您的愿望：“{wish}”。",
    novelty="换换口味：您还没有接触过的商品。",
    demographic="与您情况相近的顾客比其他顾客更常选这件。",
    plain="从本店商品中为您挑选。",
    date=lambda time: f"{time.year}年{time.month}月{time.day}日",
    both="{first}”和“{second}",
)
