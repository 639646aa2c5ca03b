"""Base-against-tuned answers to one question, and what people chose without knowing which."""

import secrets
from dataclasses import dataclass

from bot.errors import NotFoundError
from bot.store.database.clock import now
from bot.store.database.connections import Connections, insert
from bot.store.database.personal_data import Delete, TableErasure, Update

CHOICES = ("base", "tuned", "tie", "bad")
"""The possible votes; `bad` means that both answers are bad."""
ERASURE = (
    TableErasure(
        "comparison_posts",
        (
            Delete(
                "comparison_id in (select id from comparisons where person = :person)",
                holds=("channel", "ts"),
            ),
        ),
    ),
    TableErasure(
        "comparisons",
        (Update("person = :person", {"prompt": "''", "person": ":nobody"}),),
        impersonal={"created_at": "a time"},
    ),
    TableErasure(
        "votes",
        (Delete("person = :person", holds=("person", "choice")),),
        impersonal={"created_at": "a time"},
    ),
)


@dataclass(frozen=True)
class StoredComparison:
    """One row of `comparisons`. `tuned_first` is whether the tuned answer was shown first."""

    id: int
    prompt: str
    person: str
    base_reply: int
    tuned_reply: int
    tuned_first: bool


class Comparisons:
    """The `comparisons`, `comparison_posts` and `votes` tables."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(
        self, prompt: str, person: str, base_reply: int, tuned_reply: int, seconds: float
    ) -> StoredComparison:
        """Stores one comparison and draws at random which answer is shown first.

        Args:
            prompt: the question.
            person: the id of whoever asked.
            base_reply: the id of the base model's reply.
            tuned_reply: the id of the adapter's reply.
            seconds: how long both answers took together.

        Returns:
            The stored comparison.
        """
        row = {
            "prompt": prompt,
            "person": person,
            "base_reply": base_reply,
            "tuned_reply": tuned_reply,
            "seconds": seconds,
            "created_at": now(),
            "tuned_first": secrets.randbelow(2),
        }
        with self._connections.write() as db:
            identifier = insert(db, "comparisons", row)
        return self.get(identifier)

    def get(self, comparison_id: int) -> StoredComparison:
        """Returns one comparison.

        Raises:
            NotFoundError: there is none with this id.
        """
        rows = list(
            self._connections.db.query(
                "select id, prompt, person, base_reply, tuned_reply, tuned_first"
                " from comparisons where id = ?",
                [comparison_id],
            )
        )
        if not rows:
            raise NotFoundError(f"there is no comparison {comparison_id}")
        return StoredComparison(**rows[0] | {"tuned_first": bool(rows[0]["tuned_first"])})

    def of_question(self, channel: str, ts: str) -> list[int]:
        """Returns the ids of the comparisons that one message asked for, oldest first."""
        rows = self._connections.db.query(
            "select comparisons.id from comparisons join replies on replies.id = tuned_reply"
            " where channel = ? and question_ts = ? order by comparisons.id",
            [channel, ts],
        )
        return [int(row["id"]) for row in rows]

    def posted(self, comparison_id: int, channel: str, ts: str) -> None:
        """Stores that the message (`channel`, `ts`) shows this comparison, or a part of it."""
        with self._connections.write() as db:
            row = {"channel": channel, "ts": ts, "comparison_id": comparison_id}
            db.table("comparison_posts").insert(row, replace=True)

    def places(self, comparison_id: int) -> list[tuple[str, str]]:
        """Returns channel and time stamp of every message that shows this comparison, by time."""
        rows = self._connections.db.query(
            "select channel, ts from comparison_posts where comparison_id = ? order by ts",
            [comparison_id],
        )
        return [(row["channel"], row["ts"]) for row in rows]

    def blank(self, comparison_id: int) -> None:
        """Deletes the question and the places where it is shown; the votes stay."""
        with self._connections.write() as db:
            db.conn.execute("update comparisons set prompt = '' where id = ?", [comparison_id])
            db.conn.execute("delete from comparison_posts where comparison_id = ?", [comparison_id])

    def choice_of(self, comparison_id: int, person: str) -> str | None:
        """Returns what this person chose, one of CHOICES; None where they did not vote."""
        rows = list(
            self._connections.db.query(
                "select choice from votes where comparison_id = ? and person = ?",
                [comparison_id, person],
            )
        )
        return str(rows[0]["choice"]) if rows else None

    def voters(self, comparison_id: int) -> int:
        """Returns how many people voted on one comparison."""
        query = "select count(*) n from votes where comparison_id = ?"
        (row,) = self._connections.db.query(query, [comparison_id])
        return int(row["n"])

    def vote(self, comparison_id: int, person: str, choice: str) -> None:
        """Stores one person's choice in place of their earlier one.

        Raises:
            ValueError: `choice` is not one of CHOICES.
        """
        if choice not in CHOICES:
            raise ValueError(choice)
        with self._connections.write() as db:
            db.table("votes").insert(
                {
                    "comparison_id": comparison_id,
                    "person": person,
                    "choice": choice,
                    "created_at": now(),
                },
                replace=True,
            )

    def votes(self, adapter: str | None) -> dict[str, int]:
        """Returns how often each of CHOICES was chosen where `adapter` gave the tuned answer."""
        rows = self._connections.db.query(
            "select choice, count(*) n from votes"
            " join comparisons on comparisons.id = votes.comparison_id"
            " join replies on replies.id = comparisons.tuned_reply"
            " where replies.adapter is ? group by choice",
            [adapter],
        )
        counts = {row["choice"]: int(row["n"]) for row in rows}
        return {choice: counts.get(choice, 0) for choice in CHOICES}
