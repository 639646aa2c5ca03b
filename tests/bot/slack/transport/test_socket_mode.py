"""The end of a connection is an error at once, unless it was ended here."""

import socket
from collections.abc import Iterator

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientNotConnectedError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.builtin.connection import ConnectionState
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.slack.transport import socket_mode
from bot.slack.transport.socket_mode import SocketMode
from tests.slack_server import SlackServer


@pytest.fixture
def ends() -> Iterator[tuple[socket_mode._EndingSocket, socket.socket]]:
    """This side of a connection and the other one."""
    here, there = socket.socketpair()
    with here, there:
        yield socket_mode._EndingSocket(here), there


@pytest.fixture
def connection(slack: SlackServer, client: WebClient) -> Iterator[SocketMode]:
    """The connection of an app without listeners."""
    app = App(client=client, token_verification_enabled=False)
    mode = SocketMode(app, slack.app_token)
    yield mode
    mode.close()


def test_what_the_other_side_sends_is_received(
    ends: tuple[socket_mode._EndingSocket, socket.socket],
) -> None:
    here, there = ends
    there.sendall(b"hello")
    assert here.recv(99) == b"hello"


def test_the_end_from_the_other_side_is_an_error(
    ends: tuple[socket_mode._EndingSocket, socket.socket],
) -> None:
    here, there = ends
    there.close()
    with pytest.raises(ConnectionResetError):
        here.recv(99)


def test_the_end_from_this_side_is_none(
    ends: tuple[socket_mode._EndingSocket, socket.socket],
) -> None:
    here, _ = ends
    here.end()
    assert here.recv(99) == b""
    here.end()  # it may be ended twice


def test_every_connection_notices_its_end(connection: SocketMode) -> None:
    connection.connect()
    session = connection.current_session
    assert session is not None
    assert isinstance(session.sock, socket_mode._EndingSocket)


def test_it_goes_the_way_of_the_web_client(
    slack: SlackServer, client: WebClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """slack_sdk would take the proxy for an address on this machine too."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    mode = SocketMode(App(client=client, token_verification_enabled=False), slack.app_token)
    try:
        assert mode.proxy is None
    finally:
        mode.close()


def test_closing_ends_all_threads(connection: SocketMode, slack: SlackServer) -> None:
    connection.connect()
    slack.wait_connected()
    connection.close()
    slack.wait_until(lambda: slack.connections == 0, "still connected")
    assert not connection.auto_reconnect_enabled


def test_a_connection_that_is_made_while_it_is_closed_ends(
    connection: SocketMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """slack_sdk connects anew by itself, and closing would wait for that connection for ever."""

    def connect(client: SocketModeClient) -> None:
        client.current_session_state = ConnectionState()  # type: ignore[no-untyped-call]  # its library is untyped
        client.auto_reconnect_enabled = True

    monkeypatch.setattr(SocketModeClient, "connect", connect)
    connection.connect()
    assert not connection.current_session_state.terminated
    connection.closed = True
    connection.connect()
    assert connection.current_session_state.terminated
    assert not connection.auto_reconnect_enabled


def test_an_acknowledgement_that_comes_too_late_is_a_line_in_the_log(
    connection: SocketMode, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: object) -> None:
        raise SlackClientNotConnectedError("not connected")

    monkeypatch.setattr(socket_mode, "send_response", gone)
    event = {"type": "event_callback", "event": {"type": "message"}}
    request = SocketModeRequest(type="events_api", envelope_id="1", payload=event)
    connection._handle(connection, request)
    assert "before an acknowledgement" in "".join(capsys.readouterr())
