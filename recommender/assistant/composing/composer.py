"""A reply worded by the text LLM: each sentence checked against the evidence, those that fail dropped.

Nothing left that answers, and the template stands. An FAQ's answer is never reworded: its words are the shop's own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from recommender.assistant.answer_parts import Fact, Part, named
from recommender.assistant.composing.prompts import prompt_for
from recommender.assistant.composing.sentences import check
from recommender.explain.llm import Guarded, LlmAnswer, LLMAway

MOST_CHARACTERS = 2_000  # of a reply that are read
MOST_SENTENCES = 4
_MUST_BE_STATED = ("sold_out", "preorder", "backorder")  # of every product that is spoken of
_SAME_LEAD = ({"cheaper", "dearer"}, {"in_stock", "sold_out", "preorder", "backorder", "left"}, {"bought", "often"})
_END = re.compile(r"(?<=[!?。！？])\s*|(?<=\.)\s+|\n+")


@dataclass(frozen=True, slots=True)
class Composed:
    """The part to show. `refused` says why it is the template, "" where the LLM's; `dropped` why sentences were.

    `written` is what the LLM wrote, None where it gave no answer.
    """

    part: Part
    refused: str = ""
    dropped: tuple[str, ...] = ()
    written: LlmAnswer | None = None


def compose(llm: Guarded, question: str, part: Part, language: str, seconds: float) -> Composed:
    """The part in the LLM's words, as far as they say nothing but its facts; waits at most about `seconds`."""
    try:
        written = llm.write(prompt_for(question, part.facts, language), seconds)
    except LLMAway as away:
        return Composed(part, away.reason)
    kept, dropped, stated, titles = list[str](), list[str](), set[Fact](), list[str]()
    before: tuple[str, ...] = ()
    for sentence in split(written.text[:MOST_CHARACTERS], part.facts):
        checked = check(sentence, part.facts, language, before)
        if checked.problem or not checked.stated or len(kept) == MOST_SENTENCES:
            dropped.append(checked.problem or "tells nothing")
            continue
        kept.append(sentence)
        stated |= checked.stated
        titles += checked.titles
        before = checked.titles or before
    refused = _lacks(part.facts, stated, titles)
    if refused:
        return Composed(part, refused, tuple(dropped), written)
    text = ("" if language == "zh" else " ").join(kept)
    sources = tuple(one for one in part.sources if named(one.title) in titles)
    return Composed(replace(part, text=text, sources=sources, composed_by="llm"), "", tuple(dropped), written)


def split(text: str, facts: Sequence[Fact]) -> list[str]:
    """The sentences of a text; a stop within a product's name ends none."""
    names = sorted({name for fact in facts for name in (fact.title, fact.other) if name}, key=len, reverse=True)
    for place, name in enumerate(names):
        text = text.replace(name, f"⟨{place}⟩")
    sentences = []
    for sentence in _END.split(text):
        for place, name in enumerate(names):
            sentence = sentence.replace(f"⟨{place}⟩", name)
        if sentence.strip(" \"'*-"):
            sentences.append(sentence.strip())
    return sentences


def _lacks(facts: Sequence[Fact], stated: set[Fact], titles: Sequence[str]) -> str:
    """What a reply leaves out that it must say: what was asked for first, and that a product can't be had at once."""
    if not stated or not titles:
        return "untold"
    lead = facts[0].kind
    same = next((kinds for kinds in _SAME_LEAD if lead in kinds), {lead})
    if not any(fact.kind in same for fact in stated):
        return f"untold:{lead}"
    untold = [fact for fact in facts if fact.kind in _MUST_BE_STATED and fact.title in titles and fact not in stated]
    return f"untold:{untold[0].kind}" if untold else ""
