"""/nightschool export: the approved lessons as a file."""

import json

from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.slack.admin.steps import ask, with_admin
from tests.bot.slack.conftest import Drive, School
from tests.slack_server.workspace import ANNA, BEN


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


def test_a_lesson_whose_last_day_is_over_is_not_exported(drive: Drive) -> None:
    direct = drive(admins=(ANNA,))
    direct.store.examples.add(NewExample("Old?", "Yes.", "teach", BEN, expires_on="2020-01-01"))
    assert "nothing to export" in direct.command("export").text


def test_letters_are_exported_as_they_are(school: School) -> None:
    with_admin(school)
    school.store.examples.add(NewExample("Wo?", "Im Büro.", "teach", BEN))
    ask(school, "export", "1 lesson in our direct messages")
    (content,) = school.slack.workspace.files.values()
    assert "Im Büro." in content.decode()


def test_who_is_no_admin_gets_no_export(drive: Drive) -> None:
    direct = drive(admins=(ANNA,))
    direct.store.examples.add(NewExample("Where?", "Here.", "teach", BEN))
    assert "Only admins" in direct.command("export", user=BEN).text


def test_what_is_not_for_everyone_is_not_exported(school: School) -> None:
    with_admin(school)
    for answer, scope in (("Open.", EVERYONE), ("Secret.", Scope("channel", "C0PLANS"))):
        school.store.examples.add(NewExample(f"{answer}?", answer, "teach", BEN, scope=scope))
    ask(school, "export", "1 lesson in our direct messages")
    (content,) = school.slack.workspace.files.values()
    assert "Open." in content.decode()
    assert "Secret." not in content.decode()
