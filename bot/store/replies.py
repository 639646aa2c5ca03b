"""Every answer of the bot, with the messages it answers and where it was posted."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import NotFoundError
from bot.messages import Completion, Message, dump, load
from bot.store.database.clock import now
from bot.store.database.connections import MAX_KEY, Connections, insert
from bot.store.database.personal_data import (
    ASKED,
    DIRECT,
    NOBODY,
    TOUCHED,
    Delete,
    TableErasure,
    Update,
)
from trainer.retrieval.decision import Source

ERASURE = (
    TableErasure(
        "posts",
        (
            Delete(
                f"channel in {DIRECT} or reply_id in {ASKED} or reply_id in {TOUCHED}",
                holds=("channel", "ts"),
            ),
        ),
    ),
    TableErasure(
        "replies",
        (
            Update(
                f"id in {ASKED}",
                {
                    "messages": "'[]'",
                    "text": "''",
                    "recalled": "null",
                    "person": ":nobody",
                    "channel": "''",
                    "thread": "''",
                    "question_ts": "null",
                },
            ),
            # Somebody else asked: their own last words stay.
            Update(
                f"id in {TOUCHED} and messages != '[]'",
                {
                    "messages": "json_array(json_extract(messages, '$[#-1]'))",
                    "text": "''",
                    "recalled": "null",
                },
            ),
        ),
        impersonal={
            "source": "the way that it was asked, one of a few words",
            "model": "a model's name",
            "adapter": "an adapter's version",
            "finish_reason": "one of a few words of the model server",
            "basis": "one of four words",
            "created_at": "a time",
        },
    ),
)

NOT_KEPT = "nobody"
"""Stands in the place of a person of whom nothing may be kept."""
TOLD = "told"
"""The finish reason of an answer that followed later, when somebody had taught it.

Its question was answered or declined before, by a reply of its own: that one alone is counted.
"""


@dataclass(frozen=True)
class Origin:
    """Where an answer comes from.

    Attributes:
        lessons: ids of the examples that it repeats, or that the model was given.
        basis: how it came about; None of answers in comparisons.
        confidence: the chance that it is right.
        with_context: whether it was made with what others had said in the thread.
    """

    lessons: Sequence[int] = ()
    basis: Source | None = None
    confidence: float | None = None
    with_context: bool = False


@dataclass(frozen=True)
class StoredReply:
    """One row of `replies`: the turns of a conversation up to a question, and its answer."""

    id: int
    source: str
    channel: str
    thread: str
    person: str
    messages: tuple[Message, ...]
    text: str
    model: str
    adapter: str | None
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    created_at: str
    question_ts: str | None = None
    recalled: tuple[int, ...] = ()
    """Ids of the examples that the answer repeats, or that the model was given."""
    finish_reason: str | None = None
    """Why the model server ended the answer: `length` where it was cut off."""
    basis: Source | None = None
    """Where the answer comes from; None of comparisons and of older rows."""
    confidence: float | None = None
    """The chance that it is right, as far as it was known."""
    with_context: bool = False
    """Whether what others had said in the thread is in the answer: then it is no lesson."""

    @property
    def question(self) -> str:
        """The last of the turns; empty where it was erased."""
        return self.messages[-1].content if self.messages else ""


class Replies:
    """The `replies` and `posts` tables."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(
        self,
        completion: Completion,
        messages: Sequence[Message],
        *,
        source: str,
        channel: str,
        thread: str,
        person: str,
        question_ts: str | None = None,
        origin: Origin | None = None,
    ) -> StoredReply:
        """Stores one answer and returns it.

        Args:
            completion: the model's answer.
            messages: the turns of the conversation; the question is the last one.
            source: where it was asked, such as `slack` or `cli`.
            channel: the channel in which it was asked.
            thread: the conversation within the channel.
            person: the id of whoever asked.
            question_ts: the time stamp of the question's message, where it has one.
            origin: where the answer comes from; None where that does not matter.
        """
        origin = origin or Origin()
        row: dict[str, Any] = {
            "source": source,
            "channel": channel,
            "thread": thread,
            "person": person,
            "question_ts": question_ts,
            "messages": dump(messages),
            "text": completion.text,
            "model": completion.model,
            "adapter": completion.adapter,
            "prompt_tokens": completion.prompt_tokens,
            "completion_tokens": completion.completion_tokens,
            "seconds": completion.seconds,
            "created_at": now(),
            "finish_reason": completion.finish_reason,
            "recalled": json.dumps(list(origin.lessons)) if origin.lessons else None,
            "basis": origin.basis,
            "confidence": origin.confidence,
            "with_context": int(origin.with_context),
        }
        with self._connections.write() as db:
            identifier = insert(db, "replies", row)
        return _reply({**row, "id": identifier})

    def get(self, reply_id: int) -> StoredReply:
        """Returns one reply.

        Raises:
            NotFoundError: there is none with this id.
        """
        rows = self._rows("id = ?", [reply_id]) if reply_id <= MAX_KEY else []
        if not rows:
            raise NotFoundError(f"there is no reply {reply_id}")
        return rows[0]

    def in_thread(self, channel: str, thread: str, limit: int) -> list[StoredReply]:
        """Returns the newest `limit` replies of one conversation, oldest first."""
        rows = self._rows(
            "channel = ? and thread = ? order by id desc limit ?", [channel, thread, limit]
        )
        return rows[::-1]

    def last_to(self, person: str, channel: str) -> StoredReply | None:
        """Returns the newest reply to one person in a channel, or None; no comparison counts."""
        rows = self._rows(
            "person = ? and channel = ? and id not in"
            " (select base_reply from comparisons union select tuned_reply from comparisons)"
            " order by id desc limit 1",
            [person, channel],
        )
        return rows[0] if rows else None

    def asked_in(self, channel: str, thread: str) -> set[str]:
        """Returns the time stamps of the questions of one conversation that were answered."""
        rows = self._connections.db.query(
            "select question_ts from replies where channel = ? and thread = ?", [channel, thread]
        )
        return {row["question_ts"] for row in rows if row["question_ts"]}

    def to_question(self, channel: str, ts: str) -> list[int]:
        """Returns the ids of the replies to one message, oldest first."""
        rows = self._connections.db.query(
            "select id from replies where channel = ? and question_ts = ? order by id",
            [channel, ts],
        )
        return [int(row["id"]) for row in rows]

    def asked_by(self, person: str) -> list[int]:
        """Returns the ids of all replies to one person, oldest first."""
        rows = self._connections.db.query(
            "select id from replies where person = ? order by id", [person]
        )
        return [int(row["id"]) for row in rows]

    def askers(self, limit: int) -> int:
        """Returns how many people have asked in Slack; counting ends at `limit`."""
        (row,) = self._connections.db.query(
            "select count(*) number from (select distinct person from replies"
            " where source = 'slack' and person not in ('', ?, ?) limit ?)",
            [NOBODY, NOT_KEPT, limit],
        )
        return int(row["number"])

    def direct_channels_of(self, person: str) -> list[str]:
        """Returns the ids of the channels of a person's direct messages."""
        rows = self._connections.db.query(
            "select distinct channel from replies where person = ? and channel like 'D%'", [person]
        )
        return [str(row["channel"]) for row in rows]

    def each(self, within: tuple[str, str] | None = None) -> Iterator[StoredReply]:
        """Yields every reply, oldest first; with `within`, those of one channel and thread.

        The rows are read one by one during the iteration, so that few are in memory at a time.
        """
        where = "channel = ? and thread = ?" if within else "1"
        query = f"select * from replies where {where} order by id"  # noqa: S608  `where` is ours
        return map(_reply, self._connections.db.query(query, within or ()))

    def blank(self, reply_id: int) -> None:
        """Deletes the words and the places of a reply; its row stays without them."""
        with self._connections.write() as db:
            db.conn.execute("delete from posts where reply_id = ?", [reply_id])
            db.conn.execute(
                "update replies set messages = '[]', text = '', recalled = null where id = ?",
                [reply_id],
            )

    def cut(self, reply_ids: Sequence[int]) -> None:
        """Deletes all words of replies except the last message, the question."""
        with self._connections.write() as db:
            db.conn.execute(
                "update replies set messages = json_array(json_extract(messages, '$[#-1]')),"
                " text = '', recalled = null"
                " where id in (select value from json_each(?)) and messages != '[]'",
                [json.dumps(list(reply_ids))],
            )

    def places(self, reply_id: int) -> list[tuple[str, str]]:
        """Returns channel and time stamp of every message that carries this reply, by time."""
        rows = self._connections.db.query(
            "select channel, ts from posts where reply_id = ? order by ts", [reply_id]
        )
        return [(row["channel"], row["ts"]) for row in rows]

    def posted(self, reply_id: int, channel: str, ts: str) -> None:
        """Stores that the message (`channel`, `ts`) carries this reply, or a part of it."""
        with self._connections.write() as db:
            db.table("posts").insert(
                {"channel": channel, "ts": ts, "reply_id": reply_id}, replace=True
            )

    def gone(self, channel: str, ts: str) -> int | None:
        """Deletes the place of a message that was deleted in Slack.

        Returns:
            The id of its reply if no other message carries it, otherwise None.
        """
        with self._connections.write() as db:
            reply_id = self.at(channel, ts)
            if reply_id is None:
                return None
            db.conn.execute("delete from posts where channel = ? and ts = ?", [channel, ts])
            return None if self.places(reply_id) else reply_id

    def at(self, channel: str, ts: str) -> int | None:
        """Returns the id of the reply that the message (`channel`, `ts`) carries, or None."""
        rows = list(
            self._connections.db.query(
                "select reply_id from posts where channel = ? and ts = ?", [channel, ts]
            )
        )
        return int(rows[0]["reply_id"]) if rows else None

    def _rows(self, where: str, parameters: Sequence[object]) -> list[StoredReply]:
        query = f"select * from replies where {where}"  # noqa: S608  `where` is ours
        return [_reply(row) for row in self._connections.db.query(query, parameters)]


def _reply(row: dict[str, Any]) -> StoredReply:
    return StoredReply(
        id=row["id"],
        source=row["source"],
        channel=row["channel"],
        thread=row["thread"],
        person=row["person"],
        messages=load(row["messages"]),
        text=row["text"],
        model=row["model"],
        adapter=row["adapter"],
        prompt_tokens=row["prompt_tokens"],
        completion_tokens=row["completion_tokens"],
        seconds=row["seconds"],
        created_at=row["created_at"],
        question_ts=row["question_ts"],
        recalled=tuple(json.loads(row["recalled"] or "[]")),
        finish_reason=row["finish_reason"],
        basis=row["basis"],
        confidence=row["confidence"],
        with_context=bool(row["with_context"]),
    )
