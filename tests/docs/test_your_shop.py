"""docs/your-shop.md, word for word: its shell blocks in order in a fresh folder, and what it says one will see."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.sync_api import sync_playwright

from recommender.settings import PROJECT_ROOT
from tests.support.servers.browser import FLAGS
from tests.support.servers.local import free_port, skip_or_fail

PAGE = PROJECT_ROOT / "docs" / "your-shop.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STAYS = ("zhiyin serve", "python3 -m http.server")
INSTALLED = "make env"  # of a block that a checkout with its environment has behind it
PORTS = {"3000": "service", "8000": "page"}
SECONDS = 1_200


@dataclass
class Reader:
    """Somebody who follows the page in a folder that has the examples; ports that others hold are replaced."""

    folder: Path
    ports: dict[str, int] = field(default_factory=lambda: {named: free_port() for named in PORTS})
    exported: list[str] = field(default_factory=list)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    said: str = ""  # by the commands of the blocks since the last thing the page says one sees

    def do(self, block: str) -> None:
        for named, port in self.ports.items():
            block = block.replace(f"127.0.0.1:{named}", f"127.0.0.1:{port}").replace(
                f"server {named}", f"server {port}"
            )
        lines = block.splitlines()
        if lines[-1].startswith(STAYS):
            self.stay("\n".join([*self.exported, *lines[:-1]]), lines[-1])
        else:
            self.run("\n".join([*self.exported, "set -eo pipefail", block]))
        self.exported += [line for line in lines if line.startswith("export ")]

    def run(self, script: str) -> None:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
        )
        self.said += done.stdout
        assert done.returncode == 0, f"{script}\n{self.said}"

    def stay(self, before: str, command: str) -> None:
        service = command.startswith("zhiyin")
        options = f" --port {self.ports['3000']}" if service else ""
        with (self.folder / "stays.log").open("ab") as log:
            script = f"{before}\nexec {command}{options}"
            self.running.append(
                subprocess.Popen(["bash", "-c", script], cwd=self.folder, env=environment(), stdout=log, stderr=log)
            )
        address = f"http://127.0.0.1:{self.ports['3000']}/readyz" if service else self.page
        deadline = time.monotonic() + 240
        while not answers(address):
            assert time.monotonic() < deadline, (self.folder / "stays.log").read_text()[-3_000:]
            assert self.running[-1].poll() is None, (self.folder / "stays.log").read_text()[-3_000:]
            time.sleep(0.3)

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.ports['8000']}/"

    def sees(self, told: str) -> None:
        """Each line that the page shows stands in what was said, in this order; blanks are alike."""
        said, place = " ".join(self.said.split()), 0
        for line in told.splitlines():
            found = said.find(" ".join(line.split()), place)
            assert found >= 0, f"the page shows {line!r}, which isn't said after {said[max(place - 200, 0) : place]!r}"
            place = found
        self.said = ""

    def stop(self) -> None:
        for process in reversed(self.running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(60)


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHIYIN_")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    quiet = {"OMP_NUM_THREADS": "1", "ZHIYIN_LLM": "none", "ZHIYIN_SERVICE_WORKERS": "1", "COLUMNS": "200"}
    in_order = {"PYTHONUNBUFFERED": "1"}  # what goes to stdout and to stderr stands as a terminal shows it
    return {**kept, **quiet, **in_order, "PATH": path, "PYTHONPATH": str(PROJECT_ROOT)}


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


def blocks(section: str) -> list[tuple[str, str]]:
    """(language, text) of each block of the page's section; "" is what stands before the first."""
    parts = re.split(r"^## (.*)$", PAGE.read_text(), flags=re.MULTILINE)
    found = dict(zip(["", *parts[1::2]], parts[::2], strict=True))[section]
    return [(match[1], match[2]) for match in FENCE.finditer(found) if INSTALLED not in match[2]]


@contextmanager
def reading(folder: Path) -> Iterator[Reader]:
    (folder / "examples").symlink_to(PROJECT_ROOT / "examples")
    reader = Reader(folder)
    try:
        yield reader
    finally:
        reader.stop()
        assert not [child for child in psutil.Process().children() if child.pid in [one.pid for one in reader.running]]


def follow(reader: Reader, section: str, first: int | None = None) -> None:
    for language, text in blocks(section)[:first]:
        if language == "bash":
            reader.do(text)
        elif language == "text":
            reader.sees(text)


@pytest.mark.parametrize("section", ["A Shopify shop", "A shop with Google Analytics 4"])
def test_a_dry_run_shows_what_the_page_says(tmp_path: Path, section: str) -> None:
    with reading(tmp_path) as reader:
        follow(reader, section, first=2 + (section != "A Shopify shop"))


@pytest.mark.slow
@pytest.mark.browser
def test_a_shopify_shop_gets_recommendations_on_its_page(tmp_path: Path) -> None:
    with reading(tmp_path) as reader:
        follow(reader, "A Shopify shop")
        assert_cards(reader.page)


@pytest.mark.slow
def test_a_shop_with_ga4_gets_recommendations(tmp_path: Path) -> None:
    with reading(tmp_path) as reader:
        follow(reader, "A shop with Google Analytics 4")


def assert_cards(url: str) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        skip_or_fail("chromium is missing; `apt-get install chromium`")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = opened.new_page()
        page.goto(url)
        page.locator(".zhiyin-card").nth(3).wait_for()
        assert page.locator(".zhiyin-heading").inner_text() == "For you"
        assert page.locator(".zhiyin-card").count() == 4
        assert page.evaluate("window.zhiyin.errors") == []
        opened.close()
