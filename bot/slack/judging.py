"""What a person thinks of an answer, by button or reaction: kept, weighed, quietly acknowledged."""

from collections.abc import Callable
from decimal import Decimal

import structlog

from bot.slack import thumbs, verdict_words
from bot.slack.links import keep_link
from bot.slack.services import Services
from bot.slack.thumbs import Reaction
from bot.slack.trouble import SLACK_TROUBLE, code_of
from bot.slack.whispering import Ear, whisper

log = structlog.get_logger(__name__)
Decide = Callable[[int], int | None]
"""From what a person thought until now to what they think: 1, -1, 0; None for no change."""


def by_reaction(services: Services, reaction: Reaction, sign: int) -> None:
    """An emoji of the thumbs' was put on a message or removed; nothing if that is no answer."""
    if services.underway.after(
        reaction.channel,
        reaction.ts,
        lambda: services.lanes.quick.submit(by_reaction, services, reaction, sign),
    ):
        return  # an answer that is still being written has no number yet
    reply = services.feedback.reply_at(reaction.channel, reaction.ts)
    if reply is None or not services.store.events.claim(reaction.key):
        return
    thread = services.store.replies.get(reply).thread or None
    ear = Ear(reaction.user, reaction.channel, thread)
    try:
        standing = frozenset() if reaction.added else _standing(services, reaction)
        decide = _added(sign) if reaction.added else _removed(sign, standing)
        _judge(services, ear, reply, decide, reaction.at)
    except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
        whisper(services.client, ear, verdict_words.sorry(error))


def by_button(services: Services, ear: Ear, reply: int, opinion: int, at: Decimal) -> None:
    """A feedback button was pressed; 0 takes back.

    Raises:
        NotFoundError: there is no such reply.
    """
    _judge(services, ear, reply, lambda _: opinion, at, pressed=True)


def _judge(
    services: Services, ear: Ear, reply: int, decide: Decide, at: Decimal, *, pressed: bool = False
) -> None:
    feedback = services.feedback
    with services.order.guard:
        if not services.order.is_newest(reply, ear.user, at):
            return
        opinion = decide(feedback.opinion_of(reply, ear.user))
        if opinion is None:
            return
        act = {1: feedback.thumbs_up, -1: feedback.thumbs_down, 0: feedback.take_back}[opinion]
        result = act(reply, ear.user)
    words = {1: verdict_words.up, -1: verdict_words.down, 0: verdict_words.taken_back}[opinion]
    # A reaction is taken back by removing it; Slack has no such thing for its buttons.
    whisper(services.client, ear, words(result, reply, pressed))
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
        thumbs.sign_of(thumbs.bare(reaction["name"]), services.settings.feedback)
        for reaction in message.get("reactions") or []
        if removed.user in reaction.get("users", ())
    )
