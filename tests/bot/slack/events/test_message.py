"""Which events say that a message is gone."""

from typing import Any

import pytest

from bot.slack.events.message import deletion_from_event

CHANGED = {"subtype": "message_changed", "channel": "C1", "ts": "3.0"}


@pytest.mark.parametrize(
    "event",
    [
        {"subtype": "message_deleted", "channel": "C1", "deleted_ts": "1.0", "ts": "3.0"},
        {"subtype": "message_deleted", "channel": "C1", "previous_message": {"ts": "1.0"}},
        # The first message of a thread stays behind as a tombstone.
        {**CHANGED, "message": {"subtype": "tombstone", "ts": "1.0"}},
    ],
)
def test_a_message_is_gone(event: dict[str, Any]) -> None:
    assert deletion_from_event(event) == ("C1", "1.0")


@pytest.mark.parametrize(
    "event",
    [
        {"channel": "C1", "ts": "1.0", "text": "hello"},
        {**CHANGED, "message": {"ts": "1.0", "text": "hello!"}},
        {**CHANGED, "message": None},
        {"subtype": "message_deleted", "channel": "C1"},
    ],
)
def test_other_messages_are_not(event: dict[str, Any]) -> None:
    assert deletion_from_event(event) is None
