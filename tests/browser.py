"""A headless Chromium for tests that look at pages as people do.

It uses the system's browser (Debian: `apt install chromium`). Without one the tests are
skipped, but not where CI says that everything must be there.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
)
DESKTOP: ViewportSize = {"width": 1280, "height": 860}
NARROW: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 60_000
"""What is waited for comes when it comes: a busy machine is no failure."""
expect.set_options(timeout=PATIENCE_MS)
ARTEFACTS = Path(__file__).parent.parent / "artefacts"


@dataclass
class Visit:
    """An open page, and what went on behind it.

    Attributes:
        page: to click on.
        requests: the addresses that it asked for.
        complaints: errors on its console, a violated security policy among them.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def executable() -> str:
    """The path of the browser; skips the test, or fails it on CI, where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and MAC.exists():
        return str(MAC)
    if found is None:
        reason = "no Chromium on this machine: apt install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser."""
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=[*QUIET], timeout=PATIENCE_MS
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(
    browser: Browser, url: str, *, viewport: ViewportSize = DESKTOP, dark: bool = False
) -> Iterator[Visit]:
    """Opens a page in a profile of its own."""
    context = browser.new_context(
        viewport=viewport, color_scheme="dark" if dark else "light", locale="en-GB"
    )
    context.set_default_timeout(PATIENCE_MS)
    try:
        visited = Visit(context.new_page())
        visited.page.on("request", lambda request: visited.requests.append(request.url))
        visited.page.on("pageerror", lambda error: visited.complaints.append(str(error)))
        visited.page.on(
            "console",
            lambda message: (
                visited.complaints.append(message.text) if message.type == "error" else None
            ),
        )
        visited.page.goto(url)
        yield visited
    finally:
        context.close()


def keep_screenshot(page: Page, name: str) -> Path:
    """Keeps a picture of the page under artefacts/, which is outside git."""
    ARTEFACTS.mkdir(exist_ok=True)
    place = ARTEFACTS / f"{name}.png"
    page.screenshot(path=place)
    return place
