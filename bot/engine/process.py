"""The engine's life: takes the port, loads the model, says that it is ready, and ends cleanly."""

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

from bot.engine.adapter_cache import AdapterCache
from bot.engine.address import Address, lock_file, remove_address, write_address
from bot.engine.server import Engine
from bot.engine.worker import LoadedEngine, Worker
from bot.errors import EngineError
from bot.home import Home
from bot.settings import EngineSettings, Settings
from trainer.adapters.registry import Registry
from trainer.models.loading import load

_LAST_WORDS = 5.0
"""Seconds for answers in flight when the engine is told to stop."""
_LOCK_LIMIT = 5.0
"""Seconds to wait for another engine of this home that is just ending."""
_UNKNOWN_CONTEXT = 32768
_log = logging.getLogger(__name__)


def run(home: Home, settings: Settings, orphaned: threading.Event | None = None) -> None:
    """Serves until a signal comes, or `orphaned` is set.

    Raises:
        EngineError: an engine runs already for this home, or the port is taken.
        ModelError: the model cannot be loaded.
    """
    home.data.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock_file(home.engine_file), timeout=_LOCK_LIMIT):
            _serve(home, settings, orphaned or threading.Event())
    except Timeout as error:
        raise EngineError(
            f"An engine is already running for {home.root}: use it or stop it."
        ) from error


def _serve(home: Home, settings: Settings, orphaned: threading.Event) -> None:
    port = _take_port(settings.engine)
    worker = Worker(lambda: open_model(home, settings))
    token = settings.engine.token.get_secret_value() if settings.engine.token else ""
    token = token or secrets.token_urlsafe(32)
    host, number = port.getsockname()[:2]
    url = (
        f"http://[{host}]:{number}" if port.family == socket.AF_INET6 else f"http://{host}:{number}"
    )
    address = Address(url, token, os.getpid(), settings.model)

    @asynccontextmanager
    async def announced(_: Starlette) -> AsyncIterator[None]:
        write_address(home.engine_file, address)
        _log.info("ready: %s answers on %s", settings.model, url)
        try:
            yield
        finally:
            remove_address(home.engine_file, os.getpid())

    app = Engine(worker, settings.engine, token).app(announced)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="on",
            ws="none",
            timeout_graceful_shutdown=int(_LAST_WORDS),
        )
    )
    threading.Thread(target=_follow, args=[orphaned, server], daemon=True).start()
    worker.start()
    try:
        worker.ready.result()
        _listen(port, settings.engine)
        threading.Thread(target=_end_with, args=[worker, server], daemon=True).start()
        server.run(sockets=[port])
        if not worker.alive:
            raise EngineError("The model could not go on: the lines above say why.")
    finally:
        worker.stop()


def _follow(orphaned: threading.Event, server: uvicorn.Server) -> None:
    """Ends the process soon after its parent, whatever it is doing."""
    orphaned.wait()
    server.should_exit = server.force_exit = True
    threading.Event().wait(2 * _LAST_WORDS)
    os._exit(1)


def _end_with(worker: Worker, server: uvicorn.Server) -> None:
    """A server without its model only gets in the way of the next one."""
    worker.join()
    server.should_exit = True


def open_model(home: Home, settings: Settings) -> LoadedEngine:
    """Loads the model and what is `latest`; on the thread that will use them.

    Raises:
        ModelError: the model cannot be loaded.
    """
    loaded = load(settings.model)
    shelf = AdapterCache(loaded, Registry(home.adapters))
    shelf.look()
    return LoadedEngine(shelf, loaded.tokenizer, _context(loaded.path))


def _context(folder: Path) -> int:
    """How many tokens the model was made for, as its config.json says."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config = config.get("text_config", config)
    return int(config.get("max_position_embeddings") or _UNKNOWN_CONTEXT)


def _take_port(settings: EngineSettings) -> socket.socket:
    """Binds without listening: whoever comes before the model is loaded is refused, not hung."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    port = socket.socket(family, socket.SOCK_STREAM)
    port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        port.bind((settings.host, settings.port))
    except OSError as error:
        port.close()
        raise _port_error(settings, error) from error
    return port


def _listen(port: socket.socket, settings: EngineSettings) -> None:
    try:
        port.listen(128)
    except OSError as error:
        raise _port_error(settings, error) from error


def _port_error(settings: EngineSettings, error: OSError) -> EngineError:
    return EngineError(
        f"The engine cannot listen on {settings.host}:{settings.port} ({error.strerror}): "
        "choose another engine.port, or 0 for a free one."
    )
