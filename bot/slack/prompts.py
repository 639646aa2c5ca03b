"""What to say to the bot, for who opens its Messages tab and is at a loss."""

import structlog

from bot.slack.manifest import PROMPTS
from bot.slack.services import Services
from bot.slack.trouble import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)
TITLE = "Ask me, or teach me"


def suggest(services: Services, channel: str) -> None:
    """Puts the prompts under the newest words of a direct conversation.

    Without thread_ts: Slack lets such a call of an agent fall without a word.
    """
    prompts = [{"title": title, "message": message} for title, message in PROMPTS]
    try:
        services.client.assistant_threads_setSuggestedPrompts(
            channel_id=channel, title=TITLE, prompts=prompts
        )
    except SLACK_TROUBLE as error:
        log.warning("no prompts", error=type(error).__name__, code=code_of(error))
