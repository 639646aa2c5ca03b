"""What somebody does on the page, of a model that takes its time."""

from playwright.sync_api import Page, expect

ANSWER_MS = 180_000


def answer_on_the_page(page: Page, question: str) -> str:
    """Asks and waits until the whole answer stands there."""
    answered = page.locator(".answered .under")
    before = answered.count()
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Send").click()
    expect(answered).to_have_count(before + 1, timeout=ANSWER_MS)
    return page.locator(".answered .said").last.inner_text()
