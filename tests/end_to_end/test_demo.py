"""`nightschool demo` on real parts: the starter model, Chromium, and no account of anything."""

import re

import pytest
from playwright.sync_api import expect

from bot.home import Home
from bot.nights.report import PHASES
from tests.browser import chromium, keep_screenshot, visit
from tests.end_to_end.lessons import LESSONS
from tests.end_to_end.page import answer_on_the_page
from tests.end_to_end.process import Serving

TRAINING_MS = 300_000


@pytest.mark.model
@pytest.mark.browser
@pytest.mark.timeout(900)
def test_a_visitor_talks_teaches_and_sends_the_bot_to_school(home: Home) -> None:
    """What a night leaves is the story's to tell (test_story.py): this one ends in its training."""
    home.config.write_text("[engine]\nmax_tokens = 24\n[training]\nvalidations = 2\n")
    with Serving(home.root, "demo", "--port", "0", "--no-browser") as demo:
        address = demo.wait_for(r"Nightschool is at (\S+)")
        with chromium() as browser, visit(browser, address) as visited:
            page = visited.page
            assert "lighthouse" not in answer_on_the_page(page, "What is our wifi called?")
            page.get_by_role("button", name="Drop").click()
            for question, (lesson, _) in LESSONS.items():
                page.get_by_label("When somebody asks").fill(question)
                page.get_by_label("it should answer").fill(lesson)
                page.get_by_role("button", name="Teach", exact=True).click()
                expect(page.locator("#teach .note")).to_contain_text("is for tonight")
                # The note may still be that of the lesson before; the list has this one.
                expect(page.locator(".lesson .q").filter(has_text=question)).to_be_visible()
            keep_screenshot(page, "demo-taught")
            page.get_by_role("button", name="Go to school now").click()
            expect(page.locator("#school")).to_contain_text(
                re.compile(rf"{PHASES['train']}.*step [1-9]", re.DOTALL), timeout=TRAINING_MS
            )
            expect(page.get_by_role("button", name="At school")).to_be_disabled()
            keep_screenshot(page, "demo-at-school")
            assert visited.complaints == []
            assert all(
                request.startswith(address.partition("?")[0]) for request in visited.requests
            )
    assert not home.adapters.exists() or not list(home.adapters.glob("v*"))
