"""Which scopes a person may choose where, and when somebody asks before."""

import pytest

from bot.permissions import Rights
from bot.settings import Settings
from bot.slack.lessons.scope_buttons import (
    ALL_HERE,
    EVERYBODY,
    chosen_scope,
    place_of,
    scope_buttons,
    widens,
)
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, Audience, Scope

HERE, THERE, MINE = Scope("channel", "C1"), Scope("channel", "C2"), Scope("person", "U0ANNA")


@pytest.mark.parametrize(
    ("kind", "channel", "scope"),
    [
        ("everyone", "C1", EVERYONE),
        ("channel", "C1", HERE),
        ("person", "C1", MINE),
        ("channel", "D1", None),
        ("channel", "", None),
        ("person", "D1", MINE),
        (None, "C1", None),
        ("anything", "C1", None),
    ],
)
def test_a_word_means_a_scope_only_where_there_is_one(
    kind: str | None, channel: str, scope: Scope | None
) -> None:
    assert chosen_scope(kind, "U0ANNA", channel) == scope


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        (HERE, EVERYONE, True),
        (MINE, EVERYONE, True),
        (MINE, HERE, True),
        (HERE, THERE, True),
        (HERE, HERE, False),
        (HERE, MINE, False),
        (EVERYONE, HERE, False),
        (EVERYONE, MINE, False),
    ],
)
def test_it_is_known_when_people_are_told_who_were_not(
    before: Scope, after: Scope, more: bool
) -> None:
    assert widens(before, after) is more


def test_alone_with_the_bot_somebody_sees_what_they_taught_for_channels() -> None:
    for channel in ("D0ANNA", ""):
        assert place_of("U0ANNA", channel) == Audience(person="U0ANNA", own=True)
    assert place_of("U0ANNA", "C1") == Audience(channel="C1")


@pytest.mark.parametrize(
    ("scope", "user", "channel", "offered"),
    [
        (EVERYONE, "U0ANNA", "C1", {"channel": None, "person": None}),
        (EVERYONE, "U0BEN", "C1", {}),
        (EVERYONE, "U0ANNA", "D0ANNA", {"person": None}),
        (HERE, "U0ANNA", "C1", {"everyone": EVERYBODY, "person": None}),
        (HERE, "U0TEACHER", "C1", {"everyone": EVERYBODY}),
        (HERE, "U0TEACHER", "C2", {}),
        (MINE, "U0ANNA", "C1", {"everyone": EVERYBODY, "channel": ALL_HERE}),
        (MINE, "U0ANNA", "D0ANNA", {"everyone": EVERYBODY}),
    ],
)
def test_the_buttons_are_those_that_somebody_may_press(
    store: Store,
    settings: Settings,
    scope: Scope,
    user: str,
    channel: str,
    offered: dict[str, str | None],
) -> None:
    store.people.make("U0TEACHER", "teacher", "test")
    example = store.examples.add(NewExample("Q?", "A.", "teach", "U0ANNA", scope=scope))
    buttons = [
        button.to_dict()
        for button in scope_buttons(Rights(store, settings), example, user, channel)
    ]
    shown = {
        button["action_id"].removeprefix("scope:"): button.get("confirm") for button in buttons
    }
    asks = {kind: dialog and dialog["text"]["text"] for kind, dialog in shown.items()}
    assert asks == offered
    assert {button["value"] for button in buttons} <= {str(example.id)}
