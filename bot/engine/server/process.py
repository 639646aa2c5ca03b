"""The life cycle of the engine: it takes the port, loads the model and writes its address."""

import json
import logging
import os
import secrets
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from filelock import FileLock, Timeout
from starlette.applications import Starlette

from bot.engine.address import EngineAddress, lock_file, remove_address, write_address
from bot.engine.server.adapter_cache import AdapterCache
from bot.engine.server.app import create_app
from bot.engine.server.encoding import EncodingQueue
from bot.engine.server.worker import LoadedEngine, Worker
from bot.errors import EngineError
from bot.home import Home
from bot.settings import EngineSettings, Settings
from trainer.adapters.registry import Registry
from trainer.models.loading import load

_SHUTDOWN_SECONDS = 5.0
"""Seconds that answers in flight may still take when the engine is told to stop."""
_LOCK_SECONDS = 5.0
"""Seconds to wait for another engine of this home that is just ending."""
_DEFAULT_CONTEXT = 32768
"""Tokens of a model whose config.json names no context length."""
_BACKLOG = 128
"""Connections that the system holds until they are accepted."""
_log = logging.getLogger(__name__)


def run(home: Home, settings: Settings, parent_ended: threading.Event | None = None) -> None:
    """Serves until a signal comes, or `parent_ended` is set.

    Raises:
        EngineError: an engine runs already for this home, or the port is taken.
        ModelError: the model cannot be loaded.
    """
    home.data.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock_file(home.engine_file), timeout=_LOCK_SECONDS):
            _serve(home, settings, parent_ended or threading.Event())
    except Timeout as error:
        raise EngineError(
            f"An engine is already running for {home.root}: use it or stop it."
        ) from error


def _serve(home: Home, settings: Settings, parent_ended: threading.Event) -> None:
    server_socket = _bind(settings.engine)
    worker = Worker(lambda: open_model(home, settings))
    token = settings.engine.token.get_secret_value() if settings.engine.token else ""
    token = token or secrets.token_urlsafe(32)
    host, port = server_socket.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    address = EngineAddress(url, token, os.getpid(), settings.model)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        write_address(home.engine_file, address)
        _log.info("ready: %s answers on %s", settings.model, url)
        try:
            yield
        finally:
            remove_address(home.engine_file, os.getpid())

    app = create_app(worker, settings.engine, token, lifespan)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="on",
            ws="none",
            timeout_graceful_shutdown=int(_SHUTDOWN_SECONDS),
        )
    )
    threading.Thread(target=_end_with_parent, args=[parent_ended, server], daemon=True).start()
    worker.start()
    try:
        worker.ready.result()
        _listen(server_socket, settings.engine)
        threading.Thread(target=_end_with_worker, args=[worker, server], daemon=True).start()
        server.run(sockets=[server_socket])
        if not worker.alive:
            raise EngineError("The model could not go on: the line above says where it failed.")
    finally:
        worker.stop()
        server_socket.close()


def _end_with_parent(parent_ended: threading.Event, server: uvicorn.Server) -> None:
    """Ends the process soon after its parent, whatever it is doing."""
    parent_ended.wait()
    server.should_exit = server.force_exit = True
    threading.Event().wait(2 * _SHUTDOWN_SECONDS)
    os._exit(1)


def _end_with_worker(worker: Worker, server: uvicorn.Server) -> None:
    """Ends the server when the model's thread has ended: it only delays the next engine."""
    worker.join()
    server.should_exit = True


def open_model(home: Home, settings: Settings) -> LoadedEngine:
    """Loads the model and the adapter that is `latest`, on the thread that will use them.

    Raises:
        ModelError: the model cannot be loaded.
    """
    loaded = load(settings.model)
    adapters = AdapterCache(loaded, Registry(home.adapters))
    adapters.load_latest()
    encoding = EncodingQueue(settings.answers.embedder)
    return LoadedEngine(adapters, loaded.tokenizer, _context_length(loaded.path), encoding)


def _context_length(folder: Path) -> int:
    """Returns how many tokens the model was made for, as its config.json says."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config = config.get("text_config", config)
    return int(config.get("max_position_embeddings") or _DEFAULT_CONTEXT)


def _bind(settings: EngineSettings) -> socket.socket:
    """Binds without listening: whoever comes before the model is loaded is refused, not hung."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    server_socket = socket.socket(family, socket.SOCK_STREAM)
    server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server_socket.bind((settings.host, settings.port))
    except OSError as error:
        server_socket.close()
        raise _port_error(settings, error) from error
    return server_socket


def _listen(server_socket: socket.socket, settings: EngineSettings) -> None:
    try:
        server_socket.listen(_BACKLOG)
    except OSError as error:
        raise _port_error(settings, error) from error


def _port_error(settings: EngineSettings, error: OSError) -> EngineError:
    return EngineError(
        f"The engine cannot listen on {settings.host}:{settings.port} ({error.strerror}): "
        "choose another engine.port, or 0 for a free one."
    )
