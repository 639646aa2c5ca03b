"""The messages that examples were made of: their authors may refuse or delete them."""

from dataclasses import dataclass

from bot.store.database.connections import Connections
from bot.store.database.personal_data import TAUGHT, Delete, TableErasure, Update
from bot.store.examples.rows import Example

_LESSON = "edited"
"""Stands in the place of a channel where the words are those of another lesson, whose id stands in
the place of the time stamp."""
ERASURE = (
    TableErasure(
        "origins",
        (
            # A refusal outlasts its author: the place of the message stays, without a name.
            Update("refused and person = :person and channel not like 'D%'", {"person": ":nobody"}),
            Delete(
                f"person = :person or refused is null and example_id in {TAUGHT}",
                holds=("channel", "ts", "person"),
            ),
        ),
    ),
)


@dataclass(frozen=True)
class SourceMessage:
    """A message in Slack, by its place and its author."""

    channel: str
    ts: str
    person: str


class Provenance:
    """The `origins` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, example_id: int, words: SourceMessage) -> None:
        """Stores that an example has the words of a message in it."""
        with self._connections.write() as db:
            db.table("origins").insert(
                {
                    "channel": words.channel,
                    "ts": words.ts,
                    "example_id": example_id,
                    "person": words.person,
                },
                replace=True,
            )

    def examples_of(self, channel: str, ts: str) -> list[int]:
        """Returns the ids of the examples made of one message or of an answer to it, in order."""
        rows = self._connections.db.query(
            "select example_id from origins where channel = :channel and ts = :ts"
            " union select examples.id from examples join replies on replies.id = reply_id"
            " where replies.channel = :channel and question_ts = :ts",
            {"channel": channel, "ts": ts},
        )
        return sorted(int(row["example_id"]) for row in rows)

    def wrote(self, example_id: int, person: str) -> bool:
        """Returns whether a message of this person is in the example."""
        rows = self._connections.db.query(
            "select 1 from origins where example_id = ? and person = ?", [example_id, person]
        )
        return bool(list(rows))

    def taught(self, example_id: int, person: str) -> bool:
        """Returns whether the words of a lesson that this person taught are in the example."""
        rows = self._connections.db.query(
            "select 1 from origins where example_id = ? and person = ? and channel = ?",
            [example_id, person, _LESSON],
        )
        return bool(list(rows))

    def authors(self, example_id: int) -> set[str]:
        """Returns the ids of the authors of the messages in an example."""
        rows = self._connections.db.query(
            "select person from origins where example_id = ?", [example_id]
        )
        return {row["person"] for row in rows}

    def sharing(self, example_id: int, person: str) -> list[int]:
        """Returns the ids of the examples that share a message of this person with one example.

        That example is among them where it has a message of the person.
        """
        rows = self._connections.db.query(
            "select distinct shared.example_id as id from origins"
            " join origins as shared using (channel, ts, person)"
            " where origins.example_id = ? and person = ?",
            [example_id, person],
        )
        return sorted(int(row["id"]) for row in rows)

    def refuse(self, example_id: int, person: str) -> None:
        """Stores that a person does not want their messages in an example to be learned.

        It holds for the same messages in every other example; their other messages are not marked.
        """
        with self._connections.write() as db:
            db.conn.execute(
                "update origins set refused = 1 where person = :person and (channel, ts) in"
                " (select channel, ts from origins where example_id = :id and person = :person)",
                {"id": example_id, "person": person},
            )

    def refused(self, channel: str, ts: str) -> bool:
        """Returns whether the author of a message refused that its words are learned."""
        rows = self._connections.db.query(
            "select 1 from origins where channel = ? and ts = ? and refused limit 1", [channel, ts]
        )
        return bool(list(rows))

    def refused_of(self, example_id: int) -> bool:
        """Returns whether the author of any message in the example refused that it is learned."""
        rows = self._connections.db.query(
            "select 1 from origins join origins as marked using (channel, ts)"
            " where origins.example_id = ? and marked.refused limit 1",
            [example_id],
        )
        return bool(list(rows))

    def inherit(self, old_id: int, new_id: int) -> None:
        """Copies the messages of one example, with their refusals, to another."""
        with self._connections.write() as db:
            db.conn.execute(
                "insert or ignore into origins (channel, ts, example_id, person, refused)"
                " select channel, ts, ?, person, refused from origins where example_id = ?",
                [new_id, old_id],
            )

    def derive(self, old: Example, new_id: int, who: str) -> None:
        """Stores that an example has the words of another one in it.

        Whoever taught the old one, or wrote its messages, keeps their say over the new one.

        Args:
            old: the one whose words they were.
            new_id: the one that was made of it.
            who: the author of the new one.
        """
        self.inherit(old.id, new_id)
        if old.author != who:
            self.add(new_id, SourceMessage(_LESSON, str(old.id), old.author))

    def withheld(self, example: Example) -> bool:
        """Returns whether somebody refused that an example's words are taught once more."""
        return self.refused_of(example.id) or self.refused(_LESSON, str(example.id))
