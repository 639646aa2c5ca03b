"""Whoever asked hears something, whatever fails, and the log has a line without their words."""

import errno
import sqlite3
import threading
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackObjectFormationError

from bot.answers.assistant import Assistant
from bot.errors import NightschoolError
from bot.feedback.message_changes import MessageChanges
from bot.slack.answers.delivery import SWITCHED_OFF, AnswerDelivery, apologise
from bot.slack.answers.streaming import LiveAnswer
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.in_flight_answer import InFlightAnswer, NoDisplay
from bot.slack.transport.executors import BUSY, Executors
from bot.store import Store
from bot.store.comparisons import Comparisons
from bot.store.pending_answers import PendingAnswers
from tests.bot.slack.conftest import School
from tests.slack_server.workspace import ANNA, BOT, TEAM

FULL = sqlite3.OperationalError("database or disk is full")
FAILURES = [
    NightschoolError("the disk is full: free some room"),  # what a failed write raises
    FULL,
    OSError(errno.ENOSPC, "No space left on device"),
    PermissionError(errno.EACCES, "Permission denied"),
    SlackObjectFormationError("text cannot exceed 3000 characters"),
    KeyError("Ottilie"),
]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes an error for an outage waits for longer than these tests."""
    monkeypatch.setattr("bot.slack.transport.retry.WAITS", (600.0,))


def failing(error: Exception) -> Any:
    """A function that fails, whatever it is given."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def check_told(school: School, thread: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody hears of an error in the thread, whose line in the log has the same id."""
    told = school.slack.wait_for_message(thread=thread, contains="(error ")
    school.quiet()
    logged = "".join(capsys.readouterr())
    assert told.text.rsplit("error ", 1)[1].strip(")") in logged
    assert "Ottilie" not in logged
    assert school.store.pending_answers.all() == []


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_an_answer_that_cannot_be_stored_is_owned_up_to(
    school: School,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    monkeypatch.setattr(Assistant, "posted", failing(error))
    asked = school.slack.send_mention("Who is Ottilie?")
    check_told(school, asked.ts, capsys)


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_an_answer_that_cannot_be_shown_is_owned_up_to(
    school: School,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    monkeypatch.setattr(LiveAnswer, "finish", failing(error))
    asked = school.slack.send_mention("Who is Ottilie?")
    check_told(school, asked.ts, capsys)


def test_an_answer_that_slack_refuses_is_owned_up_to(
    school: School, capsys: pytest.CaptureFixture[str]
) -> None:
    school.slack.fail("chat.startStream", "unknown_method", times=9)
    school.slack.fail("chat.postMessage", "invalid_blocks")
    asked = school.slack.send_mention("Who is Ottilie?")
    check_told(school, asked.ts, capsys)


def test_a_comparison_that_cannot_be_stored_is_owned_up_to_in_its_place(
    school: School, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Comparisons, "posted", failing(FULL))
    asked = school.slack.send_mention("compare: Who is Ottilie?")
    check_told(school, asked.ts, capsys)
    assert len(school.slack.bot_messages(thread=asked.ts)) == 1


@pytest.mark.parametrize("direct", [True, False])
def test_a_question_that_cannot_be_taken_is_owned_up_to_once(
    school: School, monkeypatch: pytest.MonkeyPatch, direct: bool
) -> None:
    """A mention comes as two events, and each of them fails."""
    monkeypatch.setattr(InFlightAnswers, "take", failing(FULL))
    send = school.slack.send_direct if direct else school.slack.send_mention
    send("Who is Ottilie?")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="(error ")
    school.quiet()
    assert len(school.slack.bot_messages(ephemeral_to=ANNA)) == 1


def test_words_that_are_not_for_the_bot_are_no_reason_to_speak(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.state.threads.Threads.keep_early", failing(FULL))
    school.slack.send_message("Lunch?")
    school.quiet()
    assert school.slack.bot_messages() == []
    assert school.slack.bot_messages(ephemeral_to=ANNA) == []


def test_a_greeting_that_fails_is_owned_up_to(
    school: School, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.slack.messages.blocks.greeting", failing(FULL))
    check_told(school, school.slack.send_mention("help").ts, capsys)


def test_an_edit_that_cannot_be_followed_is_owned_up_to(
    school: School, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer to the old wording was stopped for it, so there would be none at all."""
    school.engine.open.clear()
    asked = school.slack.send_mention("Who is Ottilie?")
    school.slack.wait_until(lambda: school.engine.requests, "the model was not asked")
    monkeypatch.setattr(MessageChanges, "question_edited", failing(FULL))
    school.slack.edit_message(asked, f"<@{BOT}> Who is Ottilie Müller?")
    school.slack.wait_for_message(thread=asked.ts, contains="(error ")
    school.engine.open.set()
    check_told(school, asked.ts, capsys)


def test_a_note_that_cannot_be_written_costs_nobody_the_answer(
    school: School, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(PendingAnswers, "shown_at", failing(NightschoolError("the disk is full")))
    asked = school.slack.send_mention("Who is Ottilie?")
    answer = school.slack.wait_for_answer(asked.ts)
    school.quiet()
    assert answer.text == "v0007 says: Who is Ottilie?"
    assert "NightschoolError" in "".join(capsys.readouterr())


def test_what_fails_after_somebody_stopped_it_is_not_told_any_more(school: School) -> None:
    school.engine.open.clear()
    asked = school.slack.send_mention("Who is Ottilie?")
    school.slack.wait_until(lambda: school.engine.requests, "the model was not asked")
    school.slack.send_mention("stop", thread=asked.ts)
    school.slack.wait_for_message(thread=asked.ts, contains="Stopped")
    school.engine.broken = True
    school.engine.open.set()
    school.quiet()
    assert not school.slack.bot_messages(contains="(error ")


def test_one_who_cannot_be_told_of_the_end_keeps_no_other_from_it(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.service.STOP_SECONDS", 0.1)
    school.engine.open.clear()
    first = school.slack.send_mention("First?")
    second = school.slack.send_mention("Second?")
    school.slack.wait_until(lambda: len(school.engine.requests) == 2, "not asked twice")
    say_last = LiveAnswer.say_last

    def fail_first(self: LiveAnswer, word: Any) -> None:
        if self._place.thread == first.ts:
            raise FULL
        say_last(self, word)

    monkeypatch.setattr(LiveAnswer, "say_last", fail_first)
    school.service.stop()
    school.slack.wait_for_message(thread=second.ts, contains=SWITCHED_OFF)
    (left,) = school.store.pending_answers.all()
    assert left.thread == first.ts


def test_signs_of_life_go_on_after_one_that_failed(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr("bot.slack.answers.delivery.RENEW_SECONDS", 0.02)
    rounds: list[int] = []

    def all_of(_: InFlightAnswers) -> list[InFlightAnswer]:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise FULL
        return []

    monkeypatch.setattr(InFlightAnswers, "all", all_of)
    school: School = request.getfixturevalue("school")
    school.slack.wait_until(lambda: len(rounds) > 2, "the thread died")


class Notices(NoDisplay):
    """The display of an answer that keeps what was said last."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def say_last(self, notice: MessageContent) -> None:
        self.texts.append(notice.text)


def promised(in_flight: InFlightAnswers) -> tuple[InFlightAnswer, Notices]:
    answer, notices = in_flight.promise(Place("C1"), ANNA, None), Notices()
    answer.shown_by(notices)
    return answer, notices


def kept(store: Store, in_flight: InFlightAnswers, answer: InFlightAnswer) -> list[str]:
    """What was done of the work for an answer that is kept, once all is done."""
    executors, done = Executors(), list[str]()
    delivery = AnswerDelivery(
        store.pending_answers, WebClient(), BOT, in_flight, executors, threading.Event()
    )
    delivery.keep(answer, lambda: done.append("work"), "answer")
    assert executors.drain(60)
    assert executors.close(60)
    assert in_flight.all() == []
    return done


def test_what_nobody_has_ended_is_worked_on(store: Store) -> None:
    in_flight = InFlightAnswers(store)
    answer, notices = promised(in_flight)
    assert kept(store, in_flight, answer) == ["work"]
    assert notices.texts == []


def test_what_was_ended_before_its_turn_is_not_worked_on(store: Store) -> None:
    in_flight = InFlightAnswers(store)
    answer, _ = promised(in_flight)
    answer.end()
    assert kept(store, in_flight, answer) == []


def test_of_too_many_answers_the_last_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.answers.delivery.OPEN", 0)
    in_flight = InFlightAnswers(store)
    answer, notices = promised(in_flight)
    assert kept(store, in_flight, answer) == []
    assert notices.texts == [BUSY]


def test_an_outage_is_told_at_once_unless_the_answer_was_being_given(store: Store) -> None:
    """It may be one of the engine; while an answer is given, it is one of Slack."""
    in_flight = InFlightAnswers(store)
    answer, notices = promised(in_flight)
    apologise(answer, ConnectionResetError(), "answer")
    assert (len(notices.texts), answer.owed) == (1, False)
    answer, notices = promised(in_flight)
    assert answer.give()
    apologise(answer, ConnectionResetError(), "answer")
    assert (notices.texts, answer.owed) == ([], True)


def test_a_stream_that_was_never_noted_carries_the_notice_below_half_an_answer(
    school: School,
) -> None:
    """The process was killed between the beginning of the stream and its note."""
    asked = school.slack.send_direct("Hm?")
    school.slack.wait_for_message(thread=asked.ts, contains="Hm?")
    school.quiet()
    client, place = school.service._client, Place(asked.channel, asked.ts)
    stream = client.chat_stream(
        buffer_size=1,
        channel=place.channel,
        thread_ts=asked.ts,
        recipient_user_id=ANNA,
        recipient_team_id=TEAM,
    )
    stream.append(markdown_text="Half an")
    school.store.pending_answers.add(place.channel, place.thread, ANNA, None)
    before = len(school.slack.bot_messages())
    school.parts.delivery.tell_who_waited()
    told = school.slack.bot_messages(thread=asked.ts)[-1]
    assert told.text == f"Half an\n\n{SWITCHED_OFF}"
    assert not told.streaming
    assert len(school.slack.bot_messages()) == before
    assert school.store.pending_answers.all() == []
