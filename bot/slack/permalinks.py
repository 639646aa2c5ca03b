"""Links to messages, so that people find where a lesson came from."""

import structlog

from bot.slack.dependencies import Services
from bot.slack.transport.errors import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)


def link_to(services: Services, channel: str, ts: str) -> str | None:
    """Slack's permanent link to a message; None where it gives none."""
    try:
        return str(services.client.chat_getPermalink(channel=channel, message_ts=ts)["permalink"])
    except (*SLACK_TROUBLE, LookupError) as error:
        log.info("no link to a message", error=type(error).__name__, code=code_of(error))
        return None


def keep_link(services: Services, example_id: int | None, reply_id: int) -> None:
    """Keeps with an example the link to the answer that it came of; at most one call to Slack.

    Call it when the person has been answered already.
    """
    if example_id is None:
        return
    example = services.store.examples.get(example_id)
    places = services.store.replies.places(reply_id)
    if example.reply_id != reply_id or example.permalink or not places:
        return
    if link := link_to(services, *places[0]):
        services.store.examples.link(example_id, link)
