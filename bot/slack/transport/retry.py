"""Slack is away for a while: what was to be said waits, and is said once."""

import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import ConnectionErrorRetryHandler, HttpRequest, HttpResponse
from slack_sdk.http_retry.state import RetryState

from bot.slack.transport.errors import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)
WAITS = (1.0, 2.0, 5.0, 10.0, 20.0, *[30.0] * 18)
"""Seconds between two attempts: about ten minutes together."""
AWAY = {
    "fatal_error",
    "internal_error",
    "ratelimited",
    "rate_limited",
    "request_timeout",
    "service_unavailable",
}
NOT_TWICE = ("chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream")
"""Methods that say something again if they are called again."""
T = TypeVar("T")


def is_outage(error: Exception) -> bool:
    """Whether the same call may well succeed later."""
    if not isinstance(error, SlackApiError):
        return True
    status = getattr(error.response, "status_code", HTTPStatus.OK)
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or code_of(error) in AWAY


def outlast(do: Callable[[], T], closing: threading.Event) -> T:
    """Calls until Slack is there again.

    Args:
        do: may be called again after it has failed halfway.
        closing: ends the waiting.

    Raises:
        SlackClientError, OSError: a refusal, or Slack stayed away.
    """
    for wait in WAITS:
        try:
            return do()
        except SLACK_TROUBLE as error:
            if not is_outage(error) or closing.is_set():
                raise
            log.warning("Slack is away", error=type(error).__name__, code=code_of(error))
        closing.wait(wait)
    return do()


class CarefulRetryHandler(ConnectionErrorRetryHandler):
    """Tries again after a broken connection, but not what Slack may have said already."""

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if request.url.rstrip("/").endswith(NOT_TWICE):
            return False
        return super()._can_retry(state=state, request=request, response=response, error=error)
