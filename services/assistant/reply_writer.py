"""The text LLM beside the assistant: words the parts that hold facts, is counted, and is never waited for long."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from recommender.assistant.answer_parts import Part
from recommender.assistant.composing.composer import Composed, compose
from recommender.assistant.pipeline import Answer
from recommender.explain.llm import Guarded
from services.core.metrics import meters

log = structlog.get_logger(__name__)
LONGEST_WAIT = 4.0  # seconds: somebody waits


def count(composed: Composed) -> None:
    """Counts who worded a reply, why not the LLM, and what of it was dropped."""
    refused = composed.refused.partition(":")[0]
    meters().assistant_replies.labels(composed.part.composed_by, refused).inc()
    for problem in composed.dropped:
        meters().assistant_sentences_dropped.labels(problem.partition(":")[0]).inc()
    if composed.written is not None:
        meters().llm_tokens.inc(composed.written.tokens)
        meters().llm_seconds.observe(composed.written.seconds)


@dataclass(slots=True)
class ReplyWriter:
    """`seconds` is the longest wait for one reply; `note` is told what became of each."""

    llm: Guarded
    seconds: float = LONGEST_WAIT
    note: Callable[[Composed], None] = count

    def would_write(self, answer: Answer) -> bool:
        """Whether any part holds facts that could be worded otherwise."""
        return any(part.facts for part in answer.parts)

    def reword(self, question: str, answer: Answer, language: str, degraded: set[str]) -> Answer:
        """The answer with its first part that holds facts in the LLM's words; as it was where that can't be shown."""
        place = next((place for place, part in enumerate(answer.parts) if part.facts), None)
        if place is None:
            return answer
        part = self._worded(question, answer.parts[place], language, degraded)
        return replace(answer, parts=(*answer.parts[:place], part, *answer.parts[place + 1 :]))

    def _worded(self, question: str, part: Part, language: str, degraded: set[str]) -> Part:
        if not self.llm.open:  # it failed a moment ago
            degraded.add("llm")
            self.note(Composed(part, "resting"))
            return part
        composed = compose(self.llm, question, part, language, self.seconds)
        if composed.written is None:
            degraded.add("llm")
            log.info("a reply is told by templates", reason=composed.refused)
        self.note(composed)
        return composed.part
