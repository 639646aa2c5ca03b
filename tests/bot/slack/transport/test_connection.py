"""Signing in: a refusal, an outage and a fault of this machine are told apart."""

import errno
import re
from urllib.error import URLError

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import RateLimitErrorRetryHandler
from slack_sdk.web import SlackResponse

from bot.errors import NightschoolError, SettingsError
from bot.settings import SlackSettings
from bot.slack.transport.connection import response_client, sign_in, token_error, web_client
from bot.slack.transport.retry import CarefulRetryHandler


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (URLError(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), "cannot be reached"),
        (PermissionError(errno.EACCES, "Permission denied", "ca.pem"), "This machine failed"),
        (OSError(errno.EMFILE, "Too many open files"), "This machine failed"),
    ],
)
def test_who_is_at_fault_is_said(
    monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    def fail(_: WebClient) -> None:
        raise error

    monkeypatch.setattr(WebClient, "auth_test", fail)
    with pytest.raises(NightschoolError, match=words):
        sign_in(web_client(SlackSettings()))


def test_a_server_on_this_machine_is_reached_without_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert web_client(SlackSettings(api_url="http://127.0.0.1:5/api/")).proxy is None
    assert web_client(SlackSettings()).proxy == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("invalid_auth", SettingsError, r"SLACK_BOT_TOKEN \(invalid_auth\).*xoxb-"),
        ("missing_scope", SettingsError, "docs/slack.md"),
        ("team_added_to_org", NightschoolError, "try again in a minute"),
    ],
)
def test_a_wrong_token_is_told_from_a_slack_that_is_busy(
    code: str, kind: type[NightschoolError], words: str
) -> None:
    response = SlackResponse(
        client=WebClient(), http_verb="POST", api_url="auth.test", req_args={},
        data={"ok": False, "error": code}, headers={}, status_code=200,
    )  # fmt: skip
    refusal = SlackApiError("refused", response)  # type: ignore[no-untyped-call]  # its library is untyped
    error = token_error(refusal, "SLACK_BOT_TOKEN", "xoxb-")
    assert type(error) is kind
    assert re.search(words, str(error))


def test_an_address_that_needs_no_proxy_is_reached_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """slack_sdk itself looks at HTTPS_PROXY alone."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "hooks.example")
    assert response_client("https://hooks.example/x").proxy is None
    assert response_client("https://hooks.slack.com/x").proxy == "http://127.0.0.1:9"


def test_clients_wait_where_slack_limits_the_rate_and_say_nothing_twice() -> None:
    """The pace of the Web API waits by itself: see tests/bot/slack/transport/pacing."""
    web, response = web_client(SlackSettings()), response_client("https://a.example")
    assert {type(handler) for handler in web.retry_handlers} == {CarefulRetryHandler}
    kinds = {type(handler) for handler in response.retry_handlers}
    assert kinds == {CarefulRetryHandler, RateLimitErrorRetryHandler}


def test_certificates_are_read_once_and_not_with_every_call() -> None:
    assert web_client(SlackSettings()).ssl is not None
    assert web_client(SlackSettings(api_url="http://127.0.0.1:5/api/")).ssl is None
