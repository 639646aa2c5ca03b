"""The messages of people that examples came from: who wrote them may refuse, or delete them."""

from dataclasses import dataclass

from bot.store.database.connections import Connections
from bot.store.database.personal_data import TAUGHT, Delete, TableErasure, Update

ERASURE = (
    TableErasure(
        "origins",
        (
            # A refusal stands after its author is gone: the place of the message, and no name.
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
    """A message of a person."""

    channel: str
    ts: str
    person: str


class Provenance:
    """The `origins` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, example_id: int, words: SourceMessage) -> None:
        """Notes that an example has these words in it."""
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
        """Ids of the examples that came out of one message, or of an answer to it."""
        rows = self._connections.db.query(
            "select example_id from origins where channel = :channel and ts = :ts"
            " union select examples.id from examples join replies on replies.id = reply_id"
            " where replies.channel = :channel and question_ts = :ts",
            {"channel": channel, "ts": ts},
        )
        return sorted(int(row["example_id"]) for row in rows)

    def wrote(self, example_id: int, person: str) -> bool:
        """Whether words of this person are in the example."""
        rows = self._connections.db.query(
            "select 1 from origins where example_id = ? and person = ?", [example_id, person]
        )
        return bool(list(rows))

    def authors(self, example_id: int) -> set[str]:
        """Whose words are in the example."""
        rows = self._connections.db.query(
            "select person from origins where example_id = ?", [example_id]
        )
        return {row["person"] for row in rows}

    def sharing(self, example_id: int, person: str) -> list[int]:
        """Ids of all examples that have a message of this person in common with one, itself too."""
        rows = self._connections.db.query(
            "select distinct said.example_id as id from origins"
            " join origins as said using (channel, ts, person)"
            " where origins.example_id = ? and person = ?",
            [example_id, person],
        )
        return sorted(int(row["id"]) for row in rows)

    def refuse(self, example_id: int, person: str) -> None:
        """Notes that this person does not want their words of this example to be learned.

        The same words are noted wherever they are, and other words of theirs nowhere.
        """
        with self._connections.write() as db:
            db.conn.execute(
                "update origins set refused = 1 where person = :person and (channel, ts) in"
                " (select channel, ts from origins where example_id = :id and person = :person)",
                {"id": example_id, "person": person},
            )

    def refused(self, channel: str, ts: str) -> bool:
        """Whether the author of this message does not want its words to be learned."""
        rows = self._connections.db.query(
            "select 1 from origins where channel = ? and ts = ? and refused limit 1", [channel, ts]
        )
        return bool(list(rows))

    def refused_of(self, example_id: int) -> bool:
        """Whether the author of any message in the example does not want it to be learned."""
        rows = self._connections.db.query(
            "select 1 from origins join origins as said using (channel, ts)"
            " where origins.example_id = ? and said.refused limit 1",
            [example_id],
        )
        return bool(list(rows))

    def inherit(self, old_id: int, new_id: int) -> None:
        """Notes that whose words are in one example are in another as well."""
        with self._connections.write() as db:
            db.conn.execute(
                "insert or ignore into origins (channel, ts, example_id, person, refused)"
                " select channel, ts, ?, person, refused from origins where example_id = ?",
                [new_id, old_id],
            )
