"""Answers without a mention: taught questions to nobody in particular, once, and silence else."""

from typing import Any

import pytest

from bot.slack.watching import unasked
from bot.slack.watching.switching import ANSWERING
from bot.slack.watching.unasked import UNASKED
from bot.store.channels import FLOORS, AutoMode
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import (
    ANNA,
    BEN,
    BOT,
    CLEO,
    DORA,
    GENERAL,
    OPS,
    OTHER_BOT,
    PRIVATE,
    SHARED,
    Message,
)

ASKED, TAUGHT = "Where is the spare key?", "Behind the moon poster."
CARLA = "U0CARLA"


@pytest.fixture
def bot(drive: Drive) -> Direct:
    """A bot that was taught where the key is, and answers unasked in a channel."""
    direct = drive(admins=(ANNA,))
    direct.command(f"{ASKED} => {TAUGHT}", name="/teach")
    direct.command("channels auto")
    return direct


def told(bot: Direct, message: Message) -> list[Message]:
    """What the bot has said in the thread of a message."""
    return [
        said
        for said in bot.workspace.messages
        if (said.user, said.thread_ts) == (BOT, message.ts)
        and not (said.deleted or said.ephemeral_to)
    ]


def ask(bot: Direct, text: str = ASKED, **more: Any) -> Message:
    """Somebody writes something, and the bot thinks about whatever it wants to."""
    message = bot.write(text, **more)
    bot.hear(message)
    while bot.think():
        pass
    return message


def rows(bot: Direct) -> int:
    return int(bot.store.connections.db.execute("select count(*) from replies").fetchone()[0])


def test_a_taught_question_is_answered_in_its_thread_once(bot: Direct) -> None:
    asked = ask(bot)
    (answer,) = told(bot, asked)
    assert answer.text.startswith(TAUGHT)
    assert UNASKED in answer.everything
    assert "feedback" in str(answer.blocks)
    bot.hear(asked)
    assert not bot.think()
    assert told(bot, asked) == [answer]


def test_two_deliveries_at_once_are_one_answer(bot: Direct) -> None:
    """The second comes to another process, which remembers nothing."""
    asked = bot.write(ASKED)
    bot.hear(asked)
    bot.store.handled_events.claim(f"message:{GENERAL}:{asked.ts}")
    assert bot.think()
    assert not told(bot, asked)
    assert rows(bot) == 0


@pytest.mark.parametrize(
    "text",
    [
        "The spare key is behind the moon poster.",
        f"Does <@{BEN}> know {ASKED}",
        f"Does <!subteam^{OPS}> know {ASKED}",
        "Really?",
        "Thanks, found it!",
    ],
)
def test_what_is_no_question_to_everybody_is_left_alone_though_it_was_taught(
    bot: Direct, text: str
) -> None:
    bot.command(f"{text} => {TAUGHT}", name="/teach")
    before = len(list(bot.store.connections.db.execute("select * from events")))
    asked = ask(bot, text)
    assert not told(bot, asked)
    assert rows(bot) == 0
    assert len(list(bot.store.connections.db.execute("select * from events"))) == before


def test_what_nobody_has_taught_leaves_nothing(bot: Direct) -> None:
    before = len(list(bot.store.connections.db.execute("select * from events")))
    asked = ask(bot, "Where is the coffee machine?")
    assert not told(bot, asked)
    assert rows(bot) == 0
    assert len(list(bot.store.connections.db.execute("select * from events"))) == before


def test_replies_edits_bots_and_files_are_not_answered(bot: Direct) -> None:
    parent = ask(bot, "Good morning, everybody.")
    reply = ask(bot, ASKED, thread=parent.ts)
    machine = bot.write(ASKED, user=OTHER_BOT)
    bot.hear(machine, bot_id="B0OTHER")
    edited = bot.write("Good night.")
    bot.hear(edited)
    edit(bot, edited, ASKED)
    with_file = bot.write(ASKED)
    bot.hear(with_file, files=[{"id": "F1"}], subtype="file_share")
    assert not bot.think()
    assert not any(told(bot, m) for m in (parent, reply, machine, edited, with_file))


def test_it_answers_nowhere_else(bot: Direct) -> None:
    elsewhere = ask(bot, channel=PRIVATE)
    bot.command("channels auto off")
    here = ask(bot)
    bot.command("channels auto")
    bot.command("channels mute")
    muted = ask(bot)
    assert not any(told(bot, m) for m in (elsewhere, here, muted))


def test_a_lesson_of_another_place_is_not_told(bot: Direct) -> None:
    bot.command("Where is the safe? => In the cellar.", name="/teach", channel=PRIVATE)
    assert not told(bot, ask(bot, "Where is the safe?"))
    bot.command("channels auto", channel=PRIVATE)
    (answer,) = told(bot, ask(bot, "Where is the safe?", channel=PRIVATE))
    assert answer.text.startswith("In the cellar.")


def test_who_is_helped_by_somebody_already_is_left_to_them(bot: Direct) -> None:
    asked = bot.write(ASKED)
    bot.hear(asked)
    bot.hear(bot.write("Behind the poster!", user=ANNA, thread=asked.ts))
    assert bot.think()
    assert not told(bot, asked)


def test_a_question_of_long_ago_is_left_to_people(
    bot: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unasked, "LATE_SECONDS", -1.0)
    assert not told(bot, ask(bot))


def test_a_question_that_is_gone_before_its_answer_has_none(bot: Direct) -> None:
    asked = bot.write(ASKED)
    bot.hear(asked)
    delete(bot, asked)
    assert bot.think()
    assert not told(bot, asked)
    assert rows(bot) == 0


def test_opted_out_people_are_left_alone(bot: Direct) -> None:
    bot.store.people.opt_out(BEN)
    assert not told(bot, ask(bot))
    assert rows(bot) == 0


@pytest.mark.parametrize(("policy", "answers"), [("answer", 2), ("refuse", 0)])
def test_outsiders_are_answered_where_the_settings_say_so(
    drive: Drive, policy: str, answers: int
) -> None:
    bot = drive(admins=(ANNA,), outsiders=policy)
    bot.command(f"{ASKED} => {TAUGHT}", name="/teach")
    for channel in (GENERAL, SHARED):
        bot.command("channels auto", channel=channel)
    guest = ask(bot, user=CLEO)
    stranger = ask(bot, user=DORA, channel=SHARED)
    assert len(told(bot, guest) + told(bot, stranger)) == answers


def test_a_follow_up_of_who_asked_is_answered_as_usual(bot: Direct) -> None:
    asked = ask(bot)
    ask(bot, "And who has another one?", thread=asked.ts)
    ask(bot, "Nice poster, by the way.", thread=asked.ts, user=ANNA)
    assert [m.text.split("\n")[0] for m in told(bot, asked)] == [
        TAUGHT,
        "answer to And who has another one?",
    ]


def test_a_deleted_question_takes_its_answer_with_it(bot: Direct) -> None:
    asked = ask(bot)
    delete(bot, asked)
    assert not told(bot, asked)


def test_an_edited_question_takes_its_answer_back_or_has_another(bot: Direct) -> None:
    bot.command("Where is the safe? => In the cellar.", name="/teach")
    asked = ask(bot)
    (first,) = told(bot, asked)
    edit(bot, asked, "Where is the safe?")
    assert bot.think()
    (second,) = told(bot, asked)
    assert (second.ts, second.text[:14]) == (first.ts, "In the cellar.")
    edit(bot, asked, "Never mind, found it.")
    assert bot.think()
    assert not told(bot, asked)
    assert "In the cellar" not in str(
        list(bot.store.connections.db.execute("select * from replies"))
    )


def test_of_two_edits_the_newest_is_answered(bot: Direct) -> None:
    asked = ask(bot)
    edit(bot, asked, "Never mind.")
    edit(bot, asked, ASKED)
    while bot.think():
        pass
    (answer,) = told(bot, asked)
    assert answer.text.startswith(TAUGHT)


def test_an_edit_that_mentions_the_bot_is_answered_as_asked(bot: Direct) -> None:
    asked = ask(bot)
    (first,) = told(bot, asked)
    edit(bot, asked, f"<@{BOT}> who are you?")
    assert bot.think()
    (answer,) = told(bot, asked)
    assert (answer.ts, answer.text[:9]) == (first.ts, "answer to")
    assert UNASKED not in answer.everything


def test_each_thumb_down_makes_the_channel_stricter_until_it_ends(bot: Direct) -> None:
    for floor in (*FLOORS[1:], None):
        asked = ask(bot)
        bot.react(told(bot, asked)[0], "-1", user=ANNA)
        bot.parts.rounds.once()
        bot.parts.rounds.once()
        _, said = told(bot, asked)
        assert ("asked" if floor is None else f"{floor:.0%}") in said.text
        mode = bot.store.channels.auto(GENERAL)
        assert mode is not None
        assert mode.floor == floor
    assert not told(bot, ask(bot))
    assert "ended it" in bot.command("channels", user=BEN).text
    assert "80%" in bot.command("channels auto reset").text
    assert told(bot, ask(bot))


def test_a_thumb_that_is_taken_back_counts_no_more(bot: Direct) -> None:
    answer = told(bot, ask(bot))[0]
    bot.react(answer, "-1")
    assert bot.store.channels.auto(GENERAL) == AutoMode(1)
    bot.react(answer, "-1", added=False)
    assert bot.store.channels.auto(GENERAL) == AutoMode(0)


def test_a_thumb_down_on_an_asked_answer_makes_nothing_stricter(bot: Direct) -> None:
    bot.react(bot.ask(ASKED), "-1")
    bot.parts.rounds.once()
    assert bot.store.channels.auto(GENERAL) == AutoMode(0)


def test_that_it_is_stricter_is_said_later_where_slack_is_away(bot: Direct) -> None:
    asked = ask(bot)
    bot.react(told(bot, asked)[0], "-1")
    bot.client.refused["chat.postMessage"] = "internal_error"
    bot.parts.rounds.once()
    del bot.client.refused["chat.postMessage"]
    bot.parts.rounds.once()
    bot.parts.rounds.once()
    assert len(told(bot, asked)) == 2


def test_where_slack_refuses_the_answer_nothing_of_it_is_kept(bot: Direct) -> None:
    bot.client.refused["chat.postMessage"] = "restricted_action"
    asked = ask(bot)
    assert not told(bot, asked)
    assert TAUGHT not in str(list(bot.store.connections.db.execute("select * from replies")))


def test_the_channel_is_told_what_begins(bot: Direct) -> None:
    said = [m.text for m in bot.workspace.messages if m.channel == GENERAL and m.user == BOT]
    assert said.count(ANSWERING) == 1


def edit(bot: Direct, message: Message, text: str) -> None:
    before = message.as_json()
    message.text = text
    place = {"channel": message.channel, "channel_type": "channel", "ts": bot.workspace.next_ts()}
    changed = {"message": message.as_json(), "previous_message": before}
    event = {"type": "message", "subtype": "message_changed", "hidden": True}
    bot.dispatch(bot.body(event | place | changed))


def delete(bot: Direct, message: Message) -> None:
    message.deleted = True
    event = {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "channel": message.channel,
        "channel_type": "channel",
        "ts": bot.workspace.next_ts(),
        "deleted_ts": message.ts,
        "previous_message": message.as_json(),
    }
    bot.dispatch(bot.body(event))
