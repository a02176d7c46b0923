"""Debian's chromium, driven by Playwright, for the tests that look at pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from tests.support.servers.local import skip_or_fail

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def page_of(url: str, width: int = 1500, height: int = 950) -> Iterator[Page]:
    """A page of a fresh browser, open at `url`; skips the test where there is no chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        skip_or_fail("chromium is missing; `apt-get install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(url)
        yield page
        browser.close()
