"""Repeats calls to Slack through an outage, without saying anything twice.

An outage is a failure that passes with time: no network, no answer, an error of Slack's servers. A
refusal by Slack is no outage, and neither is a permanent error on this side, such as a full disk or
a payload that slack_sdk does not accept.
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
"""Seconds between two attempts; about ten minutes in all."""
OUTAGE_CODES = {
    "fatal_error",
    "internal_error",
    "ratelimited",
    "rate_limited",
    "request_timeout",
    "service_unavailable",
}
"""Error codes of Slack that pass with time."""
NETWORK = (
    ConnectionError,
    TimeoutError,
    HTTPException,
    SlackClientNotConnectedError,
    socket.gaierror,
    ssl.SSLError,
)
"""Exceptions that only connections raise."""
NETWORK_NUMBERS = {
    errno.EADDRNOTAVAIL,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.ENETRESET,
    errno.ENETUNREACH,
}
"""Numbers of operating system errors that connections raise and files do not."""
NOT_TWICE = ("chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream")
"""Methods that post something again when they are called again."""
T = TypeVar("T")


def is_outage(error: BaseException) -> bool:
    """Whether Slack, or the way to it, is away, so that the same call may well succeed later."""
    if isinstance(error, SlackApiError):
        status = getattr(error.response, "status_code", HTTPStatus.OK)
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR or code_of(error) in OUTAGE_CODES
    if isinstance(error, HTTPError):
        return error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
    if isinstance(error, URLError):
        # urllib wraps what the connection raised; a reason that is a text tells of a bad address.
        return isinstance(error.reason, Exception) and is_outage(error.reason)
    if isinstance(error, InvalidURL):
        return False
    if isinstance(error, NETWORK):
        return True
    # A proxy that refuses to connect raises a plain OSError that has no number.
    unnumbered = type(error) is OSError and error.errno is None
    return isinstance(error, OSError) and (unnumbered or error.errno in NETWORK_NUMBERS)


def outlast(do: Callable[[], T], closing: threading.Event) -> T:
    """Calls `do` until it succeeds or fails otherwise than by an outage, and returns its result.

    Args:
        do: may be called again after it has failed halfway.
        closing: when it is set, the next failure is raised.

    Raises:
        SlackClientError, OSError: a refusal, an error on this side, or an outage longer than all
            WAITS together.
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
    """Repeats calls after a broken connection, unless that may post something twice."""

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
