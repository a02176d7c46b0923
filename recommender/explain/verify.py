"""Whether a sentence says nothing but its facts: read word by word, in English or Chinese, whoever wrote it.

Items, categories, numbers and days are looked up in the facts; every other word has to be one that claims nothing, or
one that a fact licenses ("popular", "again", "shoppers"). What is not known is refused, so that a name, number,
negation, superlative, price or promise that nobody foresaw can't pass. It knows no model and no prompt.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.explain.claims import Claim, Reading
from recommender.explain.facts import Facts, format_date
from recommender.explain.parse_en import read_english
from recommender.explain.parse_zh import read_chinese

LONGEST = 400


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problem` is "" for a sentence that may be shown, or what is wrong with it: `kind:words`, or the kind alone."""

    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether the sentence may be shown."""
        return not self.problem


def check(sentence: str, facts: Facts, language: str) -> Verdict:
    """Reads the sentence against the facts."""
    if not sentence.strip():
        return Verdict("empty")
    if len(sentence) > LONGEST + sum(map(len, facts.texts)):
        return Verdict("long")
    masked = mask(sentence, facts, language)
    reading = read_chinese(masked) if language == "zh" else read_english(masked)
    if reading.unknown:
        return Verdict(f"word:{reading.unknown}")
    for claim in reading.claims:
        if problem := _unlicensed(claim, facts):
            return Verdict(problem)
    return Verdict(_untold(reading, facts))


def mask(sentence: str, facts: Facts, language: str) -> str:
    """The sentence with marks for what the facts hold: ⟨I⟩ item, ⟨O⟩ other, ⟨C⟩ category, ⟨D⟩ day, ⟨N⟩ days."""
    main, marks = facts.main, [(facts.item.title, "⟨I⟩")]
    marks += [(title, "⟨O⟩") for title in main.titles]
    if shared := facts.of("shared"):
        marks.append((shared.titles[0], "⟨C⟩"))
    for text, mark in sorted(marks, key=lambda pair: -len(pair[0])):
        if text:
            sentence = _replaced(sentence, text, mark)
    if main.day is not None:
        sentence = sentence.replace(format_date(main.day, language), "⟨D⟩")
    return re.sub(rf"(?<!\d){main.days}(?!\d)", "⟨N⟩", sentence) if main.days else sentence


def _replaced(sentence: str, text: str, mark: str) -> str:
    """Quoted or bare; bare only as whole words, so that a title "Tea" is not found in "Teapot"."""
    sentence = re.sub(rf"[“\"‘']{re.escape(text)}[”\"’']", mark, sentence, flags=re.IGNORECASE)
    edge = r"[A-Za-z0-9]"
    before, after = (rf"(?<!{edge})", rf"(?!{edge})")
    return re.sub(f"{before}{re.escape(text)}{after}", mark, sentence, flags=re.IGNORECASE)


def _unlicensed(claim: Claim, facts: Facts) -> str:
    """What is wrong with a claim; "" when a fact bears it."""
    main, kind, value = facts.main, claim.kind, claim.value
    if kind == "deed":
        same = main.titles and main.titles[0] == facts.item.title
        of_item = main.kind == "again"
        right = value == main.action and (same or claim.about == ("I" if of_item else "O"))
        return "" if right else f"deed:{value} {claim.about}"
    if kind == "group" and main.kind == "transitions" and claim.about == "I" and facts.item.title not in main.titles:
        return "direction:from the item, not to it"
    allowed = LICENCES[kind]
    if any(_holds(licence, facts) for licence in allowed):
        return ""
    return f"{kind}:{value}"


def _holds(licence: str, facts: Facts) -> bool:
    if licence == "days":
        return facts.main.kind == "again" and facts.main.days > 1
    if licence == "day":
        return facts.main.day is not None
    return facts.of(licence) is not None


# which kinds of fact bear which kinds of claim
LICENCES: dict[str, Sequence[str]] = {
    "group": ("transitions", "context"),  # what other shoppers do
    "together": ("context", "transitions"),
    "next": ("transitions", "context"),
    "often": ("transitions", "context"),
    "popular": ("popular",),
    "new": ("new",),
    "usual": ("new",),
    "like": ("text", "context_text", "sequence", "new"),
    "looks": ("image", "context_image"),
    "fits": ("sequence", "new"),
    "lately": ("sequence", "popular"),
    "days": ("days",),
    "number": ("days",),
    "day": ("day",),
    "last": ("again",),
    "before": ("again",),
    "again": ("again",),
    "more": ("again",),
    "category": ("shared",),
    "prefers": (),  # what a shopper likes is not known, only what they did
}


def _untold(reading: Reading, facts: Facts) -> str:
    """A sentence that leaves the reason out is no explanation."""
    main, kinds = facts.main, {claim.kind for claim in reading.claims}
    if main.kind == "again":
        return "" if "deed" in kinds else "untold:deed"
    if main.titles:
        same = main.titles[0] == facts.item.title  # two items of one title: the mark can't tell them apart
        return "" if "O" in reading.mentions or same else "untold:other"
    return "" if main.kind in kinds else f"untold:{main.kind}"
