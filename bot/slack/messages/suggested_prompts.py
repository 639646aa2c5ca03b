"""The suggested prompts with which a direct conversation with the bot begins."""

import structlog
from slack_sdk import WebClient

from bot.slack.transport.errors import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)
TITLE = "Ask me, or teach me"
PROMPTS = (
    ("What can you do?", "What can you do?"),
    ("How do you answer before and after school?", "compare: What is a lesson?"),
)
"""The title and the message of each prompt."""


def suggest(client: WebClient, channel: str) -> None:
    """Sets the prompts below the newest message of a direct conversation; never raises.

    The call carries no thread_ts: Slack ignores the prompts of an agent that sends one.
    """
    prompts = [{"title": title, "message": message} for title, message in PROMPTS]
    try:
        client.assistant_threads_setSuggestedPrompts(
            channel_id=channel, title=TITLE, prompts=prompts
        )
    except SLACK_TROUBLE as error:
        log.warning("no prompts", error=type(error).__name__, code=code_of(error))
