"""Many ask at once: what was taught waits for no model, and what waits for Slack can be stopped."""

import threading

import pytest

from bot.slack.answers.conversation import STOPPED
from bot.slack.transport.executors import BUSY_TASKS, QUICK
from tests.bot.slack.conftest import School
from tests.slack_server.clock import JumpingClock
from tests.slack_server.workspace import ANNA, BEN, GENERAL

WORDS = [f"word{number} " for number in range(40)]
QUESTION, TAUGHT = "Where is the spare key?", "Below the blue pot."


def limited(school: School) -> bool:
    return any(call.error == "ratelimited" for call in school.slack.calls)


def test_taught_words_are_one_message_and_no_stream(school: School) -> None:
    school.slack.send_command("/teach", f"{QUESTION} => {TAUGHT}")
    school.quiet()
    asked = school.slack.send_mention(QUESTION, user=BEN)
    answer = school.slack.wait_for_answer(asked.ts, TAUGHT)
    school.quiet()
    assert school.slack.bot_messages(thread=asked.ts) == [answer]
    assert not answer.edits
    assert not school.slack.calls_of("chat.startStream")
    assert not school.slack.calls_of("chat.stopStream")


def test_a_taught_question_is_answered_while_every_place_at_the_model_is_taken(
    school: School,
) -> None:
    school.slack.send_command("/teach", f"{QUESTION} => {TAUGHT}")
    school.quiet()
    school.engine.open.clear()
    for number in range(20):
        school.slack.send_mention(f"Tell me a story about number {number}")
    school.slack.wait_until(lambda: len(school.engine.requests) == 8, "the model is not busy")
    assert school.parts.executors.slow.under_way > BUSY_TASKS
    asked = school.slack.send_mention(QUESTION, user=BEN)
    school.slack.wait_for_answer(asked.ts, TAUGHT)
    assert len(school.engine.requests) == 8
    school.engine.open.set()
    school.quiet()


def test_in_a_thread_a_taught_question_waits_for_the_one_before_it(school: School) -> None:
    school.slack.send_command("/teach", f"{QUESTION} => {TAUGHT}")
    school.quiet()
    school.engine.open.clear()
    asked = school.slack.send_mention("Tell me a story")
    school.slack.send_message(QUESTION, thread=asked.ts)
    school.slack.wait_until(lambda: len(school.engine.requests) == 1, "the model was not asked")
    school.heard()
    assert not school.slack.bot_messages(thread=asked.ts)
    school.engine.open.set()
    school.slack.wait_for_answer(asked.ts, TAUGHT)
    school.quiet()
    story, taught = school.slack.bot_messages(thread=asked.ts)
    assert "story" in story.text
    assert taught.text == TAUGHT


def test_thirty_at_once_are_all_answered_once_and_slack_refuses_nothing(school: School) -> None:
    school.engine.script = lambda _, __: WORDS
    asked = [school.slack.send_direct(f"Story {number}", user=BEN) for number in range(15)]
    asked += [school.slack.send_mention(f"Story {number}") for number in range(15)]
    for one in asked:
        school.slack.wait_for_answer(one.ts, "word39")
    school.quiet()
    assert len(school.slack.bot_messages()) == len(asked)
    assert not limited(school)
    assert school.slack.calls_of("chat.startStream")
    assert not any(message.streaming for message in school.slack.bot_messages())


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream", "chat.postMessage"])
def test_stop_ends_an_answer_that_waits_for_slacks_limit(
    school: School, pace_clock: JumpingClock, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """The limit never passes while this is tested: only the stop can end the answer."""
    monkeypatch.setattr("bot.slack.answers.streaming.STREAM_SECONDS", 0.0)
    school.engine.script = lambda _, __: WORDS
    school.engine.hold_at = 10
    if method == "chat.postMessage":
        school.slack.send_command("/teach", f"{QUESTION} => {TAUGHT}")
        school.quiet()
    pace_clock.held = True
    school.slack.fail(method, "ratelimited", status=429, retry_after=60)
    asked = school.slack.send_mention(QUESTION)
    if method != "chat.postMessage":
        school.slack.wait_for_message(thread=asked.ts, contains="word0")
    if method == "chat.stopStream":
        school.engine.go.set()
    school.slack.wait_until(lambda: limited(school), "no limit was met")
    (answer,) = school.parts.in_flight.all()
    school.slack.wait_until(lambda: not answer.being_given, "it does not wait")
    school.slack.send_message("Stop", thread=asked.ts)
    school.slack.wait_until(lambda: answer.ended, "the stop was not heard")
    assert not answer.being_given
    school.engine.go.set()
    if method == "chat.appendStream":
        told = school.slack.wait_for_message(thread=asked.ts, contains=STOPPED)
        assert not told.streaming
    pace_clock.held = False
    school.slack.wait_for_message(thread=asked.ts, contains=STOPPED)
    school.quiet()
    (told,) = school.slack.bot_messages(thread=asked.ts)
    assert TAUGHT not in told.text
    assert not school.store.replies.in_thread(GENERAL, asked.ts, 9) or method != "chat.appendStream"


def test_an_answer_comes_when_the_limit_has_passed(
    school: School, pace_clock: JumpingClock
) -> None:
    school.slack.send_command("/teach", f"{QUESTION} => {TAUGHT}")
    school.quiet()
    pace_clock.held = True
    school.slack.fail("chat.postMessage", "ratelimited", status=429, retry_after=60)
    asked = school.slack.send_mention(QUESTION, user=BEN)
    school.slack.wait_until(lambda: limited(school), "no limit was met")
    (answer,) = school.parts.in_flight.all()
    school.slack.wait_until(lambda: not answer.ended, "it was not withheld")
    pace_clock.advance(61)
    told = school.slack.wait_for_answer(asked.ts, TAUGHT)
    school.quiet()
    assert school.slack.bot_messages(thread=asked.ts) == [told]
    assert len(school.store.replies.in_thread(GENERAL, asked.ts, 9)) == 1


def test_a_question_is_taken_while_everything_else_waits(school: School) -> None:
    """Learning who somebody is, greetings and lists have no place before it."""
    go = threading.Event()
    for _ in range(QUICK):
        school.parts.executors.quick.submit(go.wait, 60)
    asked = school.slack.send_mention("Hm?")
    school.slack.wait_for_answer(asked.ts, "Hm?")
    assert school.slack.calls_of("agents.sessions.setStatus") or school.slack.calls_of(
        "assistant.threads.setStatus"
    )
    go.set()
    school.quiet()


def test_the_sign_waits_for_no_name(school: School) -> None:
    """Slack is asked who is mentioned after it shows that the question was taken."""
    asked = school.slack.send_mention(f"Is <@{BEN}> here?")
    school.slack.wait_for_answer(asked.ts, "here?")
    school.quiet()
    calls = [(call.method, call.arguments.get("user")) for call in school.slack.calls]
    sign = next(number for number, (method, _) in enumerate(calls) if method.endswith("setStatus"))
    assert sign < calls.index(("users.info", BEN))


def test_however_soon_an_answer_is_there_the_sign_comes_first(school: School) -> None:
    school.slack.send_command("/teach", f"{QUESTION} => {TAUGHT}")
    school.quiet()
    before = len(school.slack.calls)
    asked = school.slack.send_mention(QUESTION, user=BEN)
    school.slack.wait_for_answer(asked.ts, TAUGHT)
    methods = [call.method for call in school.slack.calls[before:]]
    signs = [number for number, method in enumerate(methods) if method.endswith("setStatus")]
    assert signs[0] < methods.index("chat.postMessage")


def test_a_taught_question_to_nobody_is_answered_while_the_model_is_busy(school: School) -> None:
    school.slack.send_command("/teach", f"{QUESTION} => {TAUGHT}")
    school.quiet()
    school.store.channels.set_auto(GENERAL, True, ANNA)
    school.engine.open.clear()
    for number in range(9):
        school.slack.send_mention(f"Tell me a story about number {number}")
    school.slack.wait_until(lambda: len(school.engine.requests) == 8, "the model is not busy")
    asked = school.slack.send_message(QUESTION, user=BEN)
    school.slack.wait_for_answer(asked.ts, TAUGHT)
    school.engine.open.set()
    school.quiet()


def test_a_stream_that_has_begun_waits_for_its_turn(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.answers.streaming.STREAM_SECONDS", 1e6)
    school.engine.script = lambda _, __: WORDS
    asked = school.slack.send_mention("Tell me a story")
    school.slack.wait_for_answer(asked.ts, "word39")
    school.quiet()
    assert school.slack.calls_of("chat.startStream")
    assert not school.slack.calls_of("chat.appendStream")
