"""Questions of weeks that have gone by, as a store has them."""

from datetime import UTC, datetime, timedelta

from bot.messages import Completion, Message
from bot.store import Store
from bot.store.replies import Origin
from trainer.retrieval.decision import Source

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
"""A Monday."""


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def asked(
    store: Store,
    days: float,
    *,
    person: str = "U1",
    basis: Source | None = "model",
    seconds: float = 1.0,
    question: str = "Where is the printer?",
    channel: str = "C1",
) -> int:
    """A question that was asked so many days before NOW."""
    completion = Completion("answer", "base", None, 5, 3, seconds, "stop")
    added = store.replies.add(
        completion,
        [Message("user", question)],
        source="slack",
        channel=channel,
        thread="1.0",
        person=person,
        question_ts=f"{days}",
        origin=Origin((), basis, 0.5),
    )
    at = stamp(NOW - timedelta(days=days))
    with store.connections.write() as db:
        db.conn.execute("update replies set created_at = ? where id = ?", [at, added.id])
    return added.id


def taught(store: Store, example_id: int, days: float) -> None:
    """Moves a lesson to so many days before NOW."""
    at = stamp(NOW - timedelta(days=days))
    with store.connections.write() as db:
        db.conn.execute("update examples set created_at = ? where id = ?", [at, example_id])
