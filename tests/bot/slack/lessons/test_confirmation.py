"""What a teacher is told of a lesson: whom it is for, and what they can do about it."""

import pytest

from bot.lessons.teaching import Taught
from bot.permissions import Rights
from bot.settings import Settings
from bot.slack.lessons.confirmation import UNKNOWN_KIND, Confirmations
from bot.slack.messages.ephemeral import Recipient
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, Scope

ANNA, CHANNEL = "U0ANNA", "C0PLANS"


@pytest.fixture
def confirmations(store: Store, settings: Settings) -> Confirmations:
    return Confirmations(store, Rights(store, settings))


def taught(store: Store, scope: Scope, status: str = "approved") -> Taught:
    new = NewExample("Q?", "A.", "teach", ANNA, status, channel=CHANNEL, scope=scope)
    return Taught(store.examples.add(new).id, status, scope=scope)


def test_the_scope_is_said_in_a_word_and_has_buttons(
    store: Store, confirmations: Confirmations
) -> None:
    told = confirmations.of(taught(store, EVERYONE), Recipient(ANNA, CHANNEL))
    assert told.text.endswith("(example 1), for everyone.")
    _, actions = told.blocks
    labels = [element["text"]["text"] for element in actions.to_dict()["elements"]]
    assert labels == ["Only this channel", "Only me"]


def test_it_is_said_where_the_kind_of_the_channel_is_not_known(
    store: Store, confirmations: Confirmations
) -> None:
    lesson, recipient = taught(store, Scope("channel", CHANNEL)), Recipient(ANNA, CHANNEL)
    assert UNKNOWN_KIND in confirmations.text(lesson, recipient)
    store.places.learn(CHANNEL, "private")
    assert UNKNOWN_KIND not in confirmations.text(lesson, recipient)


def test_who_waits_for_a_teacher_that_there_is_not_hears_how_to_become_an_admin(
    store: Store, confirmations: Confirmations
) -> None:
    waiting, recipient = taught(store, EVERYONE, "pending"), Recipient(ANNA, CHANNEL)
    assert f'admins = ["{ANNA}"]' in confirmations.text(waiting, recipient)
    store.people.make("U0BEN", "teacher", "test")
    assert "admins" not in confirmations.text(waiting, recipient)


@pytest.mark.parametrize(
    "result",
    [Taught(None, "refused", ("no",)), Taught(1, "duplicate"), Taught(1, "withdrawn")],
)
def test_nothing_is_offered_where_nothing_was_stored(
    store: Store, confirmations: Confirmations, result: Taught
) -> None:
    taught(store, EVERYONE)
    assert confirmations.of(result, Recipient(ANNA, CHANNEL)).blocks == ()
