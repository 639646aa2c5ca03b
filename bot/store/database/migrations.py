"""The tables, as a list of small steps in the order of their numbers.

A step that has run is never changed, nor is its name, which old databases remember. A new step has
the greatest number.
"""

from sqlite_utils import Database, Migrations

from bot.store.database.personal_data import TableErasure

migrations = Migrations("nightschool")
ERASURE = (
    TableErasure(
        migrations.migrations_table,
        impersonal={
            "migration_set": "a name of ours",
            "name": "a step's name",
            "applied_at": "a time",
        },
    ),
)


@migrations()
def m001_replies(db: Database) -> None:
    """Every answer the bot gives, and where it was posted."""
    db.table("replies").create(
        {
            "id": int,
            "source": str,
            "channel": str,
            "thread": str,
            "person": str,
            "question_ts": str,
            "messages": str,
            "text": str,
            "model": str,
            "adapter": str,
            "prompt_tokens": int,
            "completion_tokens": int,
            "seconds": float,
            "created_at": str,
        },
        pk="id",
        not_null={"source", "channel", "thread", "person", "messages", "text", "created_at"},
    )
    db.table("replies").create_index(["channel", "thread", "id"])
    db.table("posts").create(
        {"channel": str, "ts": str, "reply_id": int},
        pk=("channel", "ts"),
        foreign_keys=[("reply_id", "replies", "id")],
    )


@migrations()
def m002_examples(db: Database) -> None:
    """What was taught, every change of it, and who thought what of which reply."""
    db.table("examples").create(
        {
            "id": int,
            "prompt": str,
            "completion": str,
            "messages": str,
            "prompt_key": str,
            "pair_key": str,
            "source": str,
            "author": str,
            "channel": str,
            "permalink": str,
            "reply_id": int,
            "status": str,
            "reason": str,
            "created_at": str,
            "updated_at": str,
        },
        pk="id",
        not_null={"prompt", "completion", "prompt_key", "pair_key", "source", "author", "status"},
        foreign_keys=[("reply_id", "replies", "id")],
    )
    for columns in (["pair_key"], ["prompt_key"], ["status", "id"], ["reply_id"]):
        db.table("examples").create_index(columns)
    db.table("changes").create(
        {
            "id": int,
            "example_id": int,
            "before": str,
            "after": str,
            "who": str,
            "why": str,
            "at": str,
        },
        pk="id",
        foreign_keys=[("example_id", "examples", "id")],
    )
    db.table("changes").create_index(["example_id"])
    db.table("feedback").create(
        {"reply_id": int, "person": str, "value": int, "created_at": str},
        pk=("reply_id", "person"),
        foreign_keys=[("reply_id", "replies", "id")],
    )
    db.table("preferences").create(
        {
            "id": int,
            "prompt": str,
            "chosen": str,
            "rejected": str,
            "source": str,
            "author": str,
            "reply_id": int,
            "created_at": str,
        },
        pk="id",
        foreign_keys=[("reply_id", "replies", "id")],
    )


@migrations()
def m003_runs(db: Database) -> None:
    """Each night, what it trained on, and base-against-tuned comparisons."""
    db.table("runs").create(
        {
            "id": int,
            "status": str,
            "phase": str,
            "step": int,
            "steps": int,
            "loss": float,
            "seconds_left": float,
            "version": str,
            "reason": str,
            "examples": int,
            "seconds": float,
            "evaluation": str,
            "dataset_hash": str,
            "pid": int,
            "started_at": str,
            "finished_at": str,
        },
        pk="id",
        not_null={"status", "started_at"},
    )
    db.table("run_examples").create(
        {"run_id": int, "example_id": int},
        pk=("run_id", "example_id"),
        foreign_keys=[("run_id", "runs", "id"), ("example_id", "examples", "id")],
    )
    db.table("run_examples").create_index(["example_id"])
    db.table("comparisons").create(
        {
            "id": int,
            "prompt": str,
            "person": str,
            "base_reply": int,
            "tuned_reply": int,
            "seconds": float,
            "created_at": str,
        },
        pk="id",
        foreign_keys=[("base_reply", "replies", "id"), ("tuned_reply", "replies", "id")],
    )
    db.table("events").create({"key": str, "at": str}, pk="key")


@migrations()
def m004_search_and_expiry(db: Database) -> None:
    """Full-text search over the lessons, and lessons that end on a date."""
    examples = db.table("examples")
    examples.add_column("expires_on", str)
    examples.enable_fts(["prompt", "completion"], create_triggers=True, tokenize="porter unicode61")


@migrations()
def m005_conversation(db: Database) -> None:
    """Answers under way, blind votes, and the messages that examples came from."""
    db.table("pending").create(
        {
            "id": int,
            "channel": str,
            "thread": str,
            "person": str,
            "placeholder": str,
            "created_at": str,
        },
        pk="id",
        not_null={"channel", "person", "created_at"},
    )
    db.table("votes").create(
        {"comparison_id": int, "person": str, "choice": str, "created_at": str},
        pk=("comparison_id", "person"),
        foreign_keys=[("comparison_id", "comparisons", "id")],
    )
    db.table("comparisons").add_column("tuned_first", int)
    db.table("origins").create(
        {"channel": str, "ts": str, "example_id": int, "person": str},
        pk=("channel", "ts", "example_id"),
        foreign_keys=[("example_id", "examples", "id")],
    )
    db.table("origins").create_index(["example_id"])
    db.table("replies").add_column("recalled", str)
    db.table("replies").create_index(["channel", "question_ts"])


@migrations()
def m030_refusals(db: Database) -> None:
    """Who wrote a message may refuse that its words are learned, then and ever after."""
    db.table("origins").add_column("refused", int)


@migrations()
def m040_rights_and_channels(db: Database) -> None:
    """Who may do what, who does not want to be kept, and where the bot listens."""
    db.table("people").create(
        {"person": str, "role": str, "who": str, "at": str}, pk="person", not_null={"role"}
    )
    db.table("opted_out").create({"digest": str, "at": str}, pk="digest")
    db.table("channels").create(
        {"channel": str, "listening": int, "who": str, "at": str},
        pk="channel",
        not_null={"listening"},
    )


@migrations()
def m050_counts(db: Database) -> None:
    """How many examples there are of each status, kept by triggers: counting reads every row."""
    db.table("example_counts").create({"status": str, "number": int}, pk="status")
    db.conn.execute(
        "insert into example_counts select status, count(*) from examples group by status"
    )
    add = "insert into example_counts values ({}, 1) on conflict do update set number = number + 1"
    drop = "update example_counts set number = number - 1 where status = old.status"
    for name, event, steps in (
        ("added", "insert on examples", [add.format("new.status")]),
        ("removed", "delete on examples", [drop]),
        ("moved", "update of status on examples", [drop, add.format("new.status")]),
    ):
        body = "; ".join(steps)
        db.conn.execute(f"create trigger examples_{name} after {event} begin {body}; end")


@migrations()
def m051_finish_reason(db: Database) -> None:
    """Why an answer ended: one that was cut off is nothing to learn."""
    db.table("replies").add_column("finish_reason", str)


@migrations()
def m060_progress_and_notes(db: Database) -> None:
    """How fast a run is, what it takes, and what was out of the ordinary (a JSON list)."""
    runs = db.table("runs")
    runs.add_column("tokens_per_second", float)
    runs.add_column("peak_memory_gb", float)
    runs.add_column("notes", str)


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
