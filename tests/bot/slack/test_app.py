"""The Bolt app: a listener that fails is logged, and a warning that is none is not."""

import logging

import pytest
from slack_bolt import App, BoltRequest

from bot.slack.app import build_app
from bot.slack.payloads.dispatcher import Dispatcher
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import AtOnce


class Failing:
    """A listener that fails before it acknowledges."""

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        assert dispatcher.client is app.client

        def fail() -> None:
            raise ZeroDivisionError("secret words")

        app.event("app_home_opened")(fail)


def test_a_listener_that_fails_is_logged_without_its_words(
    drive: Drive, capsys: pytest.CaptureFixture[str]
) -> None:
    direct = drive()
    dispatcher = Dispatcher(direct.store.handled_events, AtOnce(), direct.parts.app.client)
    app = build_app(dispatcher, AtOnce(), [Failing()])
    app.dispatch(BoltRequest(body=direct.body({"type": "app_home_opened"}), mode="socket_mode"))
    logged = "".join(capsys.readouterr())
    assert "ZeroDivisionError" in logged
    assert "secret words" not in logged


def test_a_token_in_the_environment_is_no_news(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-environment")
    caplog.set_level(logging.WARNING)
    drive()
    assert "will be unused" not in caplog.text
