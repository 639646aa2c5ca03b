"""Whom an edited lesson is for: as before, or fewer people; more are asked about by a button."""

import json
from typing import Any

import pytest

from bot.permissions import REVIEW_MARK
from bot.slack.lessons.edits import ASK_FIRST
from bot.slack.messages import modals
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BEN, DIRECT, GENERAL, PRIVATE

HERE, MINE = Scope("channel", PRIVATE), Scope("person", ANNA)


@pytest.fixture
def direct(drive: Drive) -> Direct:
    return drive(teachers=(BEN,))


def opened(direct: Direct, scope: Scope, channel: str, user: str = ANNA) -> dict[str, Any]:
    """Adds a lesson of Anna's and opens its form; the form."""
    new = NewExample("Who?", "Noor.", "teach", ANNA, scope=scope)
    example = direct.store.examples.add(new).id
    direct.command(f"examples edit {example}", user=user, channel=channel)
    return direct.form()


def offered(form: dict[str, Any]) -> list[str]:
    elements = [b["element"] for b in form["blocks"] if b.get("block_id") == modals.SCOPE]
    return [option["value"] for element in elements for option in element["options"]]


def save(direct: Direct, answer: str, scope: str | None, user: str = ANNA) -> str:
    """Submits the form that was opened last; what Slack is answered."""
    chosen = {"selected_option": {"value": scope} if scope else None}
    values = {
        modals.QUESTION: {modals.INPUT: {"value": "Who?"}},
        modals.ANSWER: {modals.INPUT: {"value": answer}},
        modals.SCOPE: {modals.INPUT: chosen},
    }
    return direct.answer_to(direct.form() | {"state": {"values": values}}, user=user)


@pytest.mark.parametrize(
    ("scope", "channel", "user", "kinds"),
    [
        (EVERYONE, GENERAL, ANNA, ["everyone", "channel", "person"]),
        (EVERYONE, GENERAL, BEN, ["everyone", "channel"]),
        (EVERYONE, DIRECT, ANNA, ["everyone", "person"]),
        (HERE, PRIVATE, ANNA, ["channel", "person"]),
        (HERE, PRIVATE, BEN, []),
        (HERE, DIRECT, ANNA, []),
        (MINE, DIRECT, ANNA, []),
    ],
)
def test_the_form_offers_no_wider_scope(
    direct: Direct, scope: Scope, channel: str, user: str, kinds: list[str]
) -> None:
    assert offered(opened(direct, scope, channel, user)) == kinds


def test_an_edited_lesson_is_for_whom_it_was_for(direct: Direct) -> None:
    opened(direct, HERE, PRIVATE)
    assert save(direct, "Noor and Ben.", None) == ""
    (example,) = direct.store.examples.approved()
    assert (example.completion, example.for_whom) == ("Noor and Ben.", HERE)


@pytest.mark.parametrize("answer", ["Noor and Ben.", "Noor."], ids=["with words", "alone"])
def test_it_may_be_for_fewer_people(direct: Direct, answer: str) -> None:
    opened(direct, EVERYONE, GENERAL)
    save(direct, answer, "person")
    (example,) = direct.store.examples.approved()
    assert (example.completion, example.for_whom) == (answer, MINE)


def test_a_form_that_claims_a_wider_one_is_refused(direct: Direct) -> None:
    opened(direct, HERE, PRIVATE)
    errors = json.loads(save(direct, "Noor and Ben.", "everyone"))["errors"]
    assert errors == {modals.ANSWER: ASK_FIRST}
    (example,) = direct.store.examples.approved()
    assert (example.completion, example.for_whom) == ("Noor.", HERE)


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [
        ("person", ["superseded", "approved"]),
        ("channel", ["approved", "pending"]),
    ],
)
def test_under_review_fewer_people_are_told_at_once_though_the_new_words_wait(
    drive: Drive, scope: str, statuses: list[str]
) -> None:
    direct = drive()
    direct.store.marks.set(REVIEW_MARK)
    opened(direct, EVERYONE, GENERAL)
    assert save(direct, "Noor and Ben.", scope) == ""
    stored = direct.store.examples.search()[::-1]
    assert [e.status for e in stored] == statuses
    assert stored[-1].scope == scope
    (told,) = direct.store.examples.approved()
    assert told.scope == scope
