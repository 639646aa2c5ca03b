"""Questions that nobody has taught an answer to, clustered by meaning."""

from sqlite_utils import Database

from bot.store.database.migrations.registered import migrations

_FLAGS = "untaught + disliked + asked_again"
_LIKED = (
    "update gap_questions set disliked = 0 where reply_id = {row}.reply_id and disliked = 1"  # noqa: S608  ours
    " and not exists"
    " (select 1 from feedback where reply_id = {row}.reply_id and value < 0); " + "{drop}"
)


@migrations()
def m110_gaps(db: Database) -> None:
    """Gaps, their questions, and how far answers, thumbs and lessons were looked through.

    Triggers keep them true in the same transaction: a question goes with the words of its reply,
    a thumb down with the thumb or by a correction; each change of a gap's questions is numbered.
    """
    db.table("gaps").create(
        {
            "id": int,
            "status": str,
            "who": str,
            "lesson_id": int,
            "merged_into": int,
            "created_at": str,
            "closed_at": str,
            "number": int,
        },
        pk="id",
        not_null={"status", "created_at", "number"},
    )
    db.table("gaps").create_index(["number"])
    db.table("gaps").create_index(["closed_at"])
    db.table("gap_questions").create(
        {
            "reply_id": int,
            "gap_id": int,
            "text": str,
            "key": str,
            "source": str,
            "channel": str,
            "person": str,
            "asked_at": str,
            "untaught": int,
            "disliked": int,
            "asked_again": int,
            "nearest": int,
            "told": int,
            "answered_by": int,
            "unread": int,
            "unchecked": int,
            "revision": str,
            "vector": bytes,
        },
        pk="reply_id",
        not_null={"gap_id", "text", "key", "source", "channel", "person", "asked_at"},
        foreign_keys=[("gap_id", "gaps", "id")],
    )
    for columns in ("gap_id", "key", "answered_by"):
        db.conn.execute(f"create index idx_gap_questions_{columns} on gap_questions ({columns})")
    # All that a list of gaps counts is in this index, in the order of the gaps: the rows are long.
    counted = "gap_id, answered_by, source, channel, person, asked_at"
    db.conn.execute(
        f"create index idx_gap_questions_open on gap_questions ({counted})"
        " where answered_by is null"
    )
    for flag in ("unread", "unchecked"):
        db.conn.execute(
            f"create index idx_gap_questions_{flag} on gap_questions (reply_id) where {flag} = 1"
        )
    db.table("gap_progress").create(
        {"name": str, "number": int, "at": str}, pk="name", not_null={"number"}
    )
    db.table("feedback").create_index(["created_at"])
    _triggers(db)


def _triggers(db: Database) -> None:
    drop = f"delete from gap_questions where reply_id = {{row}}.{{key}} and {_FLAGS} = 0"  # noqa: S608  ours
    counted = (
        "update gaps set number = (select coalesce(max(number), 0) + 1 from gaps)"
        " where id = {}.gap_id"
    )
    for name, event, body in (
        (
            "reply_gone",
            "after update of messages on replies when new.messages = '[]'",
            "delete from gap_questions where reply_id = new.id",
        ),
        (
            "thumb_gone",
            "after delete on feedback",
            _LIKED.format(row="old", drop=drop.format(row="old", key="reply_id")),
        ),
        (
            "thumb_turned",
            "after insert on feedback when new.value > 0",
            _LIKED.format(row="new", drop=drop.format(row="new", key="reply_id")),
        ),
        (
            "corrected",
            "after insert on preferences when new.source = 'correction'",
            "update gap_questions set disliked = 0 where reply_id = new.reply_id; "  # noqa: S608
            + drop.format(row="new", key="reply_id"),
        ),
        ("added", "after insert on gap_questions", counted.format("new")),
        ("left", "after delete on gap_questions", counted.format("old")),
        (
            "moved",
            "after update of gap_id, vector, answered_by on gap_questions",
            f"{counted.format('old')}; {counted.format('new')}",
        ),
    ):
        db.conn.execute(f"create trigger gaps_{name} {event} begin {body}; end")
