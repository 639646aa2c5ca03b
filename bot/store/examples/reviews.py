"""The messages in which people are asked whether lessons still hold: one a week for each.

A message is a row before it is sent, and each of its lessons is one as well: so a restart loses
nothing, and of two clicks on one button one counts.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.store.database.connections import Connections, insert
from bot.store.database.personal_data import TAUGHT, Delete, TableErasure, Update

Outcome = Literal["confirmed", "edited", "retired", "settled"]
ERASURE = (
    TableErasure(
        "review_lessons",
        (
            Update("who = :person", {"who": ":nobody"}),
            Delete(f"example_id in {TAUGHT}", holds=("who",)),
            Delete(
                "review_id in (select id from reviews where recipient = :person)", holds=("who",)
            ),
        ),
        impersonal={"outcome": "one of four words"},
    ),
    TableErasure(
        "reviews",
        (Delete("recipient = :person", holds=("recipient", "channel", "ts")),),
        impersonal={"at": "a time"},
    ),
)


@dataclass(frozen=True)
class Review:
    """One message about due lessons.

    Attributes:
        recipient: the id of the person, or of the channel, that it goes to.
        channel: where it stands; None before it is sent, empty where Slack refused it.
        ts: its time stamp there.
        at: when it was made.
        shown: how many of its lessons were decided when the message was last written.
    """

    id: int
    recipient: str
    channel: str | None
    ts: str | None
    at: str
    shown: int


@dataclass(frozen=True)
class ReviewLesson:
    """One lesson of such a message: what became of it, None while it waits, and who decided."""

    review_id: int
    example_id: int
    outcome: Outcome | None
    who: str | None


class Reviews:
    """The tables `reviews` and `review_lessons`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, recipient: str, example_ids: Sequence[int], at: str, since: str) -> int | None:
        """Stores that somebody is to be asked about lessons.

        Args:
            recipient: the id of the person or the channel.
            example_ids: the lessons, in the order in which they are shown.
            at: the time, as it stands in the database.
            since: nothing is stored where they were asked at this time or later.

        Returns:
            The id of the message; None where nothing was stored.
        """
        with self._connections.write() as db:
            if self.asked_since(recipient, since):
                return None
            row = {"recipient": recipient, "at": at, "shown": 0}
            review = insert(db, "reviews", row)
            for example_id in example_ids:
                insert(db, "review_lessons", {"review_id": review, "example_id": example_id})
            return review

    def asked_since(self, recipient: str, since: str) -> bool:
        """Returns whether a message for somebody was made at a time or later."""
        rows = self._connections.db.query(
            "select 1 from reviews where recipient = ? and at >= ? limit 1", [recipient, since]
        )
        return bool(list(rows))

    def get(self, review_id: int) -> Review | None:
        """Returns one message; None where there is none."""
        return next(self._select("id = ?", review_id), None)

    def unsent(self, limit: int) -> list[Review]:
        """Returns the messages that were not sent yet, oldest first."""
        return list(self._select("channel is null order by id limit ?", limit))

    def sent(self, review_id: int, channel: str, ts: str) -> None:
        """Stores where a message stands; empty where it was refused and is not tried again."""
        with self._connections.write() as db:
            db.conn.execute(
                "update reviews set channel = ?, ts = ? where id = ?", [channel, ts, review_id]
            )

    def lessons(self, review_id: int) -> list[ReviewLesson]:
        """Returns the lessons of a message, in the order in which they are shown."""
        rows = self._connections.db.query(
            "select * from review_lessons where review_id = ? order by rowid", [review_id]
        )
        return [ReviewLesson(**row) for row in rows]

    def settle(self, example_ids: Sequence[int], outcome: Outcome, who: str | None) -> list[int]:
        """Stores what became of lessons, in every message in which they still wait.

        Returns:
            The ids of the messages in which that is news.
        """
        given = json.dumps(list(example_ids))
        waiting = "outcome is null and example_id in (select value from json_each(?))"
        with self._connections.write() as db:
            rows = db.query(
                f"select distinct review_id from review_lessons where {waiting}",  # noqa: S608  ours
                [given],
            )
            reviews = [int(row["review_id"]) for row in rows]
            db.conn.execute(
                f"update review_lessons set outcome = ?, who = ? where {waiting}",  # noqa: S608  ours
                [outcome, who, given],
            )
        return reviews

    def waiting(self, since: str) -> list[int]:
        """Returns the ids of the lessons that wait in messages made at a time or later."""
        rows = self._connections.db.query(
            "select distinct example_id from review_lessons join reviews on reviews.id = review_id"
            " where outcome is null and at >= ? order by example_id",
            [since],
        )
        return [int(row["example_id"]) for row in rows]

    def outdated(self, limit: int) -> list[Review]:
        """Returns sent messages that do not say yet what became of their lessons."""
        return list(
            self._select(
                "channel > '' and shown != (select count(*) from review_lessons"
                " where review_id = reviews.id and outcome is not null) order by id desc limit ?",
                limit,
            )
        )

    def shows(self, review_id: int, decided: int) -> None:
        """Stores that a message says what became of so many of its lessons."""
        with self._connections.write() as db:
            db.conn.execute("update reviews set shown = ? where id = ?", [decided, review_id])

    def _select(self, clause: str, value: int) -> Iterator[Review]:
        query = f"select * from reviews where {clause}"  # noqa: S608  `clause` is ours
        return (Review(**row) for row in self._connections.db.query(query, [value]))
