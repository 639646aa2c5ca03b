"""A member proposes what replaces somebody else's lesson; its author and teachers decide."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.slack.state.conflicts import REPLACE
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server import Message
from tests.slack_server.workspace import ANNA, BEN, BOT, GENERAL, PRIVATE

TEACHER, CARL = "U0TEACHER", "U0CARL"


@pytest.fixture
def direct(drive: Drive) -> Direct:
    """Ben has taught something, Anna and Carl are members, and there is a teacher."""
    bot = drive(teachers=(TEACHER,))
    people = bot.workspace.people
    for person in (TEACHER, CARL):
        people[person] = type(people[ANNA])(person, person.lower())
        bot.workspace.channels[GENERAL].members.add(person)
    bot.command("Who bakes? => Ben does.", name="/teach", user=BEN)
    return bot


def propose(direct: Direct) -> int:
    """Anna proposes another answer; the id of her lesson."""
    asked = direct.command("Who bakes? => Noor does.", name="/teach")
    assert "shall I ask them?" in asked.text
    told = direct.press(REPLACE, asked.button_value(REPLACE))
    assert "waits for approval" in told.text
    assert "Proposed" in told.text
    direct.parts.rounds.once()
    return max(e.id for e in direct.store.examples.search())


def told_directly(direct: Direct, person: str) -> list[Message]:
    channel = direct.workspace.direct(person).id
    return [m for m in direct.workspace.messages if m.channel == channel and m.user == BOT]


def click(direct: Direct, user: str, message: Message, action: str) -> str:
    """Presses a button of a direct message; what is said in place of the message or besides."""
    said = direct.press(action, message.button_value(action), user=user, channel=message.channel)
    return said.text


def in_use(direct: Direct) -> list[str]:
    return [example.completion for example in direct.store.examples.approved()]


def test_author_and_teacher_are_told_and_the_old_answer_stands(direct: Direct) -> None:
    propose(direct)
    assert in_use(direct) == ["Ben does."]
    for person in (BEN, TEACHER):
        (told,) = told_directly(direct, person)
        assert "anna proposes another answer" in told.text
        assert "Ben does." in told.text
        assert "Noor does." in told.text
    assert told_directly(direct, ANNA) == []


@pytest.mark.parametrize("user", [BEN, TEACHER])
def test_author_or_teacher_takes_it_and_can_undo_that(direct: Direct, user: str) -> None:
    new = propose(direct)
    (told,) = told_directly(direct, user)
    said = click(direct, user, told, "proposal:take")
    assert f"example {new} replaces example 1" in said
    assert in_use(direct) == ["Noor does."]
    direct.parts.rounds.once()
    assert "is taken" in told_directly(direct, ANNA)[-1].text
    undone = direct.press("replacement:undo", str(new), user=user, channel=told.channel)
    assert "In use again: example 1." in undone.text
    assert in_use(direct) == ["Ben does."]


def test_kept_as_it_was_is_told_to_who_proposed(direct: Direct) -> None:
    propose(direct)
    (told,) = told_directly(direct, BEN)
    assert "is not taken" in click(direct, BEN, told, "proposal:keep")
    assert in_use(direct) == ["Ben does."]
    direct.parts.rounds.once()
    assert "rejected your lesson" in told_directly(direct, ANNA)[-1].text
    # Decided once: the teacher's buttons do nothing any more.
    (theirs,) = told_directly(direct, TEACHER)
    assert "decided already" in click(direct, TEACHER, theirs, "proposal:take")


@pytest.mark.parametrize("user", [ANNA, CARL])
def test_nobody_else_decides(direct: Direct, user: str) -> None:
    new = propose(direct)
    for action in ("proposal:take", "proposal:keep"):
        assert "may decide that" in direct.press(action, str(new), user=user).text
    assert in_use(direct) == ["Ben does."]


def test_after_a_week_nothing_is_undone(direct: Direct) -> None:
    """The teacher replaces Ben's lesson: he is told, with a button that is for a week."""
    direct.workspace.channels[GENERAL].members.add(TEACHER)
    asked = direct.command("Who bakes? => Noor does.", name="/teach", user=TEACHER)
    direct.press(REPLACE, asked.button_value(REPLACE), user=TEACHER)
    direct.parts.rounds.once()
    (told,) = told_directly(direct, BEN)
    assert "replaced your lesson (example 1)" in told.text
    age = timedelta(days=8)
    with direct.store.connections.write() as db:
        at = (datetime.now(UTC) - age).isoformat(timespec="milliseconds")
        db.conn.execute("update replacements set at = ?", [at])
    assert "in the last seven days" in click(direct, BEN, told, "replacement:undo")
    assert in_use(direct) == ["Noor does."]


def test_about_a_channels_lesson_a_teacher_decides_there(direct: Direct) -> None:
    """They are told without its words, and their button does nothing in direct messages."""
    direct.workspace.channels[PRIVATE].members.add(TEACHER)
    direct.command("Codename? => Chimera.", name="/teach", user=BEN, channel=PRIVATE)
    asked = direct.command("Codename? => Basilisk.", name="/teach", channel=PRIVATE)
    direct.press(REPLACE, asked.button_value(REPLACE), channel=PRIVATE)
    direct.parts.rounds.once()
    new = str(max(e.id for e in direct.store.examples.search()))
    (told,) = told_directly(direct, TEACHER)
    assert "Basilisk" not in told.everything
    assert "proposal:take" not in str(told.blocks)
    pressed = direct.press("proposal:take", new, user=TEACHER, channel=told.channel)
    assert "shown only there" in pressed.text
    assert "Chimera." in in_use(direct)
    direct.press("proposal:take", new, user=TEACHER, channel=PRIVATE)
    assert "Basilisk." in in_use(direct)
    assert "Chimera." not in in_use(direct)


def test_who_replaced_a_lesson_can_undo_that_at_once(direct: Direct) -> None:
    asked = direct.command("Who bakes? => Noor does.", name="/teach", user=TEACHER)
    told = direct.press(REPLACE, asked.button_value(REPLACE), user=TEACHER)
    value = told.button_value("replacement:undo")
    direct.press("replacement:undo", value, user=TEACHER)
    assert in_use(direct) == ["Ben does."]


def test_within_the_week_its_author_brings_it_back_with_one_button(direct: Direct) -> None:
    asked = direct.command("Who bakes? => Noor does.", name="/teach", user=TEACHER)
    direct.press(REPLACE, asked.button_value(REPLACE), user=TEACHER)
    direct.parts.rounds.once()
    (told,) = told_directly(direct, BEN)
    assert "In use again" in click(direct, BEN, told, "replacement:undo")
    assert in_use(direct) == ["Ben does."]
    direct.parts.rounds.once()
    assert "is not in use any more" in told_directly(direct, TEACHER)[-1].text
