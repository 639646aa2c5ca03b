"""Threads of a channel are gathered in bounded memory."""

from collections import Counter

import pytest

from trainer.importing.applications.slack_export import threads as room
from trainer.importing.applications.slack_export.messages import Message
from trainer.importing.applications.slack_export.threads import threads


def message(second: int, thread: int | None = None, text: str = "x") -> Message:
    root = None if thread is None else f"{thread}.0"
    return Message(f"{second}.0", root, "U0ANN", text)


def test_replies_are_in_order_of_time_and_messages_without_replies_are_none() -> None:
    said = [message(1, 1), message(2), message(3, 3), message(9, 1), message(10, 1), message(4, 1)]
    (found,) = threads(said, Counter())
    assert found.root.ts == "1.0"
    assert [reply.ts for reply in found.replies] == ["4.0", "9.0", "10.0"]


def test_the_oldest_thread_is_closed_where_too_much_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "_MOST_OPEN", 2000)
    said = [message(1, 1), message(2, 1), message(3, 3, "y" * 1500), message(4, 3), message(5, 1)]
    left_out: Counter[str] = Counter()
    assert [found.root.ts for found in threads(said, left_out)] == ["1.0", "3.0"]
    assert left_out["orphans"] == 1


def test_a_reply_whose_question_is_missing_is_counted() -> None:
    left_out: Counter[str] = Counter()
    assert list(threads([message(5, 1)], left_out)) == []
    assert left_out["orphans"] == 1
