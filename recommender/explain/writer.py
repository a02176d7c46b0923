"""Puts the three together: the text LLM words the facts, the check reads it, and what doesn't pass is not shown."""

from dataclasses import dataclass
from typing import Literal

from recommender.explain.facts import Facts
from recommender.explain.llm import Guarded, LlmAnswer, LLMAway
from recommender.explain.prompts import prompt_for
from recommender.explain.verify import check

ExplainedBy = Literal["llm", "template"]
_ENDS = {"en": ".", "zh": "。"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """`refused` says why the deterministic sentence stands where the LLM's was wanted; `written` is what it wrote."""

    text: str
    explained_by: ExplainedBy
    refused: str = ""
    written: LlmAnswer | None = None


def write_sentence(llm: Guarded | None, facts: Facts | None, plain: str, language: str, seconds: float) -> Sentence:
    """The LLM's sentence if it says nothing but the facts, else `plain`."""
    if llm is None or facts is None:
        return Sentence(plain, "template", "none")
    prompt = prompt_for(facts, language)
    if prompt is None:
        return Sentence(plain, "template", "long")
    try:
        written = llm.write(prompt, seconds)
    except LLMAway as away:
        return Sentence(plain, "template", away.reason)
    text = _trimmed(written.text, language)
    verdict = check(text, facts, language)
    if not verdict.passed:
        return Sentence(plain, "template", verdict.problem, written)
    return Sentence(text, "llm", "", written)


def _trimmed(text: str, language: str) -> str:
    """One line that ends; quotation marks round the whole of it come from the habit of quoting an answer."""
    text = " ".join(text.split())
    if len(text) > 1 and text[0] == text[-1] == '"' and text.count('"') == 2:
        text = text[1:-1].strip()
    return text if not text or text[-1] in ".!。！" else text + _ENDS[language]
