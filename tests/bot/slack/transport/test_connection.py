"""Signing in: a refusal, an outage and a fault of this machine are told apart."""

import errno
from urllib.error import URLError

import pytest
from slack_sdk import WebClient

from bot.errors import NightschoolError
from bot.settings import SlackSettings
from bot.slack.transport.connection import sign_in, web_client


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
