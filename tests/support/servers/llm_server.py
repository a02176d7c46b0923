"""A real HTTP server that speaks OpenAI's chat protocol, well or badly, as a test tells it to."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LIE = "You bought this on 400 days, and it is the best in the shop, now at half price."
BODIES = {
    "no json": b"<html>hello</html>",
    "no choices": b'{"choices": []}',
    "a list": b"[1, 2]",
    "no text": b'{"choices": [{"message": {"content": null}}]}',
    "nothing": b"",
}


@dataclass
class Spoken:
    """What the server does (`mode`) and what it was asked. Modes: good, lie, slow, drip, huge, error, or a bad body.

    `text` is what it answers where it is good; "": the question's facts in other words.
    """

    mode: str = "good"
    text: str = ""
    seconds: float = 20.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    url: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)


_WORDED = {
    "The shopper": "You",
    "the shopper usually chooses": "you usually choose",
    "the shopper": "you",
    "顾客在": "您在",
    "顾客最近": "您最近",
    "与顾客": "与您",
}


def worded(question: str) -> str:
    """The facts of the question in other words, as an able model would put them."""
    told = question.splitlines()[0].split(". The shopper")[0].split("。顾客")[0].rstrip(".。")
    for facts, words in _WORDED.items():
        told = told.replace(facts, words)
    return told + ("。" if "。" in question else ".")


@contextmanager
def llm_server() -> Iterator[Spoken]:
    spoken = Spoken()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            spoken.asked.append(body)
            spoken.keys.append(self.headers.get("Authorization"))
            if spoken.mode == "slow":
                spoken.stopping.wait(spoken.seconds)
            self.send_response(500 if spoken.mode == "error" else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            try:
                self._speak(body)
            except OSError:  # the one who asked has gone
                return

        def _speak(self, body: dict[str, Any]) -> None:
            if spoken.mode == "drip":
                for _ in range(int(spoken.seconds * 10)):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    if spoken.stopping.wait(0.1):
                        return
            if spoken.mode == "huge":
                self.wfile.write(b" " * 1_000_000)
            text = LIE if spoken.mode == "lie" else spoken.text or worded(body["messages"][-1]["content"])
            whole = {
                "choices": [{"message": {"role": "assistant", "content": text}}],
                "usage": {"completion_tokens": 9},
            }
            self.wfile.write(BODIES.get(spoken.mode, json.dumps(whole).encode()))

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    spoken.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield spoken
    finally:
        spoken.stopping.set()
        server.shutdown()
        server.server_close()
        time.sleep(0.05)
