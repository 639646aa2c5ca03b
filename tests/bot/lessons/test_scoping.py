"""Whom a lesson is for where nobody says it."""

import pytest

from bot.lessons.curation import Curation
from bot.lessons.scoping import default_scope, narrower, place_scope, scope_word
from bot.lessons.teaching import Lesson
from bot.store import Store
from bot.store.examples.scope import EVERYONE, Scope


@pytest.mark.parametrize("channel", [None, "", "console", "cli"])
def test_what_is_taught_on_the_machine_is_for_everyone(store: Store, channel: str | None) -> None:
    assert default_scope(store, channel, "anna") == EVERYONE


@pytest.mark.parametrize(
    ("channel", "scope"),
    [
        ("C0OPEN", EVERYONE),
        ("C0SHUT", Scope("channel", "C0SHUT")),
        ("C0FEW", Scope("channel", "C0FEW")),
        ("C0NEW", Scope("channel", "C0NEW")),
        ("D0ANNA", Scope("person", "U0ANNA")),
    ],
)
def test_only_what_is_taught_in_a_channel_known_as_public_is_for_everyone(
    store: Store, channel: str, scope: Scope
) -> None:
    store.places.learn("C0OPEN", "public")
    store.places.learn("C0SHUT", "private")
    store.places.learn("C0FEW", "group")
    assert default_scope(store, channel, "U0ANNA") == scope


def test_the_scope_of_a_place_is_its_own_also_where_everybody_reads() -> None:
    assert place_scope("C0OPEN", "U0ANNA") == Scope("channel", "C0OPEN")
    assert place_scope("D0ANNA", "U0ANNA") == Scope("person", "U0ANNA")
    assert place_scope("console", "console") == EVERYONE


def test_what_is_made_of_two_things_is_for_whom_the_more_private_one_is() -> None:
    channel, person = Scope("channel", "C1"), Scope("person", "U1")
    assert narrower(EVERYONE, channel) == narrower(channel, EVERYONE) == channel
    assert narrower(channel, person) == narrower(person, EVERYONE) == person
    assert narrower(EVERYONE, EVERYONE) == EVERYONE


def test_a_lesson_gets_the_scope_of_its_place_unless_somebody_says_otherwise(
    curation: Curation, store: Store
) -> None:
    store.places.learn("C0OPEN", "public")
    scopes = []
    for number, (channel, scope) in enumerate(
        [("C0OPEN", None), ("C0SHUT", None), ("D0ANNA", None), ("D0ANNA", EVERYONE), (None, None)]
    ):
        lesson = Lesson(f"Question {number}?", "Yes.", "U0ANNA", channel=channel, scope=scope)
        taught = curation.learn(lesson)
        assert taught.id is not None
        assert store.examples.get(taught.id).for_whom == taught.scope
        scopes.append(taught.scope)
    assert scopes == [
        EVERYONE,
        Scope("channel", "C0SHUT"),
        Scope("person", "U0ANNA"),
        EVERYONE,
        EVERYONE,
    ]


def test_nobody_in_slack_teaches_what_is_for_another_person_alone(curation: Curation) -> None:
    lesson = Lesson("When is lunch?", "At noon.", "U0ANNA", scope=Scope("person", "U0BEN"))
    assert curation.learn(lesson).status == "refused"
    at_the_machine = Lesson("When is lunch?", "At noon.", "anna", scope=Scope("person", "U0BEN"))
    assert curation.learn(at_the_machine).status == "approved"


@pytest.mark.parametrize(
    ("scope", "word"),
    [
        (EVERYONE, "everyone"),
        (Scope("channel", "C1"), "this channel"),
        (Scope("channel", "C2"), "one channel"),
        (Scope("person", "U1"), "you alone"),
        (Scope("person", "U2"), "one person"),
        (Scope("person", None), "one person"),
    ],
)
def test_whom_it_is_for_is_said_as_seen_from_where_it_is_read(scope: Scope, word: str) -> None:
    assert scope_word(scope, here="C1", reader="U1") == word


def test_without_a_place_nothing_is_this_channel_or_you_alone() -> None:
    assert scope_word(Scope("channel", "C1")) == "one channel"
    assert scope_word(Scope("person", None)) == "one person"
