"""A lesson is handed over to somebody who may read it, and who is asked about it from then on."""

import pytest

from bot.settings import LessonSettings, Settings
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.bot.slack.reviews.steps import CARL, DAYS, TEACHER, age, messages_to
from tests.slack_server.workspace import ANNA, BEN, CLEO, GENERAL, OTHER_BOT, PRIVATE


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.with_changes(lessons=LessonSettings(review_days=DAYS))


@pytest.fixture
def direct(drive: Drive) -> Direct:
    """Ben has taught a lesson, and there is a teacher."""
    bot = drive(teachers=(TEACHER,))
    people = bot.workspace.people
    for person in (TEACHER, CARL, "USLACKBOT"):
        people[person] = type(people[ANNA])(person, person.lower())
        bot.workspace.channels[GENERAL].members.add(person)
    bot.command("Who bakes? => Ben does.", name="/teach", user=BEN)
    return bot


@pytest.mark.parametrize("who", [BEN, TEACHER])
def test_author_and_teacher_hand_it_over_and_the_new_owner_is_asked(
    direct: Direct, who: str
) -> None:
    assert "carl owns example 1" in direct.command(f"lessons hand 1 <@{CARL}|carl>", user=who).text
    age(direct.store, DAYS + 1)
    direct.parts.rounds.once()
    assert (len(messages_to(direct, CARL)), len(messages_to(direct, BEN))) == (1, 0)
    assert direct.store.examples.get(1).author == BEN
    direct.press("review:true", "1", user=CARL)
    assert direct.store.examples.get(1).confirmed_at is not None


def test_others_hand_nothing_over(direct: Direct) -> None:
    assert "may do that" in direct.command(f"lessons hand 1 <@{ANNA}>", user=CARL).text
    assert "guest" in direct.command(f"lessons hand 1 <@{ANNA}>", user=CLEO).text
    assert direct.store.examples.get(1).owned_by == BEN


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("hand 1", "Write `/nightschool lessons hand"),
        ("hand one <@U0CARL>", "Write `/nightschool lessons hand"),
        ("hand 99 <@U0CARL>", "no example 99"),
        ("hand 1 <@U0NIGHTBOT>", "cannot own"),
        (f"hand 1 <@{OTHER_BOT}>", "cannot own"),
        ("hand 1 <@USLACKBOT>", "cannot own"),
        ("hand 1 <@U0NOBODY>", "guest"),
        (f"hand 1 <@{CLEO}>", "guest"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(direct: Direct, words: str, told: str) -> None:
    assert told in direct.command(f"lessons {words}", user=BEN).text
    assert direct.store.examples.get(1).owner is None


def test_who_left_or_opted_out_owns_nothing(direct: Direct) -> None:
    direct.workspace.people[CARL].deleted = True
    assert "cannot own" in direct.command(f"lessons hand 1 <@{CARL}>", user=BEN).text
    direct.store.people.opt_out(TEACHER)
    assert "opted out" in direct.command(f"lessons hand 1 <@{TEACHER}>", user=BEN).text
    assert direct.store.examples.get(1).owner is None


def test_a_lesson_of_one_channel_goes_only_to_who_reads_it_there(direct: Direct) -> None:
    direct.workspace.channels[PRIVATE].members.add(BEN)
    direct.command("The code? => 7.", name="/teach", user=BEN, channel=PRIVATE)
    hand = f"lessons hand 2 <@{CARL}>"
    assert "not in it" in direct.command(hand, user=BEN, channel=PRIVATE).text
    direct.workspace.channels[PRIVATE].members.add(CARL)
    assert "is for one channel" in direct.command(hand, user=TEACHER).text
    assert "owns example 2" in direct.command(hand, user=BEN, channel=PRIVATE).text
    shown = direct.command("lessons show 2", user=CARL, channel=direct.workspace.direct(CARL).id)
    assert "The code?" in shown.everything


def test_a_lesson_of_one_person_is_nobody_elses(direct: Direct) -> None:
    own = direct.workspace.direct(BEN).id
    direct.command("My dentist? => Dr. Ada.", name="/teach", user=BEN, channel=own)
    told = direct.command(f"lessons hand 2 <@{CARL}>", user=BEN, channel=own)
    assert "for one person alone" in told.text


def test_what_becomes_private_is_its_authors_again(direct: Direct) -> None:
    direct.command(f"lessons hand 1 <@{CARL}>", user=BEN)
    direct.command("lessons here 1", user=BEN)
    assert direct.store.examples.get(1).scope == "channel"
    assert direct.store.examples.get(1).owned_by == BEN


def test_the_owner_hears_of_what_others_do_with_the_lesson(direct: Direct) -> None:
    direct.command(f"lessons hand 1 <@{CARL}>", user=BEN)
    direct.command("lessons withdraw 1", user=TEACHER)
    direct.parts.rounds.once()
    for person in (BEN, CARL):
        channel = direct.workspace.direct(person).id
        told = [m.text for m in direct.workspace.messages if m.channel == channel]
        assert any("withdrew" in text for text in told)
