"""Creates clients of Slack's Web API, at whatever server `slack.api_url` names, and signs in."""

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import RateLimitErrorRetryHandler, RetryHandler
from slack_sdk.webhook import WebhookClient

from bot.errors import NightschoolError, SettingsError
from bot.settings import SlackSettings
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.pacing.client import PacedClient
from bot.slack.transport.retry import CarefulRetryHandler, is_outage
from bot.slack.transport.teams import (
    MEND_ORGANISATION,
    NOT_ORGANISATION_WIDE,
    is_organisation_wide,
)

GRANTED = "x-oauth-scopes"
"""The header in which Slack lists the scopes of a token with its answers."""
RATE_LIMIT_RETRIES = 5
"""How often an answer to a response_url is repeated, each time after as long as Slack says."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
TOKEN_ERRORS = {
    "not_authed",
    "invalid_auth",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "not_allowed_token_type",
    "missing_scope",
}
"""Error codes of Slack for a token that is wrong, or not the one it should be."""


@dataclass(frozen=True)
class Identity:
    """The ids of the bot in its workspace: its user, its bot and the team; and its scopes."""

    user: str
    bot: str
    team: str
    scopes: frozenset[str] | None = None
    """What the app may do there; None where Slack does not tell."""


def web_client(settings: SlackSettings) -> PacedClient:
    """Creates the client of the Web API, which keeps below the limits of Slack's tiers."""
    token = settings.bot_token.get_secret_value() if settings.bot_token else None
    client = PacedClient(
        token=token,
        base_url=settings.api_url,
        ssl=_tls(settings.api_url),
        logger=logging.getLogger("slack_sdk"),
        retry_handlers=[CarefulRetryHandler()],
    )
    if _without_proxy(settings.api_url):
        client.proxy = None
    return client


def response_client(url: str) -> WebhookClient:
    """Creates a client that answers to one response_url."""
    client = WebhookClient(url, retry_handlers=_retries())
    if _without_proxy(url):
        client.proxy = None
    return client


def sign_in(client: WebClient) -> Identity:
    """Asks Slack who the bot is, by `auth.test`.

    Raises:
        SettingsError: Slack refuses the bot token, or it is one of a whole organisation.
        NightschoolError: Slack cannot be reached, or this machine is at fault.
    """
    try:
        answer = client.auth_test()
    except SlackApiError as error:
        raise token_error(error, "SLACK_BOT_TOKEN", "xoxb-") from error
    except SLACK_TROUBLE as error:
        raise connection_error(client, error) from error
    if is_organisation_wide(answer.data if isinstance(answer.data, dict) else {}):
        raise SettingsError(f"{NOT_ORGANISATION_WIDE} {MEND_ORGANISATION}")
    ids = (str(answer["user_id"]), str(answer["bot_id"]), str(answer["team_id"]))
    return Identity(*ids, granted_scopes(answer.headers))


def granted_scopes(headers: Mapping[str, str]) -> frozenset[str] | None:
    """Reads the scopes of a token from the headers of an answer; None where they do not tell."""
    told = next((value for name, value in headers.items() if name.lower() == GRANTED), None)
    if told is None:
        return None
    return frozenset(scope.strip() for scope in told.split(","))


def token_error(error: SlackApiError, variable: str, form: str) -> NightschoolError:
    """Makes an error for people of a refusal to connect.

    Args:
        error: Slack's answer.
        variable: the environment variable that holds the token.
        form: how such a token begins.

    Returns:
        A SettingsError where Slack's code is one of TOKEN_ERRORS, else a NightschoolError.
    """
    code = code_of(error)
    if code in TOKEN_ERRORS:
        return SettingsError(
            f"Slack refuses {variable} ({code}): it should begin with {form} and be the one of "
            "this app; docs/slack.md shows where it comes from."
        )
    return NightschoolError(f"Slack does not let us in ({code}); try again in a minute.")


def connection_error(client: WebClient, error: Exception) -> NightschoolError:
    """Makes an error for people of a failed connection: Slack is away, or this machine failed."""
    if is_outage(error):
        return unreachable(client)
    return NightschoolError(
        f"This machine failed to connect to Slack ({type(error).__name__}): {error}"
    )


def unreachable(client: WebClient) -> NightschoolError:
    """Makes the error for people where no server answers at the address of the API."""
    return NightschoolError(
        f"Slack cannot be reached at {client.base_url}: is this machine on the network?"
    )


def _retries() -> list[RetryHandler]:
    return [
        CarefulRetryHandler(),
        RateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES),
    ]


def _tls(url: str) -> ssl.SSLContext | None:
    """Returns one context for all calls: without it each reads all certificates anew."""
    return ssl.create_default_context() if urlsplit(url).scheme == "https" else None


def _without_proxy(url: str) -> bool:
    """Whether NO_PROXY or loopback excludes an address, which slack_sdk does not look at."""
    host = urlsplit(url).hostname or ""
    return host in LOOPBACK or bool(proxy_bypass(host))
