"""The Bolt app: every listener by its kind, and no work in Bolt's own threads."""

import logging

from slack_bolt import App

from bot.slack import listeners
from bot.slack.dependencies import Services
from bot.slack.transport.errors import explain


def build_app(services: Services) -> App:
    """Puts the app together; it speaks to Slack once, to check the token.

    Raises:
        BoltError: the token is refused.
    """
    logger = logging.getLogger("slack_bolt")
    logger.addFilter(_is_news)
    app = App(
        name="nightschool",
        client=services.client,
        logger=logger,
        listener_executor=services.executors.listeners,
        # The listeners use the one client of Services; nothing else needs to be attached.
        attaching_conversation_kwargs_enabled=False,
    )

    @app.error
    def failed(error: Exception) -> None:
        explain(error, "listener")

    listeners.register(app, services)
    return app


def _is_news(record: logging.LogRecord) -> bool:
    """Bolt sees SLACK_BOT_TOKEN in the environment too and warns that it takes ours."""
    return "`token` will be unused" not in record.getMessage()
