"""Somebody edited or deleted what they wrote, and the bot takes them at their newest word.

A deleted question: the answer under way stops, what was answered is taken back and forgotten, and
lessons out of it are withdrawn. An edited one is answered anew, where the old answer stands, and
what was thought of that one goes with it.
"""

from typing import Any

import structlog

from bot.slack.answers.conversation import answer_to, is_meant
from bot.slack.dependencies import Services
from bot.slack.events.message import IncomingMessage, MessageChange
from bot.slack.messages import posting
from bot.slack.state.in_flight import InFlightAnswer
from bot.slack.transport.errors import SLACK_TROUBLE, explain

log = structlog.get_logger(__name__)


def revise(services: Services, change: MessageChange) -> None:
    """Does what an edit or a deletion asks for, once. Words that it never took stay unanswered."""
    noted = services.in_flight.change(change)
    if noted is None:
        return
    taken, under_way = noted
    try:
        if change.message is None or not (change.message.text.strip() or change.message.files):
            _forget(services, change, under_way)
        elif taken:
            _ask_again(services, change.message, under_way)
    except SLACK_TROUBLE as error:
        explain(error, "revise")


def _forget(services: Services, change: MessageChange, under_way: InFlightAnswer | None) -> None:
    services.message_changes.message_deleted(change.channel, change.ts)
    if under_way is not None and under_way.end():
        under_way.take_back()
    for reply in services.store.replies.to_question(change.channel, change.ts):
        for channel, ts in services.store.replies.places(reply):
            posting.delete(services.client, channel, ts)
        services.store.replies.blank(reply)
    for comparison in services.store.comparisons.of_question(change.channel, change.ts):
        for channel, ts in services.store.comparisons.places(comparison):
            posting.delete(services.client, channel, ts)
        services.store.comparisons.blank(comparison)


def _ask_again(
    services: Services, message: IncomingMessage, under_way: InFlightAnswer | None
) -> None:
    if not is_meant(services, message):
        # Turned to somebody else: what was answered stays, what is under way is not wanted.
        if under_way is not None and under_way.end():
            under_way.take_back()
        return
    stamps: list[str] = []
    if under_way is not None and under_way.end():
        stamps = under_way.hand_over()
    else:
        stamps = _shown(services, message)
    services.message_changes.question_edited(message.channel, message.ts)
    answer = services.in_flight.take_again(message)
    log.info("a question was edited", channel=message.channel)
    answer_to(services, message, answer, stamps)


def _shown(services: Services, message: IncomingMessage) -> list[str]:
    """The messages in which a question was answered, or what it asked for compared."""
    replies, comparisons = services.store.replies, services.store.comparisons
    asked = message.channel, message.ts
    answered = [place for reply in replies.to_question(*asked) for place in replies.places(reply)]
    compared = [p for one in comparisons.of_question(*asked) for p in comparisons.places(one)]
    return [ts for _, ts in answered + compared]


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
    withdrawn = services.message_changes.message_deleted(channel, ts)
    if withdrawn:
        log.info("a message was deleted", withdrawn=len(withdrawn))
