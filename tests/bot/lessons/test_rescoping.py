"""Whom a lesson is for is changed by who may, and never gets round a review or an author."""

import pytest

from bot.errors import InputError
from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.teaching import Lesson
from bot.permissions import RightsError
from bot.settings import load_settings
from bot.store import Store
from bot.store.examples.scope import EVERYONE, Audience, Scope
from tests.bot.stored import reply

ANNA, BEN, TEACHER = "U0ANNA", "U0BEN", "U0TEACH"
HERE = Audience(channel="C0SHUT")
SHUT = Scope("channel", "C0SHUT")
QUESTION = "When is lunch?"


@pytest.fixture(autouse=True)
def places(store: Store) -> None:
    store.places.learn("C0SHUT", "private")
    store.people.make(TEACHER, "teacher", "settings")


def taught(curation: Curation, channel: str, author: str = ANNA, answer: str = "At noon.") -> int:
    number = curation.teach(QUESTION, answer, author, channel=channel).id
    assert number is not None
    return number


def test_its_author_widens_and_narrows_a_lesson(curation: Curation, store: Store) -> None:
    number = taught(curation, "C0SHUT")
    assert store.examples.get(number).for_whom == SHUT
    for scope in (EVERYONE, SHUT, Scope("person", ANNA), SHUT):
        example = curation.rescope(number, scope, ANNA, HERE)
        assert (example.for_whom, example.status) == (scope, "approved")
    assert store.notices.untold(10) == []


def test_a_teacher_widens_it_only_where_they_read_it_and_its_author_hears_that(
    curation: Curation, store: Store
) -> None:
    number = taught(curation, "C0SHUT")
    for who, audience in ((BEN, HERE), (TEACHER, Audience(channel="C0ELSE"))):
        with pytest.raises(RightsError):
            curation.rescope(number, EVERYONE, who, audience)
    assert curation.rescope(number, EVERYONE, TEACHER, HERE).scope == "everyone"
    assert [(n.person, n.what, n.who) for n in store.notices.untold(10)] == [
        (ANNA, "scope", TEACHER)
    ]


def test_nobody_takes_a_lesson_for_themselves_or_into_a_channel_they_are_not_in(
    curation: Curation, store: Store
) -> None:
    number = taught(curation, "C0SHUT")
    for scope in (Scope("person", TEACHER), Scope("person", ANNA), Scope("channel", "C0ELSE")):
        with pytest.raises(RightsError):
            curation.rescope(number, scope, TEACHER, HERE)
    with pytest.raises(RightsError):
        curation.rescope(number, Scope("person", BEN), ANNA, HERE)
    assert store.examples.get(number).for_whom == SHUT


def test_whoever_runs_the_machine_makes_it_a_lesson_for_anybody(curation: Curation) -> None:
    number = taught(curation, "C0SHUT")
    for scope in (Scope("channel", "C0ELSE"), Scope("person", BEN), EVERYONE):
        assert curation.rescope(number, scope, "anna", None).for_whom == scope
    with pytest.raises(InputError, match="no channel"):
        curation.rescope(number, Scope("channel", "D0ANNA"), "anna", None)


def test_what_is_out_of_use_stays_as_it_is(curation: Curation) -> None:
    number = taught(curation, "C0SHUT")
    curation.withdraw(number, ANNA)
    with pytest.raises(InputError, match="withdrawn"):
        curation.rescope(number, EVERYONE, ANNA, HERE)


def test_taught_in_private_and_widened_it_waits_for_the_review(home: Home, store: Store) -> None:
    home.config.write_text('[examples]\napproval = "review"\n')
    curation = Curation(store, load_settings(home))
    number = taught(curation, "D0ANNA")
    assert store.examples.get(number).status == "approved"
    assert curation.rescope(number, EVERYONE, ANNA, None).status == "pending"
    assert curation.rescope(number, Scope("person", ANNA), ANNA, None).status == "approved"


def test_narrowing_what_was_reviewed_needs_no_second_review(home: Home, store: Store) -> None:
    home.config.write_text('[examples]\napproval = "review"\n')
    curation = Curation(store, load_settings(home))
    number = taught(curation, "C0SHUT")
    curation.approve(number, TEACHER)
    store.examples.set_scope(number, EVERYONE, TEACHER)
    assert curation.rescope(number, SHUT, ANNA, HERE).status == "approved"


def test_widened_it_replaces_nobodys_lesson_without_consent(
    curation: Curation, store: Store
) -> None:
    """Otherwise one would teach in private first to get round the author of another answer."""
    old = curation.learn(Lesson(QUESTION, "At one.", BEN)).id
    number = taught(curation, "D0ANNA")
    assert curation.rescope(number, EVERYONE, ANNA, None).status == "pending"
    assert old is not None
    assert store.examples.get(old).status == "approved"
    assert {(n.person, n.what) for n in store.notices.untold(10)} == {
        (BEN, "proposed"),
        (TEACHER, "proposed"),
    }
    curation.take(number, BEN)
    assert [store.examples.get(n).status for n in (old, number)] == ["superseded", "approved"]


def test_widened_it_replaces_its_authors_other_answer(curation: Curation, store: Store) -> None:
    old = curation.learn(Lesson(QUESTION, "At one.", ANNA)).id
    number = taught(curation, "D0ANNA")
    assert curation.rescope(number, EVERYONE, ANNA, None).status == "approved"
    assert old is not None
    assert store.examples.get(old).status == "superseded"


def test_what_is_taught_there_already_is_not_taught_twice(curation: Curation) -> None:
    number = taught(curation, "D0ANNA")
    curation.learn(Lesson(QUESTION, "At noon.", BEN))
    with pytest.raises(InputError, match="the same there already"):
        curation.rescope(number, EVERYONE, ANNA, None)


def test_narrowed_it_is_proposed_for_nothing_any_more(curation: Curation, store: Store) -> None:
    curation.learn(Lesson(QUESTION, "At one.", BEN))
    number = curation.learn(Lesson(QUESTION, "At noon.", ANNA)).id
    assert number is not None
    assert curation.rescope(number, Scope("person", ANNA), ANNA, None).status == "approved"
    assert store.replacements.of(number, "proposed") == []


def test_a_talk_that_tells_a_private_lesson_is_not_made_known_to_more_people(
    curation: Curation, ratings: ReplyRatings, store: Store
) -> None:
    """Else that lesson would be trained with the turns, unseen by who presses the button."""
    here = Scope("channel", "C1")
    private = curation.learn(Lesson(QUESTION, "At noon.", BEN, scope=here)).id
    assert private is not None
    reply(store, QUESTION, "At noon.", basis="taught", lessons=[private])
    talk = ratings.thumbs_up(reply(store, QUESTION, "At noon.", "And tea?", "At four."), ANNA).id
    assert talk is not None
    place = Audience(channel="C1")
    with pytest.raises(InputError, match="a lesson for fewer people"):
        curation.rescope(talk, EVERYONE, ANNA, place)
    mine = Scope("person", ANNA)
    assert curation.rescope(talk, mine, ANNA, place).for_whom == mine
    curation.rescope(private, EVERYONE, BEN, place)
    assert curation.rescope(talk, EVERYONE, ANNA, place).for_whom == EVERYONE
