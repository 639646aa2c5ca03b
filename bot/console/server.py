"""The console's web server: a socket that is bound early, and uvicorn in a thread."""

import os
import socket
import threading

import uvicorn

from bot.answers.assistant import Assistant
from bot.console.app import create_app
from bot.errors import SettingsError
from bot.home import Home
from bot.nights.runner import NightRunner
from bot.operations.page_access import PageAccess
from bot.settings import Settings
from bot.store import Store

BACKLOG = 128
"""Connections that the system holds until they are accepted."""
START_SECONDS = 30.0
"""How long `start` waits for the server."""
SHUTDOWN_SECONDS = 2
"""How long requests may go on when the server stops."""


class Console:
    """The page's server: `url` is where it listens, `address` opens the page with its token.

    The port is bound by the constructor, so that a port in use is known before a model is loaded.
    Browsers that come before `start` wait for their page instead of being refused.

    Raises:
        SettingsError: the address cannot be taken.
    """

    def __init__(
        self,
        home: Home,
        settings: Settings,
        store: Store,
        assistant: Assistant,
        nights: NightRunner,
    ) -> None:
        self._socket = _listen(settings.console.host, settings.console.port)
        try:
            self._app = create_app(home, settings, store, assistant, nights)
        except BaseException:
            self._socket.close()
            raise
        host, port = self._socket.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._access: PageAccess = self._app.state.access
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """The address that opens the page; it holds the token, so it belongs in no log."""
        return self._access.address(self.url)

    def start(self) -> None:
        """Starts the server in a thread; returns when it accepts requests.

        `nightschool console` prints the address from then on.

        Raises:
            SettingsError: the address cannot be written down.
        """
        self._access.publish(self.url)
        config = uvicorn.Config(
            self._app,
            access_log=False,
            log_config=None,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="console", daemon=True
        )
        self._thread.start()
        self._server.ready.wait(START_SECONDS)

    def stop(self) -> None:
        """Ends the answers under way, stops the server and frees the port."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._app.state.answer_streams.close_all()
            self._thread.join()
        self._socket.close()


class _Server(uvicorn.Server):
    """A uvicorn server that says when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        server_socket = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _port_error(host, port, error) from error
    try:
        if os.name == "posix":  # a restart need not wait for old connections to time out
            server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server_socket.bind(address)
        server_socket.listen(BACKLOG)
    except OSError as error:
        server_socket.close()
        raise _port_error(host, port, error) from error
    return server_socket


def _port_error(host: str, port: int, error: OSError) -> SettingsError:
    reason = error.strerror or str(error)
    return SettingsError(
        f"the console cannot listen on {host}:{port} ({reason.lower()}); stop what uses the port "
        "or set another one: NIGHTSCHOOL_CONSOLE__PORT=3019"
    )
