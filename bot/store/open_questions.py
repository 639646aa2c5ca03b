"""What a person was asked about a lesson and has not decided, so that a restart loses none of it.

The lesson stands here already cleaned: nothing that may not be stored is among its words.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.store.database.clock import now
from bot.store.database.connections import Connections, insert
from bot.store.database.personal_data import ASKED, TAUGHT, TOUCHED, Delete, TableErasure
from bot.store.examples.provenance import SourceMessage

ERASURE = (
    TableErasure(
        "open_questions",
        (
            Delete(
                f"person = :person or reply_id in {ASKED} or reply_id in {TOUCHED}"  # noqa: S608  ours
                f" or exists (select 1 from json_each(conflicts) where value in {TAUGHT})"
                " or exists (select 1 from json_each(words)"
                " where json_extract(value, '$.person') = :person)"
                " or :person in (json_extract(lesson, '$.author'),"
                " json_extract(lesson, '$.scope_id'))",
                holds=("key", "person", "lesson", "words", "conflicts"),
            ),
        ),
        impersonal={"kind": "one of a few words", "at": "a time"},
    ),
)


@dataclass(frozen=True)
class OpenQuestion:
    """One row of `open_questions`.

    Attributes:
        key: what its buttons carry.
        person: who was asked.
        kind: what was asked, such as `typed`, `message`, `correction` or `sensitive`.
        lesson: the fields of the lesson that is taught if they agree, as JSON has them.
        words: the messages that the lesson's words come from.
        conflicts: ids of the examples that answer the same question otherwise.
        reply_id: the answer of the bot that it corrects or was made of.
        at: when it was asked.
    """

    key: str
    person: str
    kind: str
    lesson: Mapping[str, Any]
    words: tuple[SourceMessage, ...]
    conflicts: tuple[int, ...]
    reply_id: int | None
    at: str


class OpenQuestions:
    """The `open_questions` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(
        self,
        person: str,
        kind: str,
        lesson: Mapping[str, Any],
        *,
        words: Sequence[SourceMessage] = (),
        conflicts: Sequence[int] = (),
        reply_id: int | None = None,
    ) -> str:
        """Stores that a person was asked something, and returns the key of the question.

        Args:
            person: the id of who was asked.
            kind: what was asked, in a word.
            lesson: the fields of the lesson, cleaned; `scope`, `scope_id` and `author` are read.
            words: the messages that the lesson's words come from.
            conflicts: ids of the examples that it contradicts.
            reply_id: the answer of the bot that it corrects or was made of.
        """
        row = {
            "key": secrets.token_hex(12),
            "person": person,
            "kind": kind,
            "lesson": json.dumps(dict(lesson), ensure_ascii=False),
            "words": json.dumps([asdict(message) for message in words]),
            "conflicts": json.dumps(list(conflicts)),
            "reply_id": reply_id,
            "at": now(),
        }
        with self._connections.write() as db:
            insert(db, "open_questions", row)
        return str(row["key"])

    def get(self, key: str) -> OpenQuestion | None:
        """Returns one question; None where it was decided, or is gone otherwise."""
        return next(iter(self._select("key = :key", key=key)), None)

    def take(self, key: str, person: str | None) -> OpenQuestion | None:
        """Takes a question off the list, so that a decision counts once over all processes.

        Args:
            key: the question's key.
            person: the id of who decides; None where that is whoever runs the machine.

        Returns:
            The question; None where it is gone, or was put to somebody else.
        """
        with self._connections.write() as db:
            question = self.get(key)
            if question is None or person not in (None, question.person):
                return None
            db.conn.execute("delete from open_questions where key = ?", [key])
            return question

    def of(self, person: str) -> list[OpenQuestion]:
        """Returns what one person was asked, oldest first."""
        return self._select("person = :person", person=person)

    def for_everyone(self) -> list[OpenQuestion]:
        """Returns the questions about lessons for everyone, whoever was asked, oldest first."""
        return self._select("json_extract(lesson, '$.scope') = 'everyone'")

    def drop_of_message(self, channel: str, ts: str) -> int:
        """Deletes the questions made of a message or of an answer to it; returns their number."""
        with self._connections.write() as db:
            return db.conn.execute(
                "delete from open_questions where reply_id in"
                " (select id from replies where channel = :channel and question_ts = :ts)"
                " or exists (select 1 from json_each(words)"
                " where json_extract(value, '$.channel') = :channel"
                " and json_extract(value, '$.ts') = :ts)",
                {"channel": channel, "ts": ts},
            ).rowcount

    def drop_before(self, age: timedelta) -> int:
        """Deletes the questions that are older than `age` and returns their number."""
        limit = (datetime.now(UTC) - age).isoformat(timespec="milliseconds")
        with self._connections.write() as db:
            return db.conn.execute("delete from open_questions where at < ?", [limit]).rowcount

    def _select(self, where: str, **given: str) -> list[OpenQuestion]:
        query = f"select * from open_questions where {where} order by at, rowid"  # noqa: S608  ours
        return [_question(row) for row in self._connections.db.query(query, given)]


def _question(row: Mapping[str, Any]) -> OpenQuestion:
    return OpenQuestion(
        key=row["key"],
        person=row["person"],
        kind=row["kind"],
        lesson=json.loads(row["lesson"]),
        words=tuple(SourceMessage(**message) for message in json.loads(row["words"] or "[]")),
        conflicts=tuple(json.loads(row["conflicts"] or "[]")),
        reply_id=row["reply_id"],
        at=row["at"],
    )
