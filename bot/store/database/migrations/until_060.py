"""The tables of conversations, examples, runs, people and channels, as they began."""

from sqlite_utils import Database

from bot.store.database.migrations.registered import migrations


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
