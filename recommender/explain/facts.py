"""What may be said of one recommended item: its evidence as facts in words, the only thing a sentence is made from.

It turns evidence, titles and the shopper's own doings into facts, for whoever writes a sentence (the text LLM) and
whoever checks it. It writes no sentence. Nothing of the shopper but these facts ever reaches a prompt.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from recommender.explain.templates import MONTHS, ORDER, SentenceContext
from recommender.ranking.evidence import Evidence

_TIDY = {ord("“"): "'", ord("”"): "'", **{code: " " for code in (*range(32), 127)}}
LINKED = ("transitions", "together", "text", "image", "sequence")
CONTEXTS = {"text": "context_text", "image": "context_image"}  # by what the item looked at led there
UNSPOKEN = (
    "companions",
    "words",
    "onward",
    "topic",
    "alike",
    "trusted",
    "demographic",
    "search",
    "wish",
    "novelty",
)  # the deterministic sentence tells of these


@dataclass(frozen=True, slots=True)
class ItemDescription:
    """What the catalogue says of an item; `category` is the narrowest."""

    title: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One true thing.

    `kind` is again, transitions, text, image, sequence, context, context_text, context_image, popular, new or shared.

    `titles` are the shopper's own items that led there; `action` is what the shopper did with them ("" if nothing);
    `days` and `day` are on how many days, and when last, the shopper did that with the recommended item itself (again).
    """

    kind: str
    titles: tuple[str, ...] = ()
    action: str = ""
    days: int = 0
    day: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a sentence about `item` may say; the first fact is the one that must be told."""

    item: ItemDescription
    facts: tuple[Fact, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """All that comes from the catalogue."""
        return (self.item.title, *(title for fact in self.facts for title in fact.titles))

    @property
    def main(self) -> Fact:
        """The first fact: the reason, which a sentence must tell."""
        return self.facts[0]

    def of(self, kind: str) -> Fact | None:
        """The first fact of this kind; None where there is none."""
        return next((fact for fact in self.facts if fact.kind == kind), None)


def facts_of(
    known: SentenceContext, item_id: str, evidence: Sequence[Evidence], about: Callable[[str], ItemDescription]
) -> Facts | None:
    """The facts of the evidence that speaks most plainly; None where there is nothing to tell but the item itself."""
    for source in ORDER:
        for one in evidence:
            if one.source == source and (fact := _fact(known, item_id, one)):
                shared = _shared(item_id, one, about)
                item = about(item_id)
                return Facts(ItemDescription(tidy(item.title), tidy(item.category)), (fact, *shared))
    return None


def fingerprint(model_version: str, evidence: Sequence[Evidence]) -> str:
    """Tells whether a sentence was made from this very evidence, in whatever order it stands."""
    digest = blake2b(model_version.encode(), digest_size=8)
    for one in sorted(evidence, key=lambda one: one.source):
        digest.update("\x1f".join((one.source, *one.item_ids, "", *one.event_ids, "\x1e")).encode())
    return digest.hexdigest()


def format_date(day: datetime, language: str) -> str:
    """A day as sentences write it: 3 May 2024, or 2024年5月3日 where the language is zh."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def tidy(text: str) -> str:
    """A title as it can stand between quotation marks, on one line."""
    return " ".join(text.translate(_TIDY).split())


def _fact(known: SentenceContext, item_id: str, evidence: Evidence) -> Fact | None:
    if evidence.source == "repeat":
        return _again(known, item_id)
    if evidence.source in ("popular", "new"):
        return Fact(evidence.source)
    others = [other for other in evidence.item_ids if other != item_id]
    if not others or evidence.source in UNSPOKEN:
        return None
    if evidence.source == "together":
        return Fact("context", (tidy(known.title(others[0])),))
    if evidence.source == "context":
        kind = CONTEXTS.get(evidence.attributes.get("by", ""), "context")
        return Fact(kind, (tidy(known.title(others[0])),))
    action, other = next(((action, one) for one in others if (action := known.action(one))), ("", others[0]))
    return Fact(evidence.source, (tidy(known.title(other)),), action)


def _again(known: SentenceContext, item_id: str) -> Fact | None:
    done = known.actions.get(item_id, ())
    action = known.action(item_id)
    times = [one.time for one in done if one.event_type == action]
    if not times:
        return None
    return Fact("again", (), action, len({time.date() for time in times}), times[-1])


def _shared(item_id: str, evidence: Evidence, about: Callable[[str], ItemDescription]) -> tuple[Fact, ...]:
    """The category that the item has in common with the one that led to it."""
    category = about(item_id).category
    others = [other for other in evidence.item_ids if other != item_id]
    if others and category and evidence.source in LINKED and about(others[0]).category == category:
        return (Fact("shared", (tidy(category),)),)
    return ()
