"""What the figures of a week are read by, and the weekly digests."""

from sqlite_utils import Database

from bot.store.database.migrations.registered import migrations


@migrations()
def m114_weeks(db: Database) -> None:
    """Indices, so that a week is counted without reading a year, and the outbox of digests."""
    # All that is read of a reply is in its index: the words beside it are long.
    columns = ["created_at", "person", "basis", "seconds"]
    db.table("replies").create_index(columns, index_name="idx_replies_week")
    db.table("examples").create_index(["created_at"])
    db.table("changes").create_index(["after", "at"])
    db.table("digests").create(
        {"week": str, "recipient": str, "at": str, "sent": int},
        pk=("week", "recipient"),
        not_null={"at", "sent"},
    )
