"""Words of people become lessons by a shortcut or an emoji, and their authors can refuse."""

from typing import Any

import pytest

from bot.slack.lessons import forms
from bot.slack.lessons.from_message import QUOTED, REFUSE
from bot.slack.messages import modals
from bot.slack.state.conflicts import KEEP, REPLACE
from tests.bot.slack.conftest import Drive, School
from tests.bot.slack.direct import Direct
from tests.slack_server import Message
from tests.slack_server.pressing import initial_values
from tests.slack_server.workspace import ANNA, BEN, BOT, ELSEWHERE, GENERAL, OTHER_BOT

CARLA = "U0CARLA"
ASKED, ANSWERED = "Where is <@U0ANNA>'s spare key & bell?", "Behind the moon poster, 2 > 1."


def talk(school: School, channel: str = GENERAL) -> tuple[Message, Message]:
    """Ben asks, Anna babbles, Carla answers, Ben thanks: nothing of it is for the bot."""
    people = school.slack.workspace.people
    people[CARLA] = type(people[ANNA])(CARLA, "carla")
    school.slack.workspace.channels[channel].members.add(CARLA)
    asked = school.slack.send_message(ASKED, user=BEN, channel=channel)
    school.slack.send_message("Hm.", user=ANNA, channel=channel, thread=asked.ts)
    answer = school.slack.send_message(ANSWERED, user=CARLA, channel=channel, thread=asked.ts)
    school.slack.send_message("Are you sure?", user=BEN, channel=channel, thread=asked.ts)
    return asked, answer


def form(school: School) -> tuple[str, dict[str, Any]]:
    return school.slack.wait_for_view(forms.TEACH_THIS)


def teach(school: School, answer: Message) -> int:
    """Anna teaches what Carla said, as it was proposed."""
    school.slack.use_shortcut("teach_this", answer)
    view, shown = form(school)
    assert school.slack.send_view_submission(view, initial_values(shown)).answer == {}
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    school.quiet()
    return school.store.examples.approved()[-1].id


def notice(school: School, person: str) -> Message:
    """What an author is told, in the direct messages."""
    channel = school.slack.workspace.direct(person).id
    return school.slack.wait_for_message(channel=channel, contains="words of yours")


def test_question_and_answer_are_proposed_from_the_thread_and_can_be_edited(
    school: School,
) -> None:
    _, answer = talk(school)
    school.slack.use_shortcut("teach_this", answer)
    view, shown = form(school)
    assert initial_values(shown) == {
        modals.QUESTION: "Where is @anna's spare key & bell?",
        modals.ANSWER: "Behind the moon poster, 2 > 1.",
    }
    edited = {modals.QUESTION: "Where is the key?", modals.ANSWER: "Behind the poster."}
    school.slack.send_view_submission(view, edited)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    (example,) = school.store.examples.approved()
    assert (example.prompt, example.completion) == ("Where is the key?", "Behind the poster.")
    assert (example.source, example.author, example.channel) == ("shortcut", ANNA, GENERAL)
    assert example.permalink is not None
    assert answer.ts.replace(".", "") in example.permalink


def test_the_emoji_offers_the_same_form(school: School) -> None:
    """A reaction opens no form by itself, and Slack tells neither text nor thread of it."""
    asked, answer = talk(school)
    school.slack.send_reaction(answer, "mortar_board")
    offer = school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn these words?")
    assert offer.thread_ts == asked.ts
    school.slack.press(offer, "Teach this")
    _, shown = form(school)
    assert initial_values(shown)[modals.ANSWER] == ANSWERED


def test_whoever_wrote_the_words_is_told_and_can_refuse(school: School) -> None:
    _, answer = talk(school)
    example = teach(school, answer)
    told = notice(school, CARLA)
    assert "anna taught me" in told.text
    assert "<@" not in told.text
    assert notice(school, BEN)  # the question was his
    school.slack.press(told, "Do not learn this", user=CARLA)
    school.slack.wait_until(lambda: "Withdrawn" in told.text, "not withdrawn")
    assert school.store.examples.get(example).status == "withdrawn"
    direct = school.slack.workspace.direct(ANNA).id
    school.slack.wait_for_message(channel=direct, contains="does not want")
    # Nor is it learned when somebody tries again.
    school.slack.use_shortcut("teach_this", answer)
    view, shown = form(school)
    again = school.slack.send_view_submission(view, initial_values(shown)).answer
    assert "does not want" in again["errors"][modals.ANSWER]


def test_an_author_who_gets_no_direct_messages_is_told_in_the_channel(school: School) -> None:
    _, answer = talk(school)
    school.slack.fail("chat.postMessage", "cannot_dm_bot", times=2)
    example = teach(school, answer)
    told = school.slack.wait_for_message(ephemeral_to=CARLA, contains="words of yours")
    school.slack.press(told, "Do not learn this", user=CARLA)
    school.slack.wait_until(lambda: "Withdrawn" in told.text, "not withdrawn")
    assert school.store.examples.get(example).status == "withdrawn"


def test_nobody_else_can_refuse(school: School) -> None:
    _, answer = talk(school)
    example = teach(school, answer)
    told = notice(school, CARLA)
    school.slack.press(told, "Do not learn this", user=ANNA)
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="Only who wrote")
    assert school.store.examples.get(example).status == "approved"


def test_who_teaches_their_own_words_is_told_nothing_more(school: School) -> None:
    mine = school.slack.send_message("The key is behind the poster.", user=ANNA)
    school.slack.use_shortcut("teach_this", mine)
    view, shown = form(school)
    # Without a thread there is no question to propose.
    assert initial_values(shown)[modals.QUESTION] == ""
    school.slack.send_view_submission(
        view, initial_values(shown) | {modals.QUESTION: "Where is the key?"}
    )
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    school.quiet()
    assert school.slack.bot_messages() == []


def test_who_answers_their_own_question_is_asked_for_it(school: School) -> None:
    asked = school.slack.send_message("Where is the key?", user=BEN)
    school.slack.send_message("Hm.", user=ANNA, thread=asked.ts)
    answer = school.slack.send_message("Found it: behind the poster.", user=BEN, thread=asked.ts)
    school.slack.use_shortcut("teach_this", answer)
    _, shown = form(school)
    assert initial_values(shown)[modals.QUESTION] == "Where is the key?"


def test_a_thread_that_cannot_be_read_leaves_the_question_open(school: School) -> None:
    _, answer = talk(school)
    school.slack.fail("conversations.replies", "internal_error")
    school.slack.use_shortcut("teach_this", answer)
    _, shown = form(school)
    assert initial_values(shown) == {modals.QUESTION: "", modals.ANSWER: ANSWERED}


def test_a_shortcut_that_is_sent_twice_opens_one_form(school: School) -> None:
    _, answer = talk(school)
    sent = school.slack.use_shortcut("teach_this", answer)
    school.slack.redeliver(sent)
    form(school)
    school.quiet()
    assert len(school.slack.calls_of("views.open")) == 1
    assert school.slack.calls_of("views.open", failed=True) == []


@pytest.mark.parametrize("which", [0, 1], ids=["question", "answer"])
def test_a_deleted_message_withdraws_the_lesson_out_of_it(school: School, which: int) -> None:
    pair = talk(school)
    example = teach(school, pair[1])
    school.slack.delete_message(pair[which])
    school.slack.wait_until(
        lambda: school.store.examples.get(example).status == "withdrawn", "still a lesson"
    )


def test_removing_the_emoji_takes_back_what_was_taught_with_it(school: School) -> None:
    _, answer = talk(school)
    school.slack.send_reaction(answer, "mortar_board")
    example = teach(school, answer)
    school.slack.take_reaction_back(answer, "mortar_board")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="I will not learn that")
    assert school.store.examples.get(example).status == "withdrawn"


def test_somebody_elses_emoji_takes_nothing_back(school: School) -> None:
    _, answer = talk(school)
    example = teach(school, answer)
    school.slack.send_reaction(answer, "mortar_board", user=BEN)
    school.slack.take_reaction_back(answer, "mortar_board", user=BEN)
    school.quiet()
    assert school.store.examples.get(example).status == "approved"


def test_where_the_bot_is_not_the_shortcut_still_has_the_answer(school: School) -> None:
    """It may not read the thread there; the words that were marked come with the shortcut."""
    _, answer = talk(school, ELSEWHERE)
    school.slack.use_shortcut("teach_this", answer)
    view, shown = form(school)
    assert initial_values(shown) == {modals.QUESTION: "", modals.ANSWER: ANSWERED}
    school.slack.send_view_submission(
        view, {modals.QUESTION: "Where is the key?", modals.ANSWER: ANSWERED}
    )
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="learn that tonight")
    assert notice(school, CARLA)


def test_words_of_other_bots_are_not_learned(school: School) -> None:
    other = school.slack.send_message("Build 17 is green.", user=OTHER_BOT)
    school.slack.use_shortcut("teach_this", other)
    school.slack.wait_for_view(f"{forms.TEACH_THIS}_note")
    school.quiet()
    _, shown = school.slack.wait_for_view(f"{forms.TEACH_THIS}_note")
    assert "words of people" in str(shown["blocks"])
    school.slack.send_reaction(other, "mortar_board")
    school.quiet()
    assert school.slack.bot_messages(ephemeral_to=ANNA) == []


def test_on_an_answer_of_the_bot_the_shortcut_asks_what_it_should_have_said(
    school: School,
) -> None:
    asked = school.slack.send_mention("Who are you?")
    answer = school.slack.wait_for_answer(asked.ts)
    school.quiet()
    assert answer.user == BOT
    school.slack.use_shortcut("teach_this", answer)
    assert school.slack.wait_for_view(forms.CORRECTION)
    school.slack.send_reaction(answer, "mortar_board")
    school.slack.wait_for_message(ephemeral_to=ANNA, contains="a thumbs-up makes it a lesson")


def test_what_is_too_long_is_cut_and_said_to_be(school: School) -> None:
    long = school.slack.send_message("word " * 2000)
    school.slack.use_shortcut("teach_this", long)
    _, shown = form(school)
    assert len(initial_values(shown)[modals.ANSWER]) == modals.INPUT_LIMIT
    assert "is cut" in str(shown["blocks"])


def propose(direct: Direct, question: str, answer: str) -> Message:
    """Anna teaches what Ben wrote, and sees what she is told."""
    direct.choose(direct.write(answer, user=BEN))
    return direct.submit({modals.QUESTION: question, modals.ANSWER: answer})


def told_directly(direct: Direct, person: str) -> list[Message]:
    """The bot's direct messages to somebody, oldest first."""
    channel = direct.workspace.direct(person).id
    return [m for m in direct.workspace.messages if m.channel == channel and m.user == BOT]


@pytest.mark.parametrize(
    ("action", "answers"), [(REPLACE, ["By Noor."]), (KEEP, ["By Ben.", "By Noor."])]
)
def test_the_author_is_told_once_the_teacher_has_settled_a_contradiction(
    drive: Drive, action: str, answers: list[str]
) -> None:
    direct = drive()
    direct.command("Who bakes the bread? => By Ben.", name="/teach")
    asked = propose(direct, "Who bakes bread?", "By Noor.")
    assert "another answer" in asked.text
    assert told_directly(direct, BEN) == []
    direct.press(action, asked.button_value(action))
    assert [example.completion for example in direct.store.examples.approved()] == answers
    assert [m.text.count("By Noor.") for m in told_directly(direct, BEN)] == [1]


def test_an_author_is_not_told_again_of_a_lesson_that_is_known_already(drive: Drive) -> None:
    direct = drive()
    propose(direct, "Who bakes?", "Noor does.")
    known = propose(direct, "Who bakes?", "Noor does.")
    assert "already" in known.text
    assert len(told_directly(direct, BEN)) == 1


def test_the_notice_quotes_the_lesson_escaped_and_shortened(drive: Drive) -> None:
    direct = drive()
    propose(direct, "Who is <!channel>?", "Noor & Ben. " * 200)
    (told,) = told_directly(direct, BEN)
    assert "*Who is &lt;!channel&gt;?*" in told.text
    assert "Noor &amp; Ben." in told.text
    assert len(told.text) < QUOTED + 400


def test_a_refusal_holds_also_where_the_teacher_cannot_be_told(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = drive()
    propose(direct, "Who bakes?", "Noor does.")
    (told,) = told_directly(direct, BEN)

    def refused(*_: object, **__: object) -> None:
        raise OSError("no connection")

    monkeypatch.setattr("bot.slack.lessons.from_message.posting.say", refused)
    seen = direct.press(REFUSE, told.button_value(REFUSE), user=BEN, channel=told.channel)
    assert "Withdrawn" in seen.text
    assert direct.store.examples.counts()["withdrawn"] == 1
