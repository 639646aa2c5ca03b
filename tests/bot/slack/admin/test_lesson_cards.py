"""Lessons in a list and by themselves: what is shown, and how much of it."""

from dataclasses import replace

import pytest

from bot.lessons.curation import Curation
from bot.slack.admin import lesson_cards
from bot.slack.admin.lesson_cards import PAGE, Filter
from bot.slack.messages.posting import MessageContent
from bot.store import Example, Store
from bot.store.examples.rows import StatusChange
from tests.slack_server.workspace import texts_in


@pytest.fixture
def lesson(store: Store, curation: Curation) -> Example:
    """The first lesson of a store."""
    curation.teach("Who?", "Noor.", "U1")
    return store.examples.get(1)


def said(content: MessageContent) -> str:
    return "\n".join(texts_in([block.to_dict() for block in content.blocks]))


def shown(lesson: Example, *history: StatusChange) -> str:
    return said(lesson_cards.card(lesson, history, (), (), lambda person: f"<{person}>"))


def test_a_filter_comes_back_from_its_button() -> None:
    chosen = Filter("pending", mine=True, text="Büro")
    assert Filter.from_value(chosen.as_value(10)) == replace(chosen, offset=10)


def test_a_list_never_begins_before_its_first_lesson() -> None:
    assert Filter.from_value(Filter().as_value(-PAGE)).offset == 0


@pytest.mark.parametrize("value", ["", "nonsense", "[]", "{}", '{"status": null}'])
def test_a_button_that_cannot_be_read_shows_all_lessons(value: str) -> None:
    assert Filter.from_value(value) == Filter()


def test_a_page_leads_on_and_back_where_there_is_more(lesson: Example) -> None:
    counts = {"approved": 20, "pending": 0}
    first = said(lesson_cards.page([lesson] * (PAGE + 1), Filter(), counts))
    assert "20 approved" in first
    assert "pending" not in first
    assert first.count("Who?") == PAGE
    assert ("Older" in first, "Newer" in first) == (True, False)
    last = said(lesson_cards.page([lesson] * PAGE, Filter(offset=PAGE), counts))
    assert ("Older" in last, "Newer" in last) == (False, True)


def test_a_card_shows_the_last_changes_and_who_made_them(lesson: Example) -> None:
    changes = [
        StatusChange("approved", "pending", f"U{number}", "a & b", "2026-01-01T00:00:00")
        for number in range(7)
    ]
    card = shown(lesson, *changes)
    assert "2026-01-01 00:00 pending by &lt;U6&gt;: a &amp; b" in card
    assert "U2" in card
    assert "U1&gt;: a" not in card


def test_a_card_says_until_when_and_where_from(lesson: Example) -> None:
    told = replace(lesson, expires_on="2030-01-31", permalink="https://school.slack.com/p1")
    assert "until 2030-01-31, <" not in shown(told)
    assert "<https://school.slack.com/p1|where>, until 2030-01-31" in shown(told)
    assert "where>" not in shown(replace(lesson, permalink="javascript:alert(1)"))


def test_a_lesson_that_was_erased_is_shown_as_forgotten(lesson: Example) -> None:
    assert shown(replace(lesson, prompt="", completion="")).count("(forgotten)") == 2
