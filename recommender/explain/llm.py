"""The text LLM: one interface, two engines (a GGUF file in this process, or an OpenAI-compatible endpoint).

`Guarded` is what the platform uses: it counts, and leaves an engine alone for a while after it failed. What is asked
and whether the answer is true is the caller's affair; an answer from here is never shown unchecked.
"""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from recommender.settings import Settings
from recommender.utils.circuit_breaker import Away, Breaker

NONE = "none"
REST_SECONDS = 10.0


class LLMAway(Exception):
    """The engine gave no answer: `reason` is absent, timeout, refused or nonsense; or resting (`Guarded`)."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked: what the model is to do, examples (question, answer), the question.

    `grammar` (GBNF) is the form an answer must have; an engine that can't hold to one leaves it out.
    """

    system: str
    examples: tuple[tuple[str, str], ...]
    question: str
    grammar: str | None = None
    max_tokens: int = 96

    def messages(self) -> list[dict[str, str]]:
        """The prompt as a chat of OpenAI's form, with a turn of the user and one of the assistant for each example."""
        turns = [("system", self.system)]
        for question, answer in self.examples:
            turns += [("user", question), ("assistant", answer)]
        return [{"role": role, "content": text} for role, text in [*turns, ("user", self.question)]]


@dataclass(frozen=True, slots=True)
class LlmAnswer:
    """An answer, and what it took."""

    text: str
    tokens: int
    seconds: float


class TextLLM(Protocol):
    """An engine. `model_id` names what writes; `in_process`: in this process, on the processor that others want too."""

    model_id: str
    in_process: bool

    def write(self, prompt: Prompt, seconds: float) -> LlmAnswer:
        """The answer, within about `seconds`; raises `LLMAway`."""
        ...


@dataclass(slots=True)
class Counts:
    """What an engine has done; `outcomes` counts calls by written, or by why there was no answer."""

    outcomes: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    seconds: float = 0.0


class Guarded:
    """An engine that is counted, and left alone for `rest_seconds` after a call that got no answer."""

    def __init__(self, engine: TextLLM, rest_seconds: float = REST_SECONDS) -> None:
        self.engine, self.model_id, self.in_process = engine, engine.model_id, engine.in_process
        self.counts = Counts()
        self._breaker = Breaker("text LLM", (LLMAway,), rest_seconds)
        self._lock = threading.Lock()

    @property
    def open(self) -> bool:
        """Whether it is worth asking now."""
        return self._breaker.open

    def write(self, prompt: Prompt, seconds: float) -> LlmAnswer:
        """The engine's answer, counted; `LLMAway` as the engine raises it, or as resting while it is left alone."""
        started = time.monotonic()
        try:
            with self._breaker.guard():
                written = self.engine.write(prompt, seconds)
        except Away as away:
            reason = away.__cause__.reason if isinstance(away.__cause__, LLMAway) else "resting"
            self._count(reason, 0, time.monotonic() - started)
            raise LLMAway(reason, str(away.__cause__ or "")) from away
        self._count("written", written.tokens, written.seconds)
        return written

    def _count(self, outcome: str, tokens: int, seconds: float) -> None:
        with self._lock:
            self.counts.outcomes[outcome] += 1
            self.counts.tokens += tokens
            self.counts.seconds += seconds


def load_llm(settings: Settings) -> Guarded | None:
    """The engine the settings name; None when they name none. Nothing is loaded or asked yet."""
    if settings.llm_url is not None:
        from recommender.explain.llm_openai import RemoteLLM

        key = settings.llm_key.get_secret_value() if settings.llm_key else None
        return Guarded(RemoteLLM(settings.llm_url, settings.llm_model, key, settings.llm_grammar))
    if settings.llm == NONE:
        return None
    from recommender.explain.llm_local import LocalLLM, model_file

    return Guarded(LocalLLM(model_file(settings.llm)))
