"""Whom a lesson is for, and who sees it: the same rule in Python and in SQL."""

import pytest

from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, PUBLIC, Audience, Scope, audience_of, sees

AUTHOR = "U0ANNA"
SCOPES = {
    "everyone": EVERYONE,
    "channel": Scope("channel", "C1"),
    "person": Scope("person", AUTHOR),
    "erased": Scope("person", None),
}
"""Whom lessons of Anna's are for."""
AUDIENCES = {
    "nobody in particular": (PUBLIC, ["everyone"]),
    "the channel": (Audience(channel="C1"), ["everyone", "channel"]),
    "another channel": (Audience(channel="C2"), ["everyone"]),
    "the author alone": (Audience(person=AUTHOR), ["everyone", "person"]),
    "somebody else alone": (Audience(person="U0BEN"), ["everyone"]),
    "the author's list": (Audience(person=AUTHOR, own=True), list(SCOPES)),
    "somebody else's list": (Audience(person="U0BEN", own=True), ["everyone"]),
    "a list in the channel": (Audience("C1", "U0BEN", own=True), ["everyone", "channel"]),
    "a list of nobody's": (Audience(own=True), ["everyone"]),
    "a channel with the person's id": (Audience(channel=AUTHOR), ["everyone"]),
    "a person with the channel's id": (Audience(person="C1"), ["everyone"]),
}
"""Who reads, and what they see."""


@pytest.mark.parametrize("name", AUDIENCES)
def test_an_audience_sees_what_is_for_it_and_nothing_else(store: Store, name: str) -> None:
    audience, seen = AUDIENCES[name]
    assert [key for key, scope in SCOPES.items() if sees(audience, scope, AUTHOR)] == seen
    ids = {
        store.examples.add(NewExample("Why?", "So.", "teach", AUTHOR, scope=scope)).id: key
        for key, scope in SCOPES.items()
    }
    found = store.examples.search(audience=audience)
    assert [ids[example.id] for example in reversed(found)] == seen
    hidden = store.examples.hidden_ids(audience)
    assert [key for number, key in ids.items() if number not in hidden] == seen


@pytest.mark.parametrize(
    ("source", "channel", "person", "audience"),
    [
        ("slack", "C1", "U0ANNA", Audience(channel="C1")),
        ("slack", "G1", "U0ANNA", Audience(channel="G1")),
        ("slack", "D1", "U0ANNA", Audience(person="U0ANNA")),
        ("console", "console", "console", Audience(person="console")),
        ("cli", "cli", "anna", PUBLIC),
        ("import", "D1", "U0ANNA", PUBLIC),
    ],
)
def test_who_reads_an_answer_follows_from_where_it_was_asked(
    source: str, channel: str, person: str, audience: Audience
) -> None:
    assert audience_of(source, channel, person) == audience


def test_only_what_is_not_for_everyone_is_private() -> None:
    private = [scope.private for scope in SCOPES.values()]
    assert private == [False, True, True, True]
