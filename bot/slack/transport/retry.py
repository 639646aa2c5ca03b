"""Outages of Slack: what was to be said waits, and is said once.

An outage is what passes by waiting: no network, no answer, an error of Slack's servers. A refusal
of Slack's is none, and neither is an error of our own, such as a full disk or a payload that
slack_sdk does not take.
"""

import errno
import socket
import ssl
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException, InvalidURL
from typing import TypeVar
from urllib.error import HTTPError, URLError

import structlog
from slack_sdk.errors import SlackApiError, SlackClientNotConnectedError
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
NETWORK = (
    ConnectionError,
    TimeoutError,
    HTTPException,
    SlackClientNotConnectedError,
    socket.gaierror,
    ssl.SSLError,
)
"""Errors that only a connection raises."""
NETWORK_NUMBERS = {
    errno.EADDRNOTAVAIL,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.ENETRESET,
    errno.ENETUNREACH,
}
"""Of the other operating system errors, those that a connection meets and no file does."""
NOT_TWICE = ("chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream")
"""Methods that say something again if they are called again."""
T = TypeVar("T")


def is_outage(error: BaseException) -> bool:
    """Whether Slack, or the way there, is away, so that the same call may well succeed later."""
    if isinstance(error, SlackApiError):
        status = getattr(error.response, "status_code", HTTPStatus.OK)
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR or code_of(error) in AWAY
    if isinstance(error, HTTPError):
        return error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
    if isinstance(error, URLError):
        # urllib wraps what the connection raised; a mere text is about an address that is none.
        return isinstance(error.reason, Exception) and is_outage(error.reason)
    if isinstance(error, InvalidURL):
        return False
    if isinstance(error, NETWORK):
        return True
    # A proxy that refuses to connect raises a plain OSError that has no number.
    unnumbered = type(error) is OSError and error.errno is None
    return isinstance(error, OSError) and (unnumbered or error.errno in NETWORK_NUMBERS)


def outlast(do: Callable[[], T], closing: threading.Event) -> T:
    """Calls until Slack is there again.

    Args:
        do: may be called again after it has failed halfway.
        closing: ends the waiting.

    Raises:
        SlackClientError, OSError: a refusal, an error of our own, or Slack stayed away.
    """
    for attempt, wait in enumerate(WAITS):
        try:
            return do()
        except SLACK_TROUBLE as error:
            if not is_outage(error) or closing.is_set():
                raise
            if not attempt:
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
