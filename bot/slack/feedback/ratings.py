"""What a person thinks of an answer, by button or reaction: kept, weighed, quietly acknowledged."""

from collections.abc import Callable
from decimal import Decimal

import structlog

from bot.slack.dependencies import Services
from bot.slack.events import reaction as reactions
from bot.slack.events.reaction import Reaction
from bot.slack.feedback import notices
from bot.slack.messages.ephemeral import Recipient, send_ephemeral
from bot.slack.permalinks import keep_link
from bot.slack.transport.errors import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)
Decide = Callable[[int], int | None]
"""From what a person thought until now to what they think: 1, -1, 0; None for no change."""


def by_reaction(services: Services, reaction: Reaction, sign: int) -> None:
    """An emoji of the thumbs' was put on a message or removed; nothing if that is no answer."""
    if services.in_flight.after(
        reaction.channel,
        reaction.ts,
        lambda: services.executors.quick.submit(by_reaction, services, reaction, sign),
    ):
        return  # an answer that is still being written has no number yet
    reply = services.store.replies.at(reaction.channel, reaction.ts)
    if reply is None or not services.store.handled_events.claim(reaction.key):
        return
    thread = services.store.replies.get(reply).thread or None
    recipient = Recipient(reaction.user, reaction.channel, thread)
    try:
        standing = frozenset() if reaction.added else _standing(services, reaction)
        decide = _added(sign) if reaction.added else _removed(sign, standing)
        _judge(services, recipient, reply, decide, reaction.at)
    except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
        send_ephemeral(services.client, recipient, notices.sorry(error))


def by_button(
    services: Services, recipient: Recipient, reply: int, opinion: int, at: Decimal
) -> None:
    """A feedback button was pressed; 0 takes back.

    Raises:
        NotFoundError: there is no such reply.
    """
    _judge(services, recipient, reply, lambda _: opinion, at, pressed=True)


def _judge(
    services: Services,
    recipient: Recipient,
    reply: int,
    decide: Decide,
    at: Decimal,
    *,
    pressed: bool = False,
) -> None:
    ratings = services.ratings
    with services.rating_order.guard:
        if not services.rating_order.is_newest(reply, recipient.user, at):
            return
        opinion = decide(services.store.ratings.of(reply, recipient.user))
        if opinion is None:
            return
        act = {1: ratings.thumbs_up, -1: ratings.thumbs_down, 0: ratings.take_back}[opinion]
        result = act(reply, recipient.user)
    words = {1: notices.up, -1: notices.down, 0: notices.taken_back}[opinion]
    # A reaction is taken back by removing it; Slack has no such thing for its buttons.
    send_ephemeral(services.client, recipient, words(result, reply, pressed))
    keep_link(services, result.id, reply)


def _added(sign: int) -> Decide:
    return lambda _: sign


def _removed(sign: int, standing: frozenset[int]) -> Decide:
    """What they said last may be something else, and another emoji of theirs may still stand."""

    def decide(current: int) -> int | None:
        if current == -sign or sign in standing:
            return None
        if -sign in standing:
            return -sign
        return 0 if current else None

    return decide


def _standing(services: Services, removed: Reaction) -> frozenset[int]:
    """What the emoji say that this person still has on the message."""
    try:
        found = services.client.reactions_get(
            channel=removed.channel, timestamp=removed.ts, full=True
        )
    except SLACK_TROUBLE as error:
        log.warning("reactions were not read", error=type(error).__name__, code=code_of(error))
        return frozenset()
    message = found.get("message") or {}
    if message.get("ts") != removed.ts:
        return frozenset()
    return frozenset(
        reactions.sign_of(reactions.bare(reaction["name"]), services.settings.feedback)
        for reaction in message.get("reactions") or []
        if removed.user in reaction.get("users", ())
    )
