"""Base-against-tuned answers to one question, and what people chose without knowing which."""

import secrets
from dataclasses import dataclass

from bot.errors import NotFoundError
from bot.store.database.clock import now
from bot.store.database.connections import Connections, insert
from bot.store.database.personal_data import Delete, TableErasure, Update

CHOICES = ("base", "tuned", "tie", "bad")
"""What a vote comes down to; `bad` is both of them."""
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
    """One row. `tuned_first` is the order in which people were shown the answers."""

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
        """Keeps one comparison and draws the order in which it is shown."""
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
        """One comparison.

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
        """Ids of the comparisons that one message asked for, oldest first."""
        rows = self._connections.db.query(
            "select comparisons.id from comparisons join replies on replies.id = tuned_reply"
            " where channel = ? and question_ts = ? order by comparisons.id",
            [channel, ts],
        )
        return [int(row["id"]) for row in rows]

    def posted(self, comparison_id: int, channel: str, ts: str) -> None:
        """Remembers that a message shows (a part of) this comparison."""
        with self._connections.write() as db:
            row = {"channel": channel, "ts": ts, "comparison_id": comparison_id}
            db.table("comparison_posts").insert(row, replace=True)

    def places(self, comparison_id: int) -> list[tuple[str, str]]:
        """Channel and time stamp of every message that shows this comparison, in order."""
        rows = self._connections.db.query(
            "select channel, ts from comparison_posts where comparison_id = ? order by ts",
            [comparison_id],
        )
        return [(row["channel"], row["ts"]) for row in rows]

    def blank(self, comparison_id: int) -> None:
        """Forgets what was asked and where it is shown; who voted how stays."""
        with self._connections.write() as db:
            db.conn.execute("update comparisons set prompt = '' where id = ?", [comparison_id])
            db.conn.execute("delete from comparison_posts where comparison_id = ?", [comparison_id])

    def choice_of(self, comparison_id: int, person: str) -> str | None:
        """What this person chose, one of CHOICES; None where they did not vote."""
        rows = list(
            self._connections.db.query(
                "select choice from votes where comparison_id = ? and person = ?",
                [comparison_id, person],
            )
        )
        return str(rows[0]["choice"]) if rows else None

    def voters(self, comparison_id: int) -> int:
        """How many people voted on one comparison."""
        query = "select count(*) n from votes where comparison_id = ?"
        (row,) = self._connections.db.query(query, [comparison_id])
        return int(row["n"])

    def vote(self, comparison_id: int, person: str, choice: str) -> None:
        """Keeps one person's choice, one of CHOICES; the last one wins."""
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
        """How often each of CHOICES was chosen where `adapter` was the tuned side."""
        rows = self._connections.db.query(
            "select choice, count(*) n from votes"
            " join comparisons on comparisons.id = votes.comparison_id"
            " join replies on replies.id = comparisons.tuned_reply"
            " where replies.adapter is ? group by choice",
            [adapter],
        )
        found = {row["choice"]: int(row["n"]) for row in rows}
        return {choice: found.get(choice, 0) for choice in CHOICES}
