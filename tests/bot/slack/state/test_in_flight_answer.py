"""One answer in flight: ended once, and reported by whoever ended it."""

from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.in_flight_answer import InFlightAnswer, NoDisplay


def test_only_the_first_ends_an_answer() -> None:
    answer = InFlightAnswer(1, Place("C1"), "U1")
    assert answer.end()
    assert not answer.end()
    assert not answer.give()
    assert not answer.being_given


def test_an_answer_that_is_given_stays_its_workers_to_tell_of() -> None:
    answer = InFlightAnswer(1, Place("C1"), "U1")
    assert answer.give()
    assert not answer.give()
    assert answer.ended
    assert answer.being_given


def test_before_anything_is_shown_there_is_nothing_to_hand_over() -> None:
    display = NoDisplay()
    display.show_life()
    display.say_last(MessageContent("word"))
    display.take_back()
    assert display.hand_over() == []
