"""Reactions as Slack tells of them, and which of a person's thumbs counts."""

from decimal import Decimal
from typing import Any

import pytest

from bot.settings import FeedbackSettings
from bot.slack.events.reaction import RatingOrder, from_event, moment, sign_of

EVENT: dict[str, Any] = {
    "type": "reaction_added",
    "user": "U1",
    "reaction": "+1::skin-tone-3",
    "event_ts": "12.5",
    "item": {"type": "message", "channel": "C1", "ts": "1.0"},
}


def test_a_reaction_is_read_without_its_skin_tone() -> None:
    reaction = from_event(EVENT, "Ev1")
    assert reaction is not None
    assert (reaction.name, reaction.added, reaction.at) == ("+1", True, Decimal("12.5"))
    assert reaction.key == "event:Ev1"
    removed = from_event({**EVENT, "type": "reaction_removed"}, "Ev2")
    assert removed is not None
    assert not removed.added


@pytest.mark.parametrize(
    "change", [{"item": {"type": "file", "file": "F1"}}, {"user": None}, {"item": None}]
)
def test_reactions_to_other_things_or_of_nobody_are_none(change: dict[str, Any]) -> None:
    assert from_event({**EVENT, **change}, "Ev1") is None


def test_an_emoji_says_what_the_settings_say_of_it() -> None:
    settings = FeedbackSettings(up=("tada",), down=("x",))
    assert [sign_of(name, settings) for name in ("tada", "x", "+1")] == [1, -1, 0]


@pytest.mark.parametrize(
    ("ts", "number"), [("1.5", "1.5"), (None, "0"), ("", "0"), ("yesterday", "0")]
)
def test_a_time_stamp_is_a_number(ts: str | None, number: str) -> None:
    assert moment(ts) == Decimal(number)


def test_an_older_thumb_of_the_same_person_on_the_same_reply_does_not_count() -> None:
    order = RatingOrder()
    assert order.is_newest(1, "U1", Decimal(5))
    assert not order.is_newest(1, "U1", Decimal(4))
    assert order.is_newest(1, "U1", Decimal(5))
    assert order.is_newest(1, "U2", Decimal(4))
    assert order.is_newest(2, "U1", Decimal(4))
