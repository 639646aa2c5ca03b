"""Whom a lesson is for is changed by its author, and by teachers where they see it."""

import pytest

from bot.slack.admin.scopes import KEPT_UNTIL, ONLY_AUTHOR
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BEN, DIRECT, GENERAL, PRIVATE

HERE = Scope("channel", PRIVATE)
CARL = "U0CARL"


@pytest.fixture
def direct(drive: Drive) -> Direct:
    """Anna is a teacher; Ben teaches; Carl is nobody in particular."""
    bot = drive(teachers=(ANNA,))
    people = bot.workspace.people
    people[CARL] = type(people[ANNA])(CARL, "carl")
    for channel in (PRIVATE, GENERAL):
        bot.workspace.channels[channel].members.add(CARL)
    return bot


def lesson(direct: Direct, scope: Scope, author: str = BEN) -> int:
    new = NewExample("Who?", "Noor.", "teach", author, channel=PRIVATE, scope=scope)
    return direct.store.examples.add(new).id


def scope_of(direct: Direct, example: int) -> Scope:
    return direct.store.examples.get(example).for_whom


@pytest.mark.parametrize("user", [BEN, ANNA])
def test_author_and_teacher_widen_it_where_they_see_it(direct: Direct, user: str) -> None:
    example = lesson(direct, HERE)
    said = direct.press("scope:everyone", str(example), user=user, channel=PRIVATE)
    assert f"Example {example} is for everyone now" in said.text
    assert scope_of(direct, example) == EVERYONE
    assert direct.store.examples.history(example)[-1].who == user


def test_a_teacher_does_not_where_they_do_not_see_it(direct: Direct) -> None:
    example = lesson(direct, HERE)
    for channel in (GENERAL, DIRECT):
        direct.press("scope:everyone", str(example), user=ANNA, channel=channel)
        direct.command(f"examples everyone {example}", user=ANNA, channel=channel)
    assert scope_of(direct, example) == HERE


@pytest.mark.parametrize("channel", [PRIVATE, GENERAL])
def test_nobody_else_does(direct: Direct, channel: str) -> None:
    example = lesson(direct, HERE)
    assert (
        "now" not in direct.press("scope:everyone", str(example), user=CARL, channel=channel).text
    )
    assert scope_of(direct, example) == HERE
    card = direct.command(f"examples show {example}", user=CARL, channel=PRIVATE)
    assert "scope:" not in str(card.blocks)


def test_the_command_asks_before_more_people_are_told(direct: Direct) -> None:
    example = lesson(direct, HERE)
    asked = direct.command(f"examples everyone {example}", user=BEN, channel=PRIVATE)
    assert f"Shall I tell example {example} to everyone?" in asked.text
    assert scope_of(direct, example) == HERE
    value = asked.button_value("scope:everyone")
    direct.press("scope:everyone", value, user=BEN, channel=PRIVATE)
    assert scope_of(direct, example) == EVERYONE


def test_fewer_people_need_no_question_and_it_is_said_what_adapters_keep(direct: Direct) -> None:
    example = lesson(direct, EVERYONE)
    said = direct.command(f"examples here {example}", user=BEN, channel=PRIVATE)
    assert KEPT_UNTIL.strip() in said.text
    assert scope_of(direct, example) == HERE
    said = direct.command(f"examples me {example}", user=BEN, channel=PRIVATE)
    assert "for you alone now" in said.text
    assert KEPT_UNTIL.strip() not in said.text
    assert scope_of(direct, example) == Scope("person", BEN)


def test_from_one_channel_to_another_it_asks(direct: Direct) -> None:
    """Whoever reads the other channel did not know it."""
    example = lesson(direct, HERE)
    asked = direct.command(f"examples show {example}", user=BEN, channel=PRIVATE)
    assert "scope:channel" not in str(asked.blocks)
    # In their own direct messages there is no channel that it could be for.
    told = direct.command(
        f"examples here {example}", user=BEN, channel=direct.workspace.direct(BEN).id
    )
    assert "That is no channel" in told.text
    assert scope_of(direct, example) == HERE


def test_only_its_author_keeps_a_lesson_for_themselves(direct: Direct) -> None:
    example = lesson(direct, EVERYONE)
    said = direct.press("scope:person", str(example), user=ANNA, channel=PRIVATE)
    assert said.text == ONLY_AUTHOR
    assert scope_of(direct, example) == EVERYONE


def test_what_is_out_of_use_is_told_to_nobody(direct: Direct) -> None:
    example = lesson(direct, HERE)
    direct.store.examples.change(example, "withdrawn", BEN)
    said = direct.press("scope:everyone", str(example), user=BEN, channel=PRIVATE)
    assert "withdrawn" in said.text
    assert scope_of(direct, example) == HERE


def test_the_list_and_the_card_say_whom_a_lesson_is_for(direct: Direct) -> None:
    lesson(direct, HERE)
    assert "for this channel" in direct.command("examples", channel=PRIVATE).everything
    assert (
        "approved, for this channel"
        in direct.command("examples show 1", channel=PRIVATE).everything
    )
