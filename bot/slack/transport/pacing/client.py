"""A client of Slack's Web API that keeps to the pace, and waits where Slack refuses a call."""

from http import HTTPStatus
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.slack.transport.pacing.pacer import NoRoomError, Pacer

log = structlog.get_logger(__name__)
REFUSALS = 5
"""How often a call that Slack has limited is repeated, each time after as long as Slack says."""
LONGEST_SECONDS = 120.0
"""The longest time that a method is closed for, whatever Slack's answer says."""


class PacedClient(WebClient):
    """Every call waits for its place; within `pacer.at_once` it raises NoRoomError instead."""

    def __init__(self, *, pacer: Pacer | None = None, **given: Any) -> None:
        """`given` is what the base class takes."""
        super().__init__(**given)
        self.pacer = pacer or Pacer()

    def api_call(self, api_method: str, **given: Any) -> SlackResponse:
        """Makes a call when there is room for it.

        Raises:
            SlackClientError, OSError: as the base class; NoRoomError for a thread that does not
                wait.
        """
        channel = _channel(given)
        refusals = 0
        while True:
            self.pacer.take(api_method, channel)
            try:
                return super().api_call(api_method, **given)
            except SlackApiError as error:
                seconds = retry_after(error)
                if seconds is None:
                    raise
                log.warning("Slack limits the pace", method=api_method, seconds=seconds)
                self.pacer.pause(api_method, channel, seconds)
                refusals += 1
                if not self.pacer.waits:
                    raise NoRoomError(api_method, channel, refused=True) from error
                if refusals > REFUSALS:
                    raise


def pacer_of(client: WebClient) -> Pacer:
    """Returns the pacer of a client; a new one where it has none and is never refused."""
    return client.pacer if isinstance(client, PacedClient) else Pacer()


def retry_after(error: SlackApiError) -> float | None:
    """Returns the seconds until a call that Slack has limited may be repeated.

    None is for an error that is no such refusal.
    """
    response = error.response
    if getattr(response, "status_code", None) != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    headers = {str(name).lower(): value for name, value in dict(response.headers).items()}
    told = headers.get("retry-after", "1")
    value = str(told[0] if isinstance(told, list) else told)
    seconds = float(value) if value.isdecimal() else 1.0
    return min(seconds, LONGEST_SECONDS)


def _channel(given: dict[str, Any]) -> str | None:
    for part in ("json", "params", "data"):
        arguments = given.get(part)
        if isinstance(arguments, dict) and arguments.get("channel"):
            return str(arguments["channel"])
    return None
