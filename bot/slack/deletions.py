"""A message was deleted: what was learned from it is withdrawn, without a word."""

from typing import Any

import structlog

from bot.slack.services import Services

log = structlog.get_logger(__name__)


def from_event(event: dict[str, Any]) -> tuple[str, str] | None:
    """Channel and time stamp of a deleted message; None for every other event.

    The first message of a thread does not vanish but becomes a tombstone.
    """
    channel, kind = event.get("channel"), event.get("subtype")
    ts = None
    if kind == "message_deleted":
        ts = event.get("deleted_ts") or (event.get("previous_message") or {}).get("ts")
    elif kind == "message_changed":
        now = event.get("message") or {}
        ts = now.get("ts") if now.get("subtype") == "tombstone" else None
    return (str(channel), str(ts)) if channel and ts else None


def withdraw(services: Services, channel: str, ts: str) -> None:
    """Withdraws the examples whose words came from the message; twice does nothing more."""
    withdrawn = services.feedback.message_deleted(channel, ts)
    if withdrawn:
        log.info("a message was deleted", withdrawn=len(withdrawn))
