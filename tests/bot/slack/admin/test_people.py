"""/nightschool people, channels, export and help; each also by somebody without the right."""

import json

import pytest

from tests.bot.slack.admin.steps import ask, with_admin
from tests.bot.slack.conftest import School
from tests.slack_server.workspace import ANNA, BEN, BOT, GENERAL

ADMIN_ONLY = (
    "people teacher <@U0BEN|ben>",
    "channels mute",
    "export",
    "adapters promote base",
    "adapters rollback",
)


@pytest.mark.parametrize("text", ADMIN_ONLY)
def test_without_an_admin_it_is_said_how_to_become_one(school: School, text: str) -> None:
    told = ask(school, text, "nightschool.toml", user=BEN)
    assert f'admins = ["{BEN}"]' in told.text
    assert school.store.people.roles() == []
    assert school.store.channels.all() == {}


@pytest.mark.parametrize("text", ADMIN_ONLY)
def test_who_is_no_admin_is_refused(school: School, text: str) -> None:
    with_admin(school)
    school.store.people.make("U0TEACH", "teacher", ANNA)
    ask(school, text, "Only admins", user=BEN)
    assert [r.person for r in school.store.people.roles()] == [ANNA, "U0TEACH"]
    assert school.store.channels.all() == {}
    assert school.slack.workspace.files == {}


def test_rights_are_given_listed_and_taken(school: School) -> None:
    with_admin(school)
    ask(school, "people teacher <@U0BEN|ben>", "ben is a teacher now")
    assert "ben: teacher" in ask(school, "people", "ben: teacher", user=BEN).text
    ask(school, "people admin <@U0BEN>", "ben is an admin now")
    ask(school, "people remove <@U0BEN|ben>", "no rights any more")
    assert school.store.people.role(BEN) is None


def test_what_makes_no_sense_is_refused(school: School) -> None:
    with_admin(school)
    ask(school, "people teacher ben", "@name")
    ask(school, "people teacher <@U0BEN> <@U0ANNA>", "@name")
    ask(school, f"people admin <@{BOT}>", "no rights of my own")
    ask(school, "people remove <@U0ANNA>", "last admin")
    ask(school, "people teacher <@U0ANNA>", "last admin")
    ask(school, "people remove <@U0BEN>", "no rights that could")
    assert school.store.people.role(ANNA) == "admin"


def test_a_channel_is_muted_and_switched_on_again(school: School) -> None:
    with_admin(school)
    ask(school, "channels mute", "silent in")
    assert school.store.channels.all() == {GENERAL: False}
    ask(school, f"channels listen <#{GENERAL}|general>", "listen in")
    assert "listening" in ask(school, "channels", "listening", user=BEN).text
    ask(school, "channels mute there", "#channel")
    direct = school.slack.workspace.direct(ANNA).id
    ask(school, "channels mute", "cannot be switched", channel=direct)
    assert school.store.channels.all() == {GENERAL: True}


def test_an_export_reaches_only_the_admin_who_asked(school: School) -> None:
    with_admin(school)
    school.slack.send_command("/teach", "Where? => Here & there.", user=BEN)
    school.slack.wait_for_message(ephemeral_to=BEN)
    told = ask(school, "export", "1 lesson in our direct messages")
    (content,) = school.slack.workspace.files.values()
    assert [json.loads(line) for line in content.decode().splitlines()] == [
        {"prompt": "Where?", "completion": "Here & there."}
    ]
    (shared,) = school.slack.bot_messages()
    assert shared.channel == school.slack.workspace.direct(ANNA).id
    assert BEN not in content.decode() + told.everything + shared.everything


def test_an_export_of_nothing_is_refused(school: School) -> None:
    with_admin(school)
    ask(school, "export", "nothing to export")
    assert school.slack.workspace.files == {}


def test_help_tells_each_what_they_may_do(school: School) -> None:
    assert "admins = [" in ask(school, "help", "/nightschool night").everything
    with_admin(school)
    mine = ask(school, "help", "/nightschool night").everything
    theirs = ask(school, "help", "/nightschool night", user=BEN).everything
    assert "/nightschool export" in mine
    assert "/nightschool export" not in theirs
    assert "forget me" in theirs
    assert "admins = [" not in theirs
