"""The Socket Mode client: slack_sdk's built-in one, with a remedy for connections that end.

Its receiving thread takes the end of a connection for silence: it spins, and receives nothing for
half a minute. Here the end raises an error, and the client reconnects within PING_SECONDS.
"""

import contextlib
import errno
import socket
import time
from typing import Any

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk.errors import SlackClientNotConnectedError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

log = structlog.get_logger(__name__)
PING_SECONDS = 5.0
RECEIVE_BYTES = 16384
WORKERS = 10


class SocketMode(SocketModeClient):
    """The connection of one Bolt app; it reconnects by itself until it is closed."""

    def __init__(self, app: App, app_token: str) -> None:
        super().__init__(
            app_token,
            logger=app.logger,
            web_client=app.client,
            ping_interval=PING_SECONDS,
            receive_buffer_size=RECEIVE_BYTES,
            concurrency=WORKERS,
        )
        # The base class reads a proxy from the environment; the web client knows of NO_PROXY too.
        self.proxy = app.client.proxy
        self._app = app
        self.socket_mode_request_listeners.append(self._handle)

    def connect(self) -> None:
        """Opens a connection, which replaces the present one.

        Raises:
            SlackApiError: Slack refuses the app token.
        """
        super().connect()
        session = self.current_session
        if session is not None and session.sock is not None:
            session.sock = _EndingSocket(session.sock)  # type: ignore[assignment]  # wraps the socket
        if self.closed:
            # It was closed while another thread connected anew, and waits for that thread's end.
            self._end()

    def disconnect(self) -> None:
        """Closes the present connection."""
        # The receiving thread may close the socket at the same time: slack_sdk checks that there
        # is one before it takes its locks, and not again.
        with contextlib.suppress(AttributeError):
            super().disconnect()

    def close(self) -> None:
        """Closes the connection and ends the client's threads.

        The threads poll every one and three seconds; an empty message and the end of the socket
        wake them at once.
        """
        self.closed = True
        self._end()
        self.enqueue_message("")
        super().close()

    def _end(self) -> None:
        """Ends the present connection for good."""
        self.auto_reconnect_enabled = False
        self.current_session_state.terminated = True
        session = self.current_session
        if session is not None and isinstance(session.sock, _EndingSocket):
            session.sock.end()

    def _handle(self, _: BaseSocketModeClient, request: SocketModeRequest) -> None:
        start = time.time()
        answer = run_bolt_app(self._app, request)
        try:
            send_response(self, request, answer, start)
        except SlackClientNotConnectedError:
            # Slack sends an event again, and its key is known; a command was handled already.
            log.warning("the connection went before an acknowledgement", kind=request.type)


class _EndingSocket:
    """A socket whose `recv` raises when the other side has closed it, instead of returning b""."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._ended = False

    def recv(self, size: int) -> bytes:
        received = self._sock.recv(size)
        if not received and not self._ended:
            raise ConnectionResetError(errno.ECONNRESET, "the connection was closed")
        return received

    def end(self) -> None:
        """Shuts the socket down from this side; `recv` returns b"" from now on."""
        self._ended = True
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)
