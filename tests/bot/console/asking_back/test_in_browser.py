"""Gaps, due lessons and figures in a real browser, at the width of a phone and in the dark."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from bot.lessons.teaching import Lesson
from bot.store.examples.scope import EVERYONE
from tests.bot.console.asking_back.test_gaps import gaps_of
from tests.bot.console.console_parts import ConsoleParts
from tests.bot.console.test_page import CONTRAST
from tests.bot.feedback.benefits.week import NOW, stamp
from tests.browser import keep_screenshot, visit

pytestmark = pytest.mark.browser
LONG = "Donaudampfschifffahrt" * 9


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_of_it_fits_a_phone_and_can_be_read(
    browser: Browser, address: str, parts: ConsoleParts, *, dark: bool
) -> None:
    parts.curation.learn(Lesson(f"Who sails the {LONG}?", "Noor.", "U1", scope=EVERYONE))
    parts.finish_night(parts.begin_night())
    with parts.store.connections.write() as db:
        at = stamp(NOW - timedelta(days=90))
        db.conn.execute("update examples set created_at = ?, review_days = 30", [at])
    gaps_of(parts, "Where is the printer?", f"Where is the {LONG}?")
    with visit(browser, address, viewport={"width": 390, "height": 800}, dark=dark) as visited:
        page = visited.page
        expect(page.get_by_role("heading", name="What the nights gained")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate(CONTRAST) == []
        keep_screenshot(page, f"asking-back-{'dark' if dark else 'light'}")
        page.get_by_role("button", name="Teach: Where is the printer?").click()
        expect(page.get_by_label("When somebody asks")).to_have_value("Where is the printer?")
        page.get_by_role("button", name="Never mind: Where is the printer?").click()
        expect(page.get_by_text("Never mind, then.")).to_be_visible()
        assert visited.complaints == []
