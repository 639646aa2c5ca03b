"""Whom a lesson is for where nobody says it."""

import pytest

from bot.lessons.scoping import default_scope, scope_word
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
