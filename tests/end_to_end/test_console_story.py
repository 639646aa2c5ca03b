"""The main job in the console, on real parts: `nightschool demo`, the starter model, Chromium.

The visitor talks with the bot, teaches it three things, presses "Go to school now", and hears it
answer with what it was taught.
"""

import pytest
from playwright.sync_api import Page, expect

from bot.home import Home
from tests.browser import chromium, keep_screenshot, visit
from tests.end_to_end.lessons import LESSONS
from tests.end_to_end.process import Serving

ANSWER_MS = 180_000
NIGHT_MS = 900_000


@pytest.mark.model
@pytest.mark.browser
@pytest.mark.timeout(1800)
def test_a_visitor_teaches_the_bot_and_sees_it_learn(home: Home) -> None:
    home.config.write_text("[engine]\nmax_tokens = 48\n")
    with Serving(home.root, "demo", "--port", "0", "--no-browser") as demo:
        address = demo.wait_for(r"Nightschool is at (\S+)")
        with chromium() as browser, visit(browser, address) as visited:
            page = visited.page
            assert "lighthouse" not in _answer(page, "What is our wifi called?")
            page.get_by_role("button", name="Drop").click()
            for question, (lesson, _) in LESSONS.items():
                page.get_by_label("When somebody asks").fill(question)
                page.get_by_label("it should answer").fill(lesson)
                page.get_by_role("button", name="Teach", exact=True).click()
                expect(page.locator("#teach .note")).to_contain_text("is for tonight")
            keep_screenshot(page, "demo-taught")
            page.get_by_role("button", name="Go to school now").click()
            expect(page.locator("#badge")).to_contain_text("v0001", timeout=NIGHT_MS)
            for question, (_, word) in LESSONS.items():
                assert word in _answer(page, question).lower()
            keep_screenshot(page, "demo-learned")
            assert visited.complaints == []
            assert all(request.startswith(address) for request in visited.requests)


def _answer(page: Page, question: str) -> str:
    """Asks and waits until the whole answer stands there."""
    answered = page.locator(".answered .under")
    before = answered.count()
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Send").click()
    expect(answered).to_have_count(before + 1, timeout=ANSWER_MS)
    return page.locator(".answered .said").last.inner_text()
