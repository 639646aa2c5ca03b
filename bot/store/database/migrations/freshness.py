"""The step with which lessons have owners, and are looked at again after an interval."""

from sqlite_utils import Database

from bot.store.database.migrations.registered import migrations


@migrations()
def m113_freshness(db: Database) -> None:
    """Owners, intervals and confirmations of lessons, and the messages in which they are asked."""
    examples = db.table("examples")
    examples.add_column("owner", str)
    examples.add_column("review_days", int)
    examples.add_column("confirmed_at", str)
    examples.add_column("leaves_on", str)
    # Most lessons have none of these, so that the few are found without reading the others.
    db.conn.execute(
        "create index idx_examples_leaving on examples (leaves_on) where leaves_on > ''"
    )
    db.conn.execute("create index idx_examples_owner on examples (owner) where owner > ''")
    # What became due is found by when it was confirmed, or by an interval of its own.
    db.conn.execute(
        "create index idx_examples_confirmed on examples (date(coalesce(confirmed_at, created_at)))"
        " where status = 'approved' and review_days is null"
    )
    db.conn.execute(
        "create index idx_examples_interval on examples (review_days) where review_days > 0"
    )
    db.table("reviews").create(
        {"id": int, "recipient": str, "channel": str, "ts": str, "at": str, "shown": int},
        pk="id",
        not_null={"recipient", "at"},
    )
    db.table("reviews").create_index(["recipient", "at"])
    db.table("review_lessons").create(
        {"review_id": int, "example_id": int, "outcome": str, "who": str},
        pk=("review_id", "example_id"),
        foreign_keys=[("review_id", "reviews", "id"), ("example_id", "examples", "id")],
    )
    db.table("review_lessons").create_index(["example_id"])
