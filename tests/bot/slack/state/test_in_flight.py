"""Answers under way: ended once, in their turn, and noted as far as the store can."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.slack.events.message import IncomingMessage, MessageChange
from bot.slack.messages.posting import Place
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.in_flight_answer import InFlightAnswer
from bot.store import Store


def question(ts: str, thread: str = "1.0") -> IncomingMessage:
    return IncomingMessage("C1", ts, thread, "U1", "Hm?", direct=False, reply=ts != thread)


def taken(answers: InFlightAnswers, ts: str) -> InFlightAnswer:
    pair = answers.take(question(ts))
    assert pair is not None
    return pair[0]


def test_a_question_is_taken_once(store: Store) -> None:
    answers = InFlightAnswers(store)
    taken(answers, "1.0")
    assert answers.take(question("1.0")) is None


def test_answers_of_a_thread_come_in_the_order_of_their_questions(store: Store) -> None:
    answers, done = InFlightAnswers(store), list[str]()
    first, second = taken(answers, "1.0"), taken(answers, "2.0")
    second.in_turn(lambda: done.append("second"))
    first.in_turn(lambda: done.append("first"))
    assert done == ["first"]
    answers.finish(first)
    assert done == ["first", "second"]


def test_a_note_that_cannot_be_removed_keeps_nobody_waiting(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    answers, done = InFlightAnswers(store), list[str]()
    first, second = taken(answers, "1.0"), taken(answers, "2.0")
    second.in_turn(lambda: done.append("second"))
    store.connections.db.conn.execute("PRAGMA query_only=ON")  # nothing can be written any more
    answers.shown(first, "3.0")
    answers.finish(first)
    assert done == ["second"]
    assert "".join(capsys.readouterr()).count("NightschoolError") == 2


def test_who_is_owed_a_word_stays_noted_until_they_are_told(store: Store) -> None:
    answers = InFlightAnswers(store)
    answer = taken(answers, "1.0")
    answer.owe()
    answers.finish(answer)
    assert answers.owed() == {answer.note}
    assert [note.id for note in store.pending_answers.all()] == [answer.note]
    answers.settle(answer.note)
    assert answers.owed() == set()
    assert store.pending_answers.all() == []


def test_a_promise_shows_its_placeholder_from_the_beginning(store: Store) -> None:
    answers = InFlightAnswers(store)
    assert answers.promise(Place("C1"), "U1", "5.0").stamps == ["5.0"]
    assert answers.promise(Place("C1"), "U1", None).stamps == []
    assert {answer.person for answer in answers.of_person("C1", "U1")} == {"U1"}
    assert answers.of_person("C2", "U1") == []


def test_what_waits_for_a_message_to_be_whole_is_done_then(store: Store) -> None:
    answers, done = InFlightAnswers(store), list[str]()
    answer = taken(answers, "1.0")
    assert not answers.after("C1", "9.0", lambda: done.append("liked"))
    answers.shown(answer, "9.0")
    assert answers.after("C1", "9.0", lambda: done.append("liked"))
    assert not answers.after("C2", "9.0", lambda: done.append("elsewhere"))
    answers.finish(answer)
    assert done == ["liked"]


def test_a_note_has_no_name_of_who_has_opted_out(store: Store) -> None:
    store.people.opt_out("U1")
    taken(InFlightAnswers(store), "1.0")
    assert [note.person for note in store.pending_answers.all()] == [""]


def test_a_message_that_is_shown_again_is_noted_once(store: Store) -> None:
    answers = InFlightAnswers(store)
    answer = taken(answers, "1.0")
    for ts in ("9.0", "9.1", "9.0"):
        answers.shown(answer, ts)
    assert answer.stamps == ["9.0", "9.1"]
    assert [note.placeholder for note in store.pending_answers.all()] == ["9.1"]


def test_a_wording_is_the_newest_until_an_edit_or_a_deletion_of_it_is_known(store: Store) -> None:
    answers = InFlightAnswers(store)
    asked, edited = question("1.0"), replace(question("1.0"), text="What else?")
    assert answers.is_newest(asked)
    answers.change(MessageChange("C1", "1.0", Decimal("2.0"), edited))
    assert answers.is_newest(edited)
    assert not answers.is_newest(asked)
    answers.change(MessageChange("C1", "1.0", Decimal("3.0"), None))
    assert not answers.is_newest(edited)
