"""Builds the Bolt app and registers the listeners; their work runs in the dispatcher's threads."""

import logging
from collections.abc import Iterable
from concurrent.futures import Executor
from typing import Protocol

from slack_bolt import App

from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.transport.errors import log_failure


class Listeners(Protocol):
    """Listeners that belong together and are registered at once."""

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the listeners with Bolt; `dispatcher` runs the work that they start."""


def build_app(dispatcher: Dispatcher, executor: Executor, listeners: Iterable[Listeners]) -> App:
    """Returns the app with all listeners; calls Slack once, to check the token.

    Args:
        dispatcher: runs the work that listeners start.
        executor: runs Bolt's own short functions.
        listeners: everything that Slack may call.

    Raises:
        BoltError: the token is refused.
    """
    logger = logging.getLogger("slack_bolt")
    logger.addFilter(_is_news)
    app = App(
        name="nightschool",
        client=dispatcher.client,
        logger=logger,
        listener_executor=executor,
        # The listeners use the one client; nothing else needs to be attached.
        attaching_conversation_kwargs_enabled=False,
    )

    @app.error
    def failed(error: Exception) -> None:
        log_failure(error, "listener")

    for group in listeners:
        group.register(app, dispatcher)
    return app


def _is_news(record: logging.LogRecord) -> bool:
    """Returns False for one warning: that the client's token wins over SLACK_BOT_TOKEN."""
    return "`token` will be unused" not in record.getMessage()
