"""Channels in which the bot does more than answer: it watches experts, or answers unasked."""

from sqlite_utils import Database

from bot.store.database.migrations.registered import migrations


@migrations()
def m112_channel_modes(db: Database) -> None:
    """Which channels are watched or answered in without a mention, and the answers given so."""
    db.table("channel_modes").create(
        {"channel": str, "watched": int, "auto": int, "who": str, "at": str},
        pk="channel",
        not_null={"watched", "auto", "who", "at"},
    )
    db.table("unasked").create(
        {"reply_id": int, "channel": str, "counts": int, "told": int, "at": str},
        pk="reply_id",
        not_null={"channel", "counts", "told", "at"},
        foreign_keys=[("reply_id", "replies", "id")],
    )
    db.table("unasked").create_index(["channel"])
    # Each round looks for new thumbs down, of which there are few.
    db.table("unasked").create_index(["told", "reply_id"])
