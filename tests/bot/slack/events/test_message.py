"""Messages, edits and deletions out of events, and nothing out of all others."""

from typing import Any

import pytest

from bot.slack.events.message import SNIPPET, change_from_event, deletion_from_event, from_event

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


SAID: dict[str, Any] = {"channel": "C1", "ts": "1.0", "user": "U1", "text": "hello"}


def test_a_message_is_read() -> None:
    message = from_event({**SAID, "thread_ts": "0.5", "files": [{}], "channel_type": "channel"})
    assert message is not None
    assert (message.thread, message.reply, message.files, message.direct) == ("0.5", True, 1, False)
    alone = from_event(SAID)
    assert alone is not None
    assert (alone.thread, alone.reply) == ("1.0", False)


@pytest.mark.parametrize("event", [{"channel": "D1"}, {"channel_type": "im"}])
def test_a_direct_message_is_known_by_its_channel(event: dict[str, Any]) -> None:
    message = from_event({**SAID, **event})
    assert message is not None
    assert message.direct


def test_what_is_kept_of_a_direct_message_does_not_name_its_channel() -> None:
    direct, public = from_event({**SAID, "channel": "D0ANNA"}), from_event(SAID)
    assert direct is not None
    assert public is not None
    assert "D0ANNA" not in direct.key
    assert public.key == "message:C1:1.0"


@pytest.mark.parametrize(
    "change",
    [
        {"edited": {"ts": "2.0"}},
        {"subtype": "channel_join"},
        {"bot_id": "B1"},
        {"bot_profile": {"id": "B1"}},
        {"hidden": True},
        {"user": None},
        {"user": "USLACKBOT"},
        {"ts": None},
    ],
)
def test_what_no_person_said_anew_is_no_message(change: dict[str, Any]) -> None:
    assert from_event({**SAID, **change}) is None


def edited(now: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "subtype": "message_changed",
        "channel": "C1",
        "ts": "9.0",
        "message": {"ts": "1.0", "user": "U1", **now},
        "previous_message": {"ts": "1.0", "text": "hello", **(before or {})},
    }


def test_an_edit_has_the_new_words_and_its_own_stamp() -> None:
    change = change_from_event(edited({"text": "hello!"}))
    assert change is not None
    assert change.message is not None
    assert (change.message.text, change.ts, str(change.stamp)) == ("hello!", "1.0", "9.0")
    assert change.question_key == "message:C1:1.0"


@pytest.mark.parametrize(
    "event",
    [
        {"subtype": "message_deleted", "channel": "C1", "deleted_ts": "1.0", "ts": "9.0"},
        edited({"subtype": "tombstone", "text": "This message was deleted."}),
    ],
)
def test_a_deletion_is_a_change_without_words(event: dict[str, Any]) -> None:
    change = change_from_event(event)
    assert change is not None
    assert (change.ts, change.message) == ("1.0", None)


@pytest.mark.parametrize(
    "event",
    [
        edited({"text": "hello"}),
        edited({"text": "hello!"}, {"bot_id": "B1"}),
        edited({"text": "hello!", "user": None}),
        {**edited({"text": "hello!"}), "ts": "not a number"},
        {**edited({"text": "hello!"}), "channel": None},
        SAID,
    ],
)
def test_without_new_words_of_a_person_nothing_has_changed(event: dict[str, Any]) -> None:
    assert change_from_event(event) is None


SNIPPET_FILE = {"mode": "snippet", "preview": "a <b> & c", "preview_is_truncated": False}


def test_a_text_snippet_that_came_whole_is_text() -> None:
    said = from_event(SAID | {"subtype": "file_share", "files": [SNIPPET_FILE, {"mode": "hosted"}]})
    assert said is not None
    assert said.text == f"{SAID['text']}\na &lt;b&gt; &amp; c"
    assert said.files == 1, "the other one was not read"


@pytest.mark.parametrize(
    "changes",
    [
        {"preview_is_truncated": True},
        {"lines_more": 3},
        {"preview": "x" * (SNIPPET + 1)},
        {"preview": ""},
        {"mode": "hosted"},
    ],
)
def test_half_a_snippet_is_a_file(changes: dict[str, Any]) -> None:
    said = from_event(SAID | {"subtype": "file_share", "files": [SNIPPET_FILE | changes]})
    assert said is not None
    assert (said.text, said.files) == (SAID["text"], 1)
