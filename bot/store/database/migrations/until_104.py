"""Comparisons, vectors, scopes, ownership, erasures, and names of channels."""

from sqlite_utils import Database

from bot.store.database.migrations.registered import migrations


@migrations()
def m080_comparison_posts(db: Database) -> None:
    """The messages that show a comparison; apart from `posts`, for no thumb may find a reply."""
    db.table("comparison_posts").create(
        {"channel": str, "ts": str, "comparison_id": int},
        pk=("channel", "ts"),
        foreign_keys=[("comparison_id", "comparisons", "id")],
    )


@migrations()
def m081_reports(db: Database) -> None:
    """Which runs were reported, and where one is followed; those from before count as reported."""
    runs = db.table("runs")
    runs.add_column("reported", int)
    runs.add_column("followed_at", str)
    db.conn.execute("update runs set reported = 1 where finished_at is not null")


@migrations()
def m090_vectors(db: Database) -> None:
    """The vectors of each approved example; triggers take them away with it, and count changes."""
    db.table("vectors").create(
        {"example_id": int, "kind": str, "place": int, "revision": str, "vector": bytes},
        pk=("example_id", "kind", "place"),
        foreign_keys=[("example_id", "examples", "id")],
        not_null={"revision", "vector"},
    )
    db.table("vector_changes").create({"example_id": int, "number": int}, pk="example_id")
    db.table("vector_changes").create_index(["number"])
    gone = "delete from vectors where example_id = old.id"
    changed = " or ".join(
        f"new.{column} is not old.{column}" for column in ("prompt", "completion", "messages")
    )
    counted = (
        "insert into vector_changes (example_id, number)"
        " values ({}.example_id, (select coalesce(max(number), 0) + 1 from vector_changes))"
        " on conflict (example_id) do update set number = excluded.number"
    )
    for name, event, body in (
        ("left", "after update of status on examples when new.status != 'approved'", gone),
        ("outdated", f"after update on examples when {changed}", gone),
        ("deleted", "before delete on examples", gone),
        ("added", "after insert on vectors", counted.format("new")),
        ("removed", "after delete on vectors", counted.format("old")),
    ):
        db.conn.execute(f"create trigger vectors_{name} {event} begin {body}; end")


@migrations()
def m091_where_answers_come_from(db: Database) -> None:
    """How each answer came about and how surely; and the weights that say how surely."""
    replies = db.table("replies")
    replies.add_column("basis", str)
    replies.add_column("confidence", float)
    db.table("calibrations").create({"encoder": str, "weights": str}, pk="encoder")


@migrations()
def m092_calibrations_in_many_languages(db: Database) -> None:
    """Those made of English questions alone are made anew."""
    db.conn.execute("delete from calibrations")


@migrations()
def m100_scopes(db: Database) -> None:
    """Whom each lesson is for, what kinds of channels there are, and answers made with a thread."""
    examples = db.table("examples")
    examples.add_column("scope", str, not_null_default="everyone")
    examples.add_column("scope_id", str)
    # Partial: a lookup among the lessons for everyone must not prefer it to that of its words.
    db.conn.execute(
        "create index idx_examples_private on examples (scope, scope_id) where scope != 'everyone'"
    )
    db.table("replies").add_column("with_context", int)
    db.table("places").create(
        {"channel": str, "kind": str, "shared": int, "at": str},
        pk="channel",
        not_null={"kind", "at"},
    )


@migrations()
def m101_ownership(db: Database) -> None:
    """Who replaced which lesson, open questions, notices to authors, and who is an outsider."""
    db.table("replacements").create(
        {"new_id": int, "old_id": int, "status": str, "who": str, "at": str},
        pk=("new_id", "old_id"),
        not_null={"status", "at"},
        foreign_keys=[("new_id", "examples", "id"), ("old_id", "examples", "id")],
    )
    db.table("replacements").create_index(["old_id"])
    db.table("open_questions").create(
        {
            "key": str,
            "person": str,
            "kind": str,
            "lesson": str,
            "words": str,
            "conflicts": str,
            "reply_id": int,
            "at": str,
        },
        pk="key",
        not_null={"person", "kind", "lesson", "at"},
        foreign_keys=[("reply_id", "replies", "id")],
    )
    db.table("notices").create(
        {
            "id": int,
            "person": str,
            "what": str,
            "example_id": int,
            "other_id": int,
            "who": str,
            "at": str,
            "told": int,
        },
        pk="id",
        not_null={"person", "what", "at"},
    )
    db.table("notices").create_index(["told", "id"])
    db.table("members").create(
        {"person": str, "outsider": int, "team": str, "at": str},
        pk="person",
        not_null={"outsider", "at"},
    )
    db.table("marks").create({"key": str, "at": str}, pk="key")
    # So that the people who have asked are counted without reading what they were answered.
    db.table("replies").create_index(["source", "person"])


@migrations()
def m102_erasures(db: Database) -> None:
    """What of an erasure is still to be done: ids and fingerprints, nothing of the person."""
    db.table("erasures").create(
        {"id": int, "examples": str, "pairs": str, "fingerprints": str, "at": str},
        pk="id",
        not_null={"examples", "pairs", "at"},
    )


@migrations()
def m103_older_answers_in_threads(db: Database) -> None:
    """Nobody noted of older answers whether what others had said in the thread went into them.

    It may have, unless the answer began its thread, was declined or named the nearest lesson, or
    was given in direct messages. Lessons and training take no chances with what is not known.
    """
    db.conn.execute(
        "update replies set with_context = 1 where with_context is null and source = 'slack'"
        " and channel not like 'D%' and thread not in ('', coalesce(question_ts, ''))"
        " and coalesce(basis, 'model') not in ('none', 'near')"
    )


@migrations()
def m104_channel_names(db: Database) -> None:
    """What channels are called, so that a name in an answer is a link to its channel."""
    db.table("channel_names").create({"name": str, "channel": str}, pk="name", not_null={"channel"})
    db.table("channel_names").create_index(["channel"])
