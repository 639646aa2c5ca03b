"""A vote on a blind comparison; only then does the voter see which was which."""

import re

import structlog
from slack_bolt import App

from bot.errors import InputError
from bot.slack import blind
from bot.slack.listeners.action import Click, listener
from bot.slack.services import Services
from bot.slack.trouble import SLACK_TROUBLE, code_of
from bot.slack.whispering import whisper

log = structlog.get_logger(__name__)


def register(app: App, services: Services) -> None:
    """Registers A, B, tie and both bad."""
    app.action(re.compile(f"{blind.ACTION}\\w+"))(listener(services, _vote))


def _vote(services: Services, click: Click) -> None:
    found = blind.chosen(click.value)
    if found is None:
        raise InputError("I do not know this comparison any more.")
    number, letter = found
    compared = services.store.comparisons.get(number)
    tuned = services.store.replies.get(compared.tuned_reply)
    if tuned.messages and tuned.channel != click.ear.channel:
        raise InputError("Vote where it was asked.")
    choice = blind.meaning(letter, tuned_first=compared.tuned_first)
    voted = services.feedback.vote(number, click.ear.user, choice)
    whisper(services.client, click.ear, blind.revelation(voted))
    if voted.first:
        _recount(services, click, voted.voters)


def _recount(services: Services, click: Click, voters: int) -> None:
    """Shows everybody how many have voted, and nothing of what."""
    try:
        services.client.chat_update(
            channel=click.ear.channel,
            ts=click.ts,
            text=click.message.get("text") or "",
            blocks=blind.recounted(click.message.get("blocks") or [], voters),
            parse="none",
            link_names=False,
        )
    except SLACK_TROUBLE as error:
        log.warning("votes were not counted up", error=type(error).__name__, code=code_of(error))
