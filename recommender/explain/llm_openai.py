"""The text LLM behind an OpenAI-compatible endpoint (vLLM, Ollama, llama.cpp's server, a hosted one).

It trusts nothing the endpoint says: not its speed (one deadline for the whole answer), its size, or its form.
"""

import time
from typing import Any

import httpx
import orjson

from recommender.explain.llm import LlmAnswer, LLMAway, Prompt

MAX_BYTES = 64 * 1024
CONNECT_SECONDS = 2.0
TEMPERATURE = 0.3


class RemoteLLM:
    """`url` is the base that ends in /v1; the key, if any, goes in the Authorization header and nowhere else."""

    in_process = False

    def __init__(self, url: str, model: str, key: str | None = None, grammar: bool = False) -> None:
        self.model_id = model
        self._url = url.rstrip("/") + "/chat/completions"
        self._grammar = grammar
        self._client = httpx.Client(headers={"Authorization": f"Bearer {key}"} if key else {}, follow_redirects=False)

    def write(self, prompt: Prompt, seconds: float) -> LlmAnswer:
        """As `TextLLM.write`; tokens are as the endpoint counts them, or words where it doesn't.

        Raises `LLMAway` with reason absent, timeout, refused for a status other than 200, or nonsense for an answer
        that is too large or no chat completion.
        """
        started = time.monotonic()
        body = {
            "model": self.model_id,
            "messages": prompt.messages(),
            "max_tokens": prompt.max_tokens,
            "temperature": TEMPERATURE,
            "stream": False,
        }
        if self._grammar and prompt.grammar is not None:
            body["grammar"] = prompt.grammar
        answer = self._asked(body, started + seconds, seconds)
        text, tokens = _content(answer)
        return LlmAnswer(text.strip(), tokens, time.monotonic() - started)

    def _asked(self, body: dict[str, Any], deadline: float, seconds: float) -> bytes:
        timeout = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
        received = bytearray()
        try:
            with self._client.stream("POST", self._url, json=body, timeout=timeout) as response:
                if response.status_code != 200:
                    raise LLMAway("refused", f"status {response.status_code}")
                for chunk in response.iter_bytes():
                    received += chunk
                    if len(received) > MAX_BYTES:
                        raise LLMAway("nonsense", f"more than {MAX_BYTES} bytes")
                    if time.monotonic() > deadline:  # a time-out of the client's is between two chunks only
                        raise LLMAway("timeout", "the answer came too slowly")
        except httpx.TimeoutException as error:
            raise LLMAway("timeout", type(error).__name__) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LLMAway("absent", type(error).__name__) from error
        return bytes(received)


def _content(answer: bytes) -> tuple[str, int]:
    try:
        parsed = orjson.loads(answer)
        text = parsed["choices"][0]["message"]["content"]
        usage = parsed.get("usage") or {}
        tokens = usage.get("completion_tokens")
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise LLMAway("nonsense", "not a chat completion") from error
    if not isinstance(text, str):
        raise LLMAway("nonsense", "its content is no text")
    return text, tokens if isinstance(tokens, int) else len(text.split())
