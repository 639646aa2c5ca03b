"""Slack limits, fails, goes away and comes back; the bot dies: everybody hears once."""

import errno
import socket
import ssl
import threading
from http.client import InvalidURL, RemoteDisconnected
from urllib.error import HTTPError, URLError

import pytest
from slack_sdk.errors import (
    SlackClientNotConnectedError,
    SlackObjectFormationError,
    SlackRequestError,
)

from bot.home import Home
from bot.slack.answers.delivery import SLACK_WAS_AWAY, SWITCHED_OFF
from bot.slack.transport.retry import is_outage, outlast
from bot.store import Store
from tests.bot.slack.conftest import School
from tests.bot.slack.engine import ScriptedEngine
from tests.end_to_end.process import Serving
from tests.slack_server import SlackServer
from tests.slack_server.workspace import GENERAL

WORDS = [f"word{number} " for number in range(40)]
STORY = "".join(WORDS).strip()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack.answers.streaming.STREAM_SECONDS", 0.0)
    monkeypatch.setattr("bot.slack.answers.streaming.UPDATE_SECONDS", 0.0)
    monkeypatch.setattr("bot.slack.transport.retry.WAITS", (0.05,) * 200)
    monkeypatch.setattr("bot.slack.transport.socket_mode.PING_SECONDS", 0.2)


AWAY = [
    ConnectionResetError(errno.ECONNRESET, "reset"),
    TimeoutError("timed out"),
    RemoteDisconnected("no answer"),
    URLError(ConnectionRefusedError(errno.ECONNREFUSED, "refused")),
    URLError(socket.gaierror(socket.EAI_AGAIN, "no name server")),
    ssl.SSLError("handshake failed"),
    OSError(errno.ENETUNREACH, "no network"),
    OSError("Tunnel connection failed: 503"),
    HTTPError("https://slack.com", 502, "Bad Gateway", None, None),  # type: ignore[arg-type]  # no headers, no body
    SlackClientNotConnectedError("not connected"),
]
OURS = [
    FileNotFoundError(errno.ENOENT, "no such file"),
    PermissionError(errno.EACCES, "not allowed"),
    OSError(errno.ENOSPC, "no space left"),
    OSError(errno.EMFILE, "too many open files"),
    URLError("unknown url type: htps"),
    InvalidURL("nonnumeric port"),
    HTTPError("https://slack.com", 404, "Not Found", None, None),  # type: ignore[arg-type]  # no headers, no body
    SlackObjectFormationError("text is too long"),
    SlackRequestError("no channel"),
    ValueError("none of Slack's"),
]


def named(error: object) -> str:
    return type(error).__name__


@pytest.mark.parametrize("error", AWAY, ids=named)
def test_slack_or_the_way_to_it_may_be_away(error: Exception) -> None:
    assert is_outage(error)


@pytest.mark.parametrize("error", OURS, ids=named)
def test_what_is_wrong_here_is_no_outage(error: Exception) -> None:
    assert not is_outage(error)


@pytest.mark.parametrize("error", OURS, ids=named)
def test_an_error_of_our_own_is_raised_at_once(error: Exception) -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        raise error

    with pytest.raises(type(error)):
        outlast(call, threading.Event())
    assert len(calls) == 1


def test_an_outage_is_logged_once_however_long_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    calls: list[int] = []

    def call() -> str:
        calls.append(1)
        if len(calls) < 4:
            raise ConnectionResetError
        return "through"

    assert outlast(call, threading.Event()) == "through"
    assert "".join(capsys.readouterr()).count("Slack is away") == 1


def test_nothing_waits_for_slack_while_the_service_stops() -> None:
    closing, calls = threading.Event(), list[int]()
    closing.set()

    def call() -> None:
        calls.append(1)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        outlast(call, closing)
    assert len(calls) == 1


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
def test_it_waits_as_long_as_slack_tells_it_to(school: School, method: str) -> None:
    school.engine.script = lambda _, __: WORDS
    school.slack.fail(method, "ratelimited", status=429, retry_after=0)
    asked = school.slack.send_mention("Tell me a story")
    school.slack.wait_for_message(thread=asked.ts, contains="word39")
    school.quiet()
    assert [m.text.strip() for m in school.slack.bot_messages()] == [STORY]


@pytest.mark.parametrize(
    "method", ["chat.startStream", "chat.appendStream", "chat.stopStream", "chat.postMessage"]
)
def test_what_slack_said_without_telling_us_is_not_said_twice(school: School, method: str) -> None:
    """The call did what it should, and only its answer was lost."""
    if method == "chat.postMessage":
        school.slack.fail("chat.startStream", "unknown_method", times=9)
    school.engine.script = lambda _, __: WORDS
    school.slack.fail(method, "service_unavailable", status=503, applied=True)
    asked = school.slack.send_mention("Tell me a story")
    school.slack.wait_for_message(thread=asked.ts, contains="word39")
    school.quiet()
    (answer,) = school.slack.bot_messages()
    assert answer.text.strip() == STORY
    assert not answer.streaming


@pytest.mark.parametrize("begun", [False, True], ids=["before", "in the middle of"])
def test_an_answer_outlasts_an_outage_and_is_given_once(school: School, begun: bool) -> None:
    school.engine.script = lambda _, __: WORDS
    school.engine.hold_at = 10 if begun else 0
    asked = school.slack.send_mention("Tell me a story")
    assert school.engine.held.wait(60)
    if begun:
        school.slack.wait_for_message(thread=asked.ts, contains="word9")
    with school.slack.outage():
        school.engine.go.set()
        school.slack.wait_until(
            lambda: school.store.replies.in_thread(GENERAL, asked.ts, 9), "no answer was kept"
        )
        before = len(school.slack.calls)
        school.slack.wait_until(lambda: len(school.slack.calls) > before + 3, "it gave up")
    school.slack.wait_for_message(thread=asked.ts, contains="word39")
    school.quiet()
    assert [m.text.strip() for m in school.slack.bot_messages()] == [STORY]
    # And the connection comes back too.
    again = school.slack.send_mention("Still there?")
    school.slack.wait_for_message(thread=again.ts, contains="word39")


def test_an_outage_that_is_too_long_is_owned_up_to_when_slack_is_back(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever: the answer was given up, and they are told to ask again, once."""
    monkeypatch.setattr("bot.slack.transport.retry.WAITS", (0.01,))
    in_flight, delivery = school.parts.in_flight, school.parts.delivery
    school.engine.hold_at = 0
    asked = school.slack.send_mention("Tell me a story")
    assert school.engine.held.wait(60)
    with school.slack.outage():
        school.engine.go.set()
        school.slack.wait_until(in_flight.owed, "the answer is not owed")
        delivery.tell_owed()  # Slack is still away
        assert in_flight.owed()
    for _ in range(2):
        delivery.tell_owed()
    school.slack.wait_for_message(thread=asked.ts, contains=SLACK_WAS_AWAY)
    school.quiet()
    assert [m.text for m in school.slack.bot_messages()].count(SLACK_WAS_AWAY) == 1
    assert not in_flight.owed()
    assert not school.store.pending_answers.all()


def test_killed_in_the_middle_of_an_answer_it_tells_the_thread_at_the_next_start(
    home: Home, slack: SlackServer, engine: ScriptedEngine
) -> None:
    """The real process, kill -9, and the same again: who waited is told, once, and then served."""
    home.config.write_text(
        f'[console]\nport = 0\n[engine]\nurl = "{engine.url}"\n[night]\nenabled = false\n'
    )
    environment = {
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
    }
    engine.script = lambda _, __: WORDS
    engine.hold_at = 10
    with Serving(home.root, "serve", **environment) as first:
        slack.wait_connected()
        begun = slack.send_mention("Tell me a story")
        assert engine.held.wait(60)
        slack.wait_for_message(thread=begun.ts, contains="word")
        waiting = slack.send_direct("And another one")
        slack.wait_until(lambda: len(engine.requests) == 2, "the model was not asked twice")
        first.kill()
    engine.hold_at = None
    engine.go.set()
    slack.wait_until(lambda: slack.connections == 0, "still connected")
    with Serving(home.root, "serve", **environment):
        slack.wait_connected()
        for asked in (begun, waiting):
            slack.wait_for_message(thread=asked.ts, contains=SWITCHED_OFF)
            slack.redeliver(asked)
        again = slack.send_mention("Tell me a story again")
        slack.wait_for_message(thread=again.ts, contains="word39")
    assert len(slack.bot_messages()) == 3
    assert not any(message.streaming for message in slack.bot_messages())
    store = Store(home.database)
    assert store.pending_answers.all() == []
    store.close()


def test_stopped_in_the_middle_of_a_stream_it_says_so_below_it(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.service.STOP_SECONDS", 0.1)
    school.engine.script = lambda _, __: WORDS
    school.engine.hold_at = 10
    asked = school.slack.send_mention("Tell me a story")
    growing = school.slack.wait_for_message(thread=asked.ts, contains="word9")
    school.service.stop()
    assert growing.text.endswith(SWITCHED_OFF)
    assert not growing.streaming
