"""What was asked and not decided outlasts the process, and stands on the Home tab."""

import pytest

from bot.slack.messages import modals
from bot.slack.state.conflicts import ACCEPT, CANCEL, GONE, KEEP, ON_HOME, REPLACE, REWORD
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from tests.bot.slack.admin.test_app_home import home_text
from tests.bot.slack.conftest import Drive, School
from tests.bot.slack.direct import Direct
from tests.slack_server import Message
from tests.slack_server.workspace import ANNA, BEN, DIRECT, GENERAL, PRIVATE

QUESTION, OLD, NEW = "Who bakes?", "Ben does.", "Noor does."


@pytest.fixture
def direct(drive: Drive) -> Direct:
    return drive(teachers=(ANNA,))


def asked(direct: Direct, channel: str = GENERAL, user: str = ANNA) -> Message:
    """Somebody teaches against what is known, and is asked what shall be done."""
    direct.command(f"{QUESTION} => {OLD}", name="/teach", user=BEN, channel=channel)
    return direct.command(f"{QUESTION} => {NEW}", name="/teach", user=user, channel=channel)


def asked_in(school: School) -> Message:
    """The same over the wire."""
    school.store.people.make(ANNA, "teacher", "test")
    school.slack.send_command("/teach", f"{QUESTION} => {OLD}", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN, contains="learn that tonight")
    school.slack.send_command("/teach", f"{QUESTION} => {NEW}")
    return school.slack.wait_for_message(ephemeral_to=ANNA, contains="another answer")


def in_use(direct: Direct) -> list[str]:
    return [example.completion for example in direct.store.examples.approved()]


def test_a_restart_between_question_and_button_loses_nothing(school: School) -> None:
    question = asked_in(school)
    school.service.stop()
    school.service.start()
    school.slack.wait_connected()
    school.slack.press(question, "Replace")
    school.slack.wait_until(lambda: "replaces what I was" in question.text, "nothing was replaced")
    assert [example.completion for example in school.store.examples.approved()] == [NEW]


def test_it_stands_on_the_home_tab_and_is_decided_there(direct: Direct) -> None:
    value = asked(direct).button_value(REPLACE)
    text = home_text(direct)
    assert "I asked you" in text
    assert OLD in text
    assert NEW in text
    assert "I asked you" not in home_text(direct, BEN)
    direct.press(ON_HOME[REPLACE], value)
    assert in_use(direct) == [NEW]
    assert "I asked you" not in home_text(direct)


def test_the_outcome_is_told_directly_as_the_home_tab_has_no_place_for_it(school: School) -> None:
    question = asked_in(school)
    school.slack.press_home(ON_HOME[REPLACE], question.button_value(REPLACE))
    told = school.slack.wait_for_message(channel=DIRECT, contains="replaces what I was taught")
    assert told.ephemeral_to is None
    school.slack.press_home(ON_HOME[CANCEL], question.button_value(CANCEL))
    school.slack.wait_for_message(channel=DIRECT, contains=GONE.text)


def test_nobody_else_decides_there(direct: Direct) -> None:
    value = asked(direct).button_value(REPLACE)
    direct.press(ON_HOME[REPLACE], value, user=BEN)
    assert in_use(direct) == [OLD]
    assert direct.store.open_questions.get(value) is not None


def test_the_words_of_a_channels_lessons_stay_in_the_channel(direct: Direct) -> None:
    """The Home tab shows Anna's own words, and not what others taught in the private channel."""
    question = asked(direct, PRIVATE)
    assert OLD in question.text
    text = home_text(direct)
    assert NEW in text
    assert OLD not in text


def told_since(direct: Direct, before: int) -> str:
    return "\n".join(message.everything for message in direct.workspace.messages[before:])


def with_an_address(direct: Direct) -> Message:
    """Anna teaches an address against what Ben taught in the private channel, which she leaves."""
    direct.command(f"{QUESTION} => {OLD}", name="/teach", user=BEN, channel=PRIVATE)
    mine = f"{QUESTION} => Ask noor@example.com."
    question = direct.command(mine, name="/teach", channel=PRIVATE)
    direct.workspace.channels[PRIVATE].members.discard(ANNA)
    return question


def test_what_is_asked_next_on_the_home_tab_quotes_no_lesson_of_a_channel_either(
    direct: Direct,
) -> None:
    question = with_an_address(direct)
    before = len(direct.workspace.messages)
    direct.press(ON_HOME[ACCEPT], question.button_value(ACCEPT))
    assert "another answer" in told_since(direct, before)
    assert OLD not in told_since(direct, before)


def test_nor_does_what_is_asked_after_it_was_put_otherwise_there(direct: Direct) -> None:
    question = with_an_address(direct)
    direct.press(ON_HOME[REWORD], question.button_value(REWORD))
    before = len(direct.workspace.messages)
    direct.submit({modals.QUESTION: QUESTION, modals.ANSWER: "Ask ben@example.com."})
    direct.submit({modals.QUESTION: QUESTION, modals.ANSWER: NEW})
    assert "another answer" in told_since(direct, before)
    assert OLD not in told_since(direct, before)


def test_who_may_not_replace_is_offered_to_propose(direct: Direct) -> None:
    direct.command(f"{QUESTION} => {OLD}", name="/teach", user=ANNA)
    question = direct.command(f"{QUESTION} => {NEW}", name="/teach", user=BEN)
    assert "shall I ask them?" in question.text
    assert KEEP not in str(question.blocks)
    told = direct.press(REPLACE, question.button_value(REPLACE), user=BEN)
    assert "waits for approval" in told.text
    assert in_use(direct) == [OLD]


def test_a_question_that_is_gone_is_said_to_be(direct: Direct) -> None:
    question = asked(direct)
    direct.press(CANCEL, question.button_value(CANCEL))
    assert direct.press(REPLACE, question.button_value(REPLACE)).text == GONE.text
    assert in_use(direct) == [OLD]


def test_what_was_withdrawn_meanwhile_is_quoted_no_more(direct: Direct) -> None:
    asked(direct)
    direct.store.examples.change(1, "withdrawn", BEN)
    assert OLD not in home_text(direct)


def test_a_lesson_for_somebody_alone_is_on_no_other_home_tab(direct: Direct) -> None:
    scope = Scope("person", BEN)
    direct.store.examples.add(
        NewExample("Mine?", "Ben's alone.", "teach", BEN, "pending", scope=scope)
    )
    assert "Ben's alone." not in home_text(direct)
    assert "1 for one channel or one person" in home_text(direct)
    assert "Ben's alone." in home_text(direct, BEN)
