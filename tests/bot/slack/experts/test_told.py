"""An expert's answer in a thread is an answer as any other: rated, explained and gone on from."""

import pytest

from bot.store.replies import TOLD
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.bot.slack.experts.asking import (
    ANSWER,
    EVA,
    QUESTION,
    answer_with,
    follow,
    knows,
    requests_to,
    rounds,
    school,
    told,
    want,
)
from tests.bot.slack.experts.test_outages import away, lose_answer
from tests.slack_server.workspace import ANNA, BEN, Message


@pytest.fixture
def bot(drive: Drive) -> Direct:
    """A bot whose expert Ben is about to be told a question of Anna."""
    made = school(drive)
    knows(made, BEN)
    want(made, made.ask(QUESTION))
    rounds(made)
    return made


def answered(bot: Direct) -> Message:
    """Ben answers, and what is posted for it in the thread."""
    answer_with(bot, requests_to(bot, BEN)[0], ANSWER, user=BEN)
    rounds(bot)
    return told_message(bot)


def told_message(bot: Direct) -> Message:
    return next(m for m in bot.workspace.messages if "answered:" in m.text)


def test_it_is_a_stored_reply_with_its_lesson_behind_it(bot: Direct) -> None:
    said = answered(bot)
    number = bot.store.replies.at(said.channel, said.ts)
    assert number is not None
    reply, (lesson,) = bot.store.replies.get(number), bot.store.examples.approved()
    assert (reply.question, reply.text, reply.person) == (QUESTION, ANSWER, ANNA)
    assert (reply.basis, reply.recalled) == ("taught", (lesson.id,))
    assert f"up:{number}" in str(said.blocks)


def test_a_thumb_down_on_it_makes_its_question_a_gap_again(bot: Direct) -> None:
    said = answered(bot)
    follow(bot)
    assert bot.store.gaps.count(None) == 0
    bot.react(said, "thumbsdown", user=ANNA)
    follow(bot)
    (gap,) = bot.store.gaps.open(None)
    assert (gap.question, gap.reasons) == (QUESTION, ("disliked",))


def test_a_thumb_up_on_it_says_that_it_is_taught_already(bot: Direct) -> None:
    said = answered(bot)
    bot.react(said, "thumbsup", user=ANNA)
    assert len(bot.store.examples.approved()) == 1
    number = bot.store.replies.at(said.channel, said.ts) or 0
    assert bot.store.ratings.of(number, ANNA) == 1


def test_why_names_the_lesson(bot: Direct) -> None:
    answered(bot)
    why = bot.command("why").everything
    assert "I repeated a lesson word for word" in why
    assert ANSWER in why


def test_it_is_the_last_answer_of_its_thread(bot: Direct) -> None:
    said = answered(bot)
    reply = bot.store.replies.get(bot.store.replies.at(said.channel, said.ts) or 0)
    last = bot.store.replies.in_thread(reply.channel, reply.thread, 1)
    assert [one.text for one in last] == [ANSWER]
    assert reply.question_ts is not None


def test_its_question_is_counted_once(bot: Direct) -> None:
    answered(bot)
    asked = bot.store.figures.asked("2000", "3000")
    assert (asked.questions, asked.taught) == (1, 0)
    assert bot.store.figures.asked_by(ANNA, "2000", "3000") == 1


def test_it_goes_with_its_question(bot: Direct) -> None:
    said = answered(bot)
    reply = bot.store.replies.get(bot.store.replies.at(said.channel, said.ts) or 0)
    assert reply.id in bot.store.replies.to_question(reply.channel, reply.question_ts or "")


def test_of_who_has_opted_out_meanwhile_nothing_is_stored(bot: Direct) -> None:
    before = bot.store.replies.asked_by(ANNA)
    answer_with(bot, requests_to(bot, BEN)[0], ANSWER, user=BEN)
    bot.store.people.opt_out(ANNA)
    rounds(bot)
    assert bot.store.replies.asked_by(ANNA) == before
    assert all(
        "feedback" not in str(m.blocks) for m in bot.workspace.messages if "answered:" in m.text
    )


def test_slack_being_away_stores_it_once(bot: Direct) -> None:
    answer_with(bot, requests_to(bot, BEN)[0], ANSWER, user=BEN)
    away(bot, "chat.postMessage", times=3)
    rounds(bot)
    assert len(told(bot)) == 1
    said = told_message(bot)
    number = bot.store.replies.at(said.channel, said.ts)
    assert [r.id for r in bot.store.replies.each() if r.finish_reason == TOLD] == [number]


def test_it_is_found_again_where_the_answer_of_slack_was_lost(
    bot: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_with(bot, requests_to(bot, BEN)[0], ANSWER, user=BEN)
    lose_answer(bot, monkeypatch)
    rounds(bot)
    said = told_message(bot)
    assert bot.store.replies.at(said.channel, said.ts) is not None
    assert len([r for r in bot.store.replies.each() if r.finish_reason == TOLD]) == 1


def test_what_slack_refuses_is_not_known_to_later_turns(bot: Direct) -> None:
    answer_with(bot, requests_to(bot, BEN)[0], ANSWER, user=BEN)
    bot.client.refused["chat.postMessage"] = "is_archived"
    rounds(bot)
    assert not told(bot)
    assert not [r for r in bot.store.replies.each() if r.finish_reason == TOLD and r.text]


def test_what_was_withdrawn_before_it_was_posted_is_not_told(bot: Direct) -> None:
    answer_with(bot, requests_to(bot, BEN)[0], ANSWER, user=BEN)
    away(bot, "chat.postMessage")
    (lesson,) = bot.store.examples.approved()
    bot.store.examples.change(lesson.id, "withdrawn", EVA)
    rounds(bot)
    assert not told(bot)
    assert not [r for r in bot.store.replies.each() if r.finish_reason == TOLD and r.text]
