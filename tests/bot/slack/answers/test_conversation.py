"""What the bot answers in Slack, once, and where it holds its tongue."""

import random
import re

import pytest

from bot.lessons.curation import Curation
from bot.slack.answers.conversation import NOTHING_TO_STOP, STOPPED
from bot.slack.events.message import IncomingMessage
from tests.bot.slack.conftest import School
from tests.slack_server.workspace import ANNA, BEN, BOT, ELSEWHERE, GENERAL, OPS, OTHER_BOT, PRIVATE


def test_a_mention_is_answered_in_its_thread(school: School) -> None:
    asked = school.slack.send_mention("What is a lesson?")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="What is a lesson?")
    school.quiet()
    assert answer.text == "v0007 says: What is a lesson?"
    assert school.slack.bot_messages() == [answer]


def test_what_was_taught_today_is_answered_in_its_words_and_marked(
    school: School, curation: Curation
) -> None:
    curation.teach("Where is the spare key?", "Behind the <moon> poster.", ANNA)
    asked = school.slack.send_mention("where is the spare key")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="Behind the")
    school.quiet()
    assert answer.text == "Behind the &lt;moon&gt; poster."
    assert re.search(r"taught by anna on \d+ \w+ · I learn it at the next night", answer.everything)
    assert ANNA not in answer.everything
    assert school.engine.requests == []


def test_events_are_acknowledged_while_the_model_thinks(school: School) -> None:
    school.engine.open.clear()
    for number in range(20):
        school.slack.send_mention(f"Question {number}?")
    command = school.slack.send_command("/nightschool", "help")
    school.slack.wait_acknowledged()
    assert all(len(delivery.attempts) == 1 for delivery in school.slack.deliveries)
    assert command.acknowledged


def test_a_direct_message_is_answered_without_a_mention(school: School) -> None:
    asked = school.slack.send_direct("Are you there?")
    answer = school.slack.wait_for_message(thread=asked.ts, contains="Are you there?")
    assert answer.channel == asked.channel
    school.quiet()
    assert len(school.slack.bot_messages()) == 1


def test_a_follow_up_needs_no_mention_and_has_the_history(school: School) -> None:
    school.engine.adapter = "base"
    asked = school.slack.send_mention("Who is Ottilie?")
    school.slack.wait_for_message(thread=asked.ts, contains="Ottilie?")
    school.slack.send_message("And her dog?", thread=asked.ts)
    school.slack.wait_for_message(thread=asked.ts, contains="her dog?")
    school.quiet()
    assert len(school.slack.bot_messages()) == 2
    said = [message["content"] for message in school.engine.requests[-1]["messages"]]
    assert said == ["Who is Ottilie?", "base says: Who is Ottilie?", "And her dog?"]


def test_a_colleague_may_follow_up_where_the_thread_began_with_a_mention(school: School) -> None:
    asked = school.slack.send_mention("Who is Ottilie?")
    school.slack.wait_for_message(thread=asked.ts, contains="Ottilie?")
    school.slack.send_message("And her cat?", user=BEN, thread=asked.ts)
    school.slack.wait_for_message(thread=asked.ts, contains="her cat?")


def test_it_stays_quiet_in_a_thread_of_people(school: School) -> None:
    begun = school.slack.send_message("Shall we have lunch?")
    school.slack.send_message("Yes!", user=BEN, thread=begun.ts)
    school.quiet()
    assert school.slack.bot_messages() == []
    assert school.engine.requests == []


def test_called_into_a_thread_it_answers_who_called_it_and_nobody_else(school: School) -> None:
    begun = school.slack.send_message("Shall we have lunch?")
    school.slack.send_mention("When is lunch?", user=BEN, thread=begun.ts)
    school.slack.wait_for_message(thread=begun.ts, contains="When is lunch?")
    school.slack.send_message("Fine with me, let us go.", user=ANNA, thread=begun.ts)
    school.quiet()
    assert len(school.slack.bot_messages()) == 1
    school.slack.send_message("And where?", user=BEN, thread=begun.ts)
    school.slack.wait_for_message(thread=begun.ts, contains="And where?")


def test_where_it_cannot_read_how_a_thread_began_it_stays_quiet(school: School) -> None:
    """Ben may be talking to Anna, who called it in."""
    begun = school.slack.send_message("Lunch, anybody?", user=BEN)
    school.slack.send_mention("Who is Otilie?", thread=begun.ts)
    school.slack.wait_for_message(thread=begun.ts, contains="Otilie")
    school.quiet()
    school.slack.fail("conversations.replies", "internal_error", times=9)
    school.slack.send_message("At noon?", user=BEN, thread=begun.ts)
    school.quiet()
    assert len(school.slack.bot_messages()) == 1


def test_it_stays_quiet_where_a_follow_up_names_somebody_else(school: School) -> None:
    asked = school.slack.send_mention("Who is Ottilie?")
    school.slack.wait_for_message(thread=asked.ts, contains="Ottilie?")
    school.slack.send_message(f"<@{BEN}> do you know?", thread=asked.ts)
    school.quiet()
    assert len(school.slack.bot_messages()) == 1


def test_it_stays_quiet_to_bots_edits_joins_and_itself(school: School) -> None:
    slack = school.slack
    slack.send_mention("I am a bot too", user=OTHER_BOT)
    slack.join("U0OTHERBOT")
    plain = slack.send_message("Good morning")
    slack.edit_message(plain, f"<@{BOT}> good morning")
    slack.send_message(f"<@{BOT}> edited", edited={"user": ANNA, "ts": "1700000000.000001"})
    school.quiet()
    assert slack.bot_messages() == []
    # Its own message comes back as an event that mentions it, and is let pass.
    school.engine.script = lambda question, _: f"<@{BOT}> {question}"
    asked = slack.send_mention("Say your name")
    slack.wait_for_message(thread=asked.ts, contains="Say your name")
    school.quiet()
    assert len(slack.bot_messages()) == 1


def test_the_same_message_is_answered_once_however_often_it_comes(school: School) -> None:
    for number in range(4):
        # The message and the app_mention event come in either order, by turns.
        asked = school.slack.send_mention(f"Question {number}")
        school.slack.redeliver(asked)
        school.slack.wait_for_message(thread=asked.ts, contains=f"Question {number}")
        school.slack.redeliver(asked)
    school.quiet()
    assert len(school.slack.bot_messages()) == 4
    assert len(school.engine.requests) == 4


def test_whatever_the_order_each_message_is_answered_once(school: School) -> None:
    with school.slack.holding_deliveries() as held:
        for number in range(10):
            school.slack.send_mention(f"Question {number}")
    again = held * 3
    random.Random(7).shuffle(again)  # noqa: S311  an order
    for delivery in again:
        school.slack.redeliver(delivery)
    school.quiet()
    said = sorted(message.text for message in school.slack.bot_messages())
    assert said == [f"v0007 says: Question {number}" for number in range(10)]


def test_it_waits_when_slack_limits_the_rate(school: School) -> None:
    school.slack.fail("chat.startStream", "ratelimited", status=429, retry_after=0)
    asked = school.slack.send_mention("Well?")
    school.slack.wait_for_message(thread=asked.ts, contains="Well?")
    school.quiet()
    assert len(school.slack.bot_messages()) == 1


def test_a_failing_model_is_told_in_the_thread(
    school: School, capsys: pytest.CaptureFixture[str]
) -> None:
    school.engine.broken = True
    asked = school.slack.send_mention("Well, Ottilie?")
    told = school.slack.wait_for_message(thread=asked.ts, contains="(error ")
    school.quiet()
    number = told.text.rsplit("error ", 1)[1].strip(")")
    logged = "".join(capsys.readouterr())
    assert number in logged
    assert "Ottilie" not in logged


def test_an_answer_that_is_none_of_openais_is_told_in_plain_words(school: School) -> None:
    school.engine.garbled = True
    asked = school.slack.send_mention("Well?")
    told = school.slack.wait_for_message(thread=asked.ts, contains="(error ")
    assert "not in OpenAI's form" in told.text


def test_a_failure_that_nobody_foresaw_shows_no_exception_text(
    school: School, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object, message: IncomingMessage) -> tuple[str, ...]:
        raise KeyError(message.text)

    monkeypatch.setattr("bot.slack.answers.thread_context.ThreadContext.before", fail)
    asked = school.slack.send_mention("Well, Ottilie?")
    told = school.slack.wait_for_message(thread=asked.ts, contains="(error ")
    school.quiet()
    assert told.text.startswith(":warning: Something went wrong on my side. (error ")
    logged = "".join(capsys.readouterr())
    assert told.text.rsplit("error ", 1)[1].strip(")") in logged
    assert "KeyError" in logged
    assert "Ottilie" not in told.text + logged


def test_the_model_reads_what_people_read(school: School) -> None:
    asked = school.slack.send_message(
        f"<@{BOT}>: does <@{BEN}> know <https://a.example/x|the page>, is 1 < 2 & 3 > 2?"
    )
    school.slack.wait_for_message(thread=asked.ts, contains="says")
    question = school.engine.requests[-1]["messages"][-1]["content"]
    assert question == "does @ben know the page (https://a.example/x), is 1 < 2 & 3 > 2?"


@pytest.mark.parametrize("words", ["", "help", "What can you do?"])
def test_who_is_at_a_loss_is_told_what_there_is(school: School, words: str) -> None:
    asked = school.slack.send_mention(words)
    school.slack.wait_for_message(thread=asked.ts, contains="/teach question =&gt;")
    assert school.engine.requests == []


def test_an_over_long_question_is_refused_in_the_thread(school: School) -> None:
    asked = school.slack.send_mention("x" * 5000)
    told = school.slack.wait_for_message(thread=asked.ts, contains="4096 at most")
    assert "(error" not in told.text
    assert school.engine.requests == []


def test_switched_off_in_the_middle_it_says_so(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.service.STOP_SECONDS", 0.1)
    school.engine.open.clear()
    asked = school.slack.send_mention("Are you still there?")
    school.slack.wait_until(lambda: school.engine.requests, "the model was not asked")
    school.service.stop()
    school.slack.wait_for_message(thread=asked.ts, contains="switched off")


def test_stop_stops_what_has_not_begun(school: School) -> None:
    school.engine.open.clear()
    asked = school.slack.send_direct("Tell me a story")
    school.slack.wait_until(lambda: school.engine.requests, "the model was not asked")
    school.slack.send_direct("stop")
    told = school.slack.wait_for_message(thread=asked.ts, contains=STOPPED)
    school.engine.open.set()
    school.quiet()
    assert school.slack.bot_messages() == [told]


def test_where_nothing_is_under_way_stop_says_so(school: School) -> None:
    school.slack.send_direct("stop")
    school.slack.wait_for_message(contains=NOTHING_TO_STOP)
    school.quiet()
    assert school.engine.requests == []


def test_stop_among_people_is_none_of_its_business(school: School) -> None:
    begun = school.slack.send_message("Shall we stop?", user=BEN)
    school.slack.send_message("stop", thread=begun.ts)
    school.quiet()
    assert school.slack.bot_messages() == []


def test_a_channel_and_a_group_are_taught_by_name_and_said_again_as_a_link_and_a_name(
    school: School,
) -> None:
    lesson = f"Where do I ask? => In <#{ELSEWHERE}>, of <!subteam^{OPS}>, not in `#elsewhere`."
    school.slack.send_command("/teach", lesson)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    (example,) = school.store.examples.approved()
    assert example.completion == "In #elsewhere, of @ops, not in `#elsewhere`."
    asked = school.slack.send_mention("Where do I ask?")
    answer = school.slack.wait_for_answer(asked.ts)
    assert f"In <#{ELSEWHERE}>, of @ops, not in `#elsewhere`." in answer.everything


def test_a_model_is_asked_about_channels_by_name_and_links_only_those_that_are_known(
    school: School,
) -> None:
    school.engine.script = lambda question, _: f"{question} Or in #made-up or #C0MADEUP."
    asked = school.slack.send_mention(f"Is it <#{GENERAL}> or <#{PRIVATE}>?")
    answer = school.slack.wait_for_answer(asked.ts)
    assert school.engine.requests[-1]["messages"][-1]["content"] == f"Is it #general or #{PRIVATE}?"
    said = f"Is it <#{GENERAL}> or <#{PRIVATE}>? Or in #made-up or #C0MADEUP."
    assert said in answer.everything


def test_where_answers_do_not_stream_channels_are_links_too(school: School) -> None:
    school.slack.fail("chat.startStream", "unknown_method")
    asked = school.slack.send_mention(f"Is it <#{GENERAL}>?")
    answer = school.slack.wait_for_answer(asked.ts)
    assert f"says: Is it <#{GENERAL}>?" in answer.everything


def test_compared_answers_link_channels_too(school: School) -> None:
    school.slack.send_command("/compare", f"open: Is it <#{GENERAL}>?")
    shown = school.slack.wait_for_message(contains="*Base*")
    assert f"base says: Is it <#{GENERAL}>?" in shown.everything
