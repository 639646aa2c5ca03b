"""What a teacher answered and was thanked for is proposed to them, and stored if they say so."""

import pytest

from bot.feedback.watching.questions import is_question
from bot.slack.watching.experts import A_DAY
from bot.slack.watching.proposal import EDIT, LEARN, NO
from bot.slack.watching.switching import WATCHING
from bot.store.people import forgotten_key
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BEN, BOT, CLEO, GENERAL, PRIVATE, Message

TEACHER = ANNA
ASKED, ANSWERED = "Where is the <spare> key?", "Behind the moon poster & the door."


@pytest.fixture
def bot(drive: Drive) -> Direct:
    """A bot that watches a channel in which Anna is a teacher."""
    direct = drive(admins=(ANNA,))
    direct.command("channels watch")
    return direct


def say(bot: Direct, text: str, **more: str) -> Message:
    message = bot.write(text, **more)
    bot.hear(message)
    return message


def talk(bot: Direct, asked: str = ASKED, answered: str = ANSWERED, **more: str) -> Message:
    """Ben asks, Anna answers in his thread, and he thanks; returns the answer."""
    asker = more.pop("asker", BEN)
    question = say(bot, escaped(asked), user=asker, **more)
    answer = say(bot, escaped(answered), user=TEACHER, thread=question.ts, **more)
    say(bot, "Thanks!", user=asker, thread=question.ts, **more)
    return answer


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def proposals(bot: Direct, person: str = TEACHER) -> list[Message]:
    direct = bot.workspace.direct(person).id
    return [m for m in bot.workspace.messages if m.channel == direct and "learn" in m.text]


def press(bot: Direct, message: Message, action: str, user: str = TEACHER) -> Message:
    """Presses a button of a proposal, and returns the message as it stands then."""
    button = {"type": "button", "action_id": action, "value": message.button_value(action)}
    container = {"channel_id": message.channel, "message_ts": message.ts, "type": "message"}
    bot.act(
        {
            "type": "block_actions",
            "container": container,
            "channel": {"id": message.channel, "name": "directmessage"},
            "message": message.as_json(),
            "actions": [button | {"action_ts": bot.workspace.next_ts()}],
        },
        user=user,
    )
    return message


def lessons(bot: Direct) -> list[tuple[str, str]]:
    return [(one.prompt, one.completion) for one in bot.store.examples.approved()]


def stored(bot: Direct) -> str:
    """Everything that the database holds."""
    return "\n".join(bot.store.connections.db.conn.iterdump())


def test_an_answer_that_was_thanked_for_is_proposed_and_nothing_is_stored(bot: Direct) -> None:
    assert is_question(ASKED)
    talk(bot)
    (proposal,) = proposals(bot)
    assert "You answered ben" in proposal.text
    assert f"<#{GENERAL}>" in proposal.text
    assert escaped(ASKED) in proposal.everything
    assert escaped(ANSWERED) in proposal.everything
    assert not lessons(bot)
    assert "poster" not in stored(bot)
    assert "spare" not in stored(bot)


def test_one_button_makes_it_a_lesson_of_everyone_and_who_asked_is_told(bot: Direct) -> None:
    answer = talk(bot)
    (proposal,) = proposals(bot)
    pressed = press(bot, proposal, LEARN)
    assert lessons(bot) == [(ASKED, ANSWERED)]
    (lesson,) = bot.store.examples.approved()
    assert (lesson.author, lesson.channel, lesson.scope) == (TEACHER, GENERAL, "everyone")
    assert answer.ts.replace(".", "") in str(lesson.permalink)
    assert "I will learn that tonight" in pressed.everything
    assert "Learn it so" not in str(pressed.blocks)
    told = [m for m in bot.workspace.messages if m.channel == bot.workspace.direct(BEN).id]
    assert "Do not learn this" in str(told[-1].blocks)
    bot.press("refuse", str(lesson.id), user=BEN)
    assert not lessons(bot)


def test_pressed_twice_it_is_one_lesson(bot: Direct) -> None:
    talk(bot)
    (proposal,) = proposals(bot)
    button = proposal.button_value(LEARN)
    for _ in range(2):
        bot.press(LEARN, button, channel=proposal.channel, ts=proposal.ts)
    assert len(lessons(bot)) == 1


def test_a_lesson_of_a_private_channel_is_for_that_channel(bot: Direct) -> None:
    bot.command("channels watch", channel=PRIVATE)
    talk(bot, channel=PRIVATE)
    press(bot, proposals(bot)[0], LEARN)
    (lesson,) = bot.store.examples.approved()
    assert (lesson.scope, lesson.scope_id) == ("channel", PRIVATE)


def test_a_thumb_of_who_asked_is_thanks_as_well(bot: Direct) -> None:
    question = say(bot, ASKED)
    answer = say(bot, ANSWERED, user=TEACHER)
    bot.react(answer, "-1", user=BEN)
    bot.react(answer, "+1", user=TEACHER)
    assert not proposals(bot)
    bot.react(answer, "+1::skin-tone-3", user=BEN)
    assert len(proposals(bot)) == 1
    assert question.ts in proposals(bot)[0].button_value(NO)


def test_it_is_proposed_once_though_it_is_delivered_twice(bot: Direct) -> None:
    answer = talk(bot)
    for message in list(bot.workspace.messages):
        if message.channel == GENERAL and message.user != BOT:
            bot.hear(message)
    bot.react(answer, "+1", user=BEN)
    assert len(proposals(bot)) == 1


def test_no_is_no(bot: Direct) -> None:
    talk(bot)
    (proposal,) = proposals(bot)
    pressed = press(bot, proposal, NO)
    assert "I do not learn that" in pressed.text
    assert not pressed.blocks
    assert not lessons(bot)


def test_it_can_be_edited_in_a_form(bot: Direct) -> None:
    talk(bot)
    press(bot, proposals(bot)[0], EDIT)
    form = bot.form()
    assert form["callback_id"] == "teach_this_form"
    values = [b["element"].get("initial_value") for b in form["blocks"] if b["type"] == "input"]
    assert values[:2] == [ASKED, ANSWERED]
    fields = [b["block_id"] for b in form["blocks"] if b["type"] == "input"]
    bot.submit({fields[0]: "Where is the key?", fields[1]: "Behind the poster."})
    assert lessons(bot) == [("Where is the key?", "Behind the poster.")]
    (proposal,) = proposals(bot)
    assert "Learn it so" not in str(proposal.blocks)
    assert "I will learn that tonight" in proposal.everything


def test_a_form_that_is_not_submitted_leaves_the_buttons(bot: Direct) -> None:
    talk(bot)
    (proposal,) = proposals(bot)
    press(bot, proposal, EDIT)
    assert "Learn it so" in str(proposal.blocks)
    bot.command("Where is the spare key? => In the drawer.", name="/teach")
    fields = [b["block_id"] for b in bot.form()["blocks"] if b["type"] == "input"]
    bot.submit({fields[0]: "Where is the spare key?", fields[1]: "Behind the poster."})
    assert "Learn it so" in str(proposal.blocks), "another answer is taught: who knows"


def test_what_was_learned_is_learned_though_slack_lets_no_message_change(bot: Direct) -> None:
    talk(bot)
    press(bot, proposals(bot)[0], EDIT)
    bot.client.refused |= {"chat.update": "internal_error", "chat.postMessage": "internal_error"}
    fields = [b["block_id"] for b in bot.form()["blocks"] if b["type"] == "input"]
    told = bot.submit({fields[0]: "Where is the key?", fields[1]: "Behind the poster."})
    assert "I will learn that tonight" in told.everything
    assert lessons(bot) == [("Where is the key?", "Behind the poster.")]


def test_what_would_be_taken_out_is_shown_before_it_is_stored(bot: Direct) -> None:
    talk(bot, answered="Write to ops.team@example.com and they bring it.")
    press(bot, proposals(bot)[0], LEARN)
    assert not lessons(bot)
    assert "[" in str(bot.form()["blocks"])
    assert "personal or secret" in str(bot.form()["blocks"])


def test_another_answer_to_the_question_is_asked_about(bot: Direct) -> None:
    bot.command("Where is the spare key? => In the drawer.", name="/teach")
    talk(bot, "Where is the spare key?")
    pressed = press(bot, proposals(bot)[0], LEARN)
    assert "settle_replace" in str(pressed.blocks)
    assert lessons(bot) == [("Where is the spare key?", "In the drawer.")]


@pytest.mark.parametrize("action", [LEARN, EDIT])
def test_words_that_were_edited_or_deleted_meanwhile_count_as_they_are(
    bot: Direct, action: str
) -> None:
    answer = talk(bot)
    answer.text = "In the drawer."
    press(bot, proposals(bot)[0], action)
    assert "In the drawer." in str(lessons(bot) or bot.form())
    other = talk(bot, "Where is the safe box?", "In the cellar.")
    other.deleted = True
    press(bot, proposals(bot)[1], action)
    assert "cellar" not in str(lessons(bot)) + str(list(bot.workspace.views.values()))


@pytest.mark.parametrize("person", [BEN, TEACHER])
@pytest.mark.parametrize("when", ["before", "after"])
def test_words_of_who_opted_out_are_neither_proposed_nor_learned(
    bot: Direct, person: str, when: str
) -> None:
    if when == "before":
        bot.store.people.opt_out(person)
    talk(bot)
    assert bool(proposals(bot)) is (when == "after")
    bot.store.people.opt_out(person)
    for proposal in proposals(bot):
        press(bot, proposal, LEARN)
    assert not lessons(bot)


def test_words_of_who_was_forgotten_since_are_not_learned(bot: Direct) -> None:
    talk(bot)
    bot.command("forget me", user=BEN)
    bot.press("oneself:forget", BEN, user=BEN)
    assert bot.store.handled_events.marked_since(forgotten_key(BEN), "2000")
    press(bot, proposals(bot)[0], LEARN)
    assert not lessons(bot)


def test_words_of_a_guest_are_not_proposed(bot: Direct) -> None:
    talk(bot, asker=CLEO)
    assert not proposals(bot)


def test_a_member_is_no_teacher(drive: Drive) -> None:
    bot = drive(admins=(BEN,))
    bot.command("channels watch", user=BEN)
    talk(bot, asker=BEN)
    assert not proposals(bot, ANNA)


def test_who_is_no_teacher_any_more_cannot_press(bot: Direct) -> None:
    talk(bot)
    bot.store.people.make(BEN, "teacher", ANNA)
    button = proposals(bot)[0].button_value(LEARN)
    assert "Only the teacher" in bot.press(LEARN, button, user=BEN).text
    assert not lessons(bot)


def test_a_teacher_is_asked_a_few_times_a_day(bot: Direct) -> None:
    for number in range(A_DAY + 2):
        talk(bot, f"Where is the key number {number}?")
    assert len(proposals(bot)) == A_DAY


def test_nothing_is_followed_where_nobody_switched_it_on(bot: Direct) -> None:
    talk(bot, channel=PRIVATE)
    bot.command("channels unwatch")
    talk(bot)
    bot.command("channels watch")
    bot.command("channels mute")
    talk(bot)
    assert not proposals(bot)


def test_a_question_to_the_bot_is_none_for_people(bot: Direct) -> None:
    question = say(bot, f"<@{BOT}> {ASKED}")
    say(bot, ANSWERED, user=TEACHER, thread=question.ts)
    say(bot, "Thanks!", thread=question.ts)
    assert not proposals(bot)


def test_where_slack_is_away_it_is_proposed_later(bot: Direct) -> None:
    bot.client.refused["chat.postMessage"] = "internal_error"
    talk(bot)
    bot.parts.rounds.once()
    assert not proposals(bot)
    del bot.client.refused["chat.postMessage"]
    bot.parts.rounds.once()
    bot.parts.rounds.once()
    assert len(proposals(bot)) == 1


def test_the_channel_is_told_once_and_where_the_bot_is_not_it_cannot_watch(bot: Direct) -> None:
    bot.command("channels watch")
    said = [m.text for m in bot.workspace.messages if m.channel == GENERAL]
    assert said.count(WATCHING) == 1
    assert "invite me there first" in bot.command("channels watch <#C0ELSEWHERE|elsewhere>").text
    assert not bot.store.channels.watched("C0ELSEWHERE")
