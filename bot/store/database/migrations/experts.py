"""The step for experts: who they are, what they were asked, and where their answers go."""

from sqlite_utils import Database

from bot.store.database.migrations.registered import migrations


@migrations()
def m111_experts(db: Database) -> None:
    """Experts by topic, the requests to them, the messages of these, and answers on their way."""
    db.table("experts").create(
        {"target": str, "about": str, "who": str, "at": str},
        pk="target",
        not_null={"about", "at"},
    )
    db.table("expert_requests").create(
        {
            "id": int,
            "reply_id": int,
            "question": str,
            "vector": bytes,
            "revision": str,
            "scope": str,
            "scope_id": str,
            "wanted_by": str,
            "status": str,
            "answered_by": str,
            "lesson_id": int,
            "told": int,
            "look_after": str,
            "at": str,
        },
        pk="id",
        not_null={"question", "scope", "status", "told", "at"},
    )
    db.table("expert_requests").create_index(["status", "id"])
    db.table("expert_request_gaps").create(
        {"gap_id": int, "request_id": int}, pk=("gap_id", "request_id")
    )
    db.table("expert_messages").create(
        {
            "id": int,
            "request_id": int,
            "target": str,
            "channel": str,
            "ts": str,
            "state": str,
            "at": str,
        },
        pk="id",
        not_null={"request_id", "state", "at"},
    )
    db.table("expert_messages").create_index(["request_id"])
    db.table("expert_messages").create_index(["state", "id"])
    db.table("expert_messages").create_index(["target", "at"])
    db.table("expert_deliveries").create(
        {
            "id": int,
            "request_id": int,
            "lesson_id": int,
            "reply_id": int,
            "channel": str,
            "thread": str,
            "state": str,
            "at": str,
        },
        pk="id",
        not_null={"request_id", "lesson_id", "state", "at"},
    )
    db.table("expert_deliveries").create_index(["request_id", "channel", "thread"], unique=True)
    db.table("expert_deliveries").create_index(["state", "id"])
