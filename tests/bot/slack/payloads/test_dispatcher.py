"""Commands, clicks and forms are handled once, and what fails is told, even before it began."""

import sqlite3
import threading
from concurrent.futures import Future

import pytest

from bot.slack.messages import modals
from bot.slack.messages.ephemeral import Recipient
from bot.slack.payloads.dispatcher import Dispatcher
from bot.store.idempotency import HandledEvents
from tests.bot.slack.conftest import School
from tests.bot.slack.direct import AtOnce
from tests.slack_server.workspace import ANNA, GENERAL


@pytest.fixture
def full_disk(school: School, monkeypatch: pytest.MonkeyPatch) -> School:
    """From now on nothing can be noted as handled."""

    def full(*_: object) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(HandledEvents, "claim", full)
    return school


def test_a_command_that_cannot_be_noted_is_owned_up_to(full_disk: School) -> None:
    full_disk.slack.send_command("/nightschool", "status")
    full_disk.slack.wait_for_message(ephemeral_to=ANNA, contains="(error ")


def test_a_click_that_cannot_be_noted_is_owned_up_to(
    school: School, request: pytest.FixtureRequest
) -> None:
    asked = school.slack.send_mention("Who are you?")
    answer = school.slack.wait_for_answer(asked.ts)
    school.quiet()
    request.getfixturevalue("full_disk")
    school.slack.press(answer, "Good answer")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="(error ")


def test_a_thumb_that_cannot_be_noted_is_owned_up_to(
    school: School, request: pytest.FixtureRequest
) -> None:
    asked = school.slack.send_mention("Who are you?")
    answer = school.slack.wait_for_answer(asked.ts)
    school.quiet()
    request.getfixturevalue("full_disk")
    school.slack.send_reaction(answer)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="(error ")


def test_a_form_that_cannot_be_noted_stays_open_and_says_so(
    school: School, request: pytest.FixtureRequest
) -> None:
    school.slack.send_command("/teach", "")
    view, _ = school.slack.wait_for_view(modals.TEACH)
    request.getfixturevalue("full_disk")
    filled = {modals.QUESTION: "Where is the key?", modals.ANSWER: "Under the mat."}
    answer = school.slack.send_view_submission(view, filled).answer
    assert "(error " in answer["errors"][modals.ANSWER]


def test_a_comparison_that_cannot_be_noted_leaves_no_placeholder(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("bot.slack.state.in_flight.InFlightAnswers.promise", full)
    school.slack.send_command("/compare", "Who are you?")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="(error ")
    school.quiet()
    assert school.slack.bot_messages() == []


def test_work_is_done_once_for_a_key_and_its_failure_is_told(school: School) -> None:
    dispatcher = Dispatcher(school.store.handled_events, AtOnce(), school.service._client)
    done: list[str] = []

    def fail() -> None:
        raise ValueError

    for key in ("one", "one", "two"):
        dispatcher.once(key, Recipient(ANNA, GENERAL), "work", lambda: done.append("done"))
    assert done == ["done", "done"]
    dispatcher.once("three", Recipient(ANNA, GENERAL), "work", fail)
    (told,) = school.slack.bot_messages(ephemeral_to=ANNA)
    assert "(error " in told.text


def test_after_work_people_are_to_hear_what_came_of_it(school: School) -> None:
    """A redelivered payload changed nothing, and neither did work that failed."""
    after: list[str] = []
    dispatcher = Dispatcher(
        school.store.handled_events,
        AtOnce(),
        school.service._client,
        done=lambda: after.append("done"),
    )

    def fail() -> None:
        raise ValueError

    for key, work in (("one", list), ("one", list), ("two", fail)):
        dispatcher.once(key, Recipient(ANNA, GENERAL), "work", work)
    assert after == ["done"]


def test_what_is_left_for_later_is_done_in_another_thread(school: School) -> None:
    executor = school.parts.executors.quick
    dispatcher = Dispatcher(school.store.handled_events, executor, school.service._client)
    done: Future[threading.Thread] = Future()
    dispatcher.later(lambda: done.set_result(threading.current_thread()))
    assert done.result(60) is not threading.current_thread()
