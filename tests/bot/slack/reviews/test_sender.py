"""Who is asked about due lessons: once a week, whatever happens to Slack meanwhile."""

import pytest

from bot.settings import LessonSettings, Settings
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.bot.slack.reviews.steps import (
    CARL,
    DAYS,
    TEACHER,
    age,
    an_hour_later,
    in_channel,
    messages_to,
)
from tests.slack_server.workspace import ANNA, BEN, GENERAL, OTHER_BOT, PRIVATE


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.with_changes(lessons=LessonSettings(review_days=DAYS))


@pytest.fixture
def direct(drive: Drive) -> Direct:
    """Ben has taught a lesson that is due, and there is a teacher."""
    bot = drive(teachers=(TEACHER,))
    people = bot.workspace.people
    for person in (TEACHER, CARL):
        people[person] = type(people[ANNA])(person, person.lower())
        bot.workspace.channels[GENERAL].members.add(person)
    bot.command("Who bakes? => Ben does.", name="/teach", user=BEN)
    age(bot.store, DAYS + 1)
    return bot


def asked(direct: Direct, *people: str) -> list[int]:
    """How many messages each person was sent, after a round an hour later."""
    an_hour_later(direct)
    direct.parts.rounds.once()
    return [len(messages_to(direct, person)) for person in people]


def test_the_owner_is_asked_once_a_week(direct: Direct) -> None:
    assert asked(direct, BEN, TEACHER, ANNA) == [1, 0, 0]
    assert asked(direct, BEN) == [1]
    age(direct.store, 6)
    assert asked(direct, BEN) == [1]
    age(direct.store, 2)
    assert asked(direct, BEN, TEACHER) == [2, 0]


def test_nobody_is_asked_about_what_was_taught_lately(drive: Drive) -> None:
    bot = drive()
    bot.command("Who bakes? => Ben does.", name="/teach", user=BEN)
    age(bot.store, DAYS - 1)
    assert asked(bot, BEN) == [0]


def test_while_slack_is_away_it_waits(direct: Direct) -> None:
    direct.client.refused["chat.postMessage"] = "internal_error"
    assert asked(direct, BEN) == [0]
    direct.client.refused.clear()
    assert asked(direct, BEN) == [1]
    assert asked(direct, BEN) == [1]


def test_what_was_decided_while_slack_was_away_is_written_later(direct: Direct) -> None:
    asked(direct, BEN)
    (message,) = messages_to(direct, BEN)
    direct.client.refused["chat.update"] = "internal_error"
    direct.command("lessons withdraw 1", user=BEN)
    direct.parts.rounds.once()
    assert "retired" not in message.everything
    direct.client.refused.clear()
    direct.parts.rounds.once()
    assert "retired" in message.everything


def test_of_an_owner_who_left_the_teachers_are_asked(direct: Direct) -> None:
    direct.workspace.people[BEN].deleted = True
    assert asked(direct, BEN, TEACHER) == [0, 1]
    (message,) = messages_to(direct, TEACHER)
    assert "taught by U0BEN" in message.everything


def test_while_slack_does_not_say_who_left_nobody_is_asked(direct: Direct) -> None:
    direct.client.hidden.add(BEN)
    assert asked(direct, BEN, TEACHER) == [0, 0]
    direct.client.hidden.clear()
    assert asked(direct, BEN, TEACHER) == [1, 0]


def test_of_an_owner_who_opted_out_the_teachers_are_asked(direct: Direct) -> None:
    direct.store.people.opt_out(BEN)
    assert asked(direct, BEN, TEACHER) == [0, 1]


def test_of_a_guest_the_teachers_are_asked(direct: Direct) -> None:
    direct.workspace.people[BEN].guest = True
    assert asked(direct, BEN, TEACHER) == [0, 1]


def test_what_one_channel_alone_is_told_is_asked_there_once_its_owner_has_left(
    direct: Direct,
) -> None:
    direct.workspace.channels[PRIVATE].members.add(BEN)
    direct.command("Who knows the code? => Noor.", name="/teach", user=BEN, channel=PRIVATE)
    age(direct.store, DAYS + 1)
    direct.workspace.people[BEN].deleted = True
    assert asked(direct, BEN, TEACHER) == [0, 1]
    (message,) = messages_to(direct, TEACHER)
    assert "code" not in message.everything
    (there,) = in_channel(direct, PRIVATE)
    assert "Who knows the code?" in there.everything
    assert in_channel(direct, GENERAL) == []


def test_a_channel_in_which_the_bot_is_switched_off_is_asked_nothing(direct: Direct) -> None:
    direct.workspace.channels[PRIVATE].members.add(BEN)
    direct.command("Who knows the code? => Noor.", name="/teach", user=BEN, channel=PRIVATE)
    direct.store.channels.set(PRIVATE, False, TEACHER)
    age(direct.store, DAYS + 1)
    direct.workspace.people[BEN].deleted = True
    asked(direct)
    assert in_channel(direct, PRIVATE) == []


def test_another_bot_is_asked_nothing_the_teachers_are(direct: Direct) -> None:
    """At the machine anybody may be named as an owner."""
    direct.store.freshness.hand_over(1, OTHER_BOT, "cli")
    assert asked(direct, BEN, TEACHER) == [0, 1]


def test_what_is_for_a_person_who_left_alone_is_asked_of_nobody(direct: Direct) -> None:
    own = direct.workspace.direct(BEN).id
    direct.command("My dentist? => Dr. Ada.", name="/teach", user=BEN, channel=own)
    age(direct.store, DAYS + 1)
    direct.workspace.people[BEN].deleted = True
    asked(direct)
    said = [m.everything for m in direct.workspace.messages if ":calendar:" in m.everything]
    assert len(said) == 1
    assert not any("dentist" in text for text in said)


def test_whoever_is_forgotten_is_asked_nothing_and_no_message_of_theirs_is_kept(
    direct: Direct,
) -> None:
    asked(direct)
    direct.command("forget me", user=BEN)
    direct.press("oneself:forget", BEN, user=BEN)
    assert list(direct.store.connections.db.query("select * from reviews")) == []
    assert list(direct.store.connections.db.query("select * from review_lessons")) == []


def test_the_home_tab_has_the_due_lessons_of_whoever_sees_it(direct: Direct) -> None:
    shown = {}
    for user in (BEN, ANNA):
        tab = {"type": "app_home_opened", "tab": "home", "user": user, "channel": "D0"}
        direct.dispatch(direct.body(tab))
        shown[user] = str(direct.workspace.homes[user])
    assert "Who bakes?" in shown[BEN]
    assert "of yours still true" in shown[BEN]
    assert "of yours still true" not in shown[ANNA]
