"""Starts the engine's process, keeps it running, and finds one that runs already.

`serve` holds an EngineSupervisor for as long as it lives; a single command borrows whatever
engine there is with `connect`, and only starts one of its own if there is none.
"""

import contextlib
import logging
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout
from pydantic import SecretStr

from bot.engine.address import lock_file, read_address, remove_address, remove_dead_address
from bot.engine.client import EngineClient
from bot.engine.external_models import ExternalModelNames
from bot.errors import EngineUnavailableError
from bot.home import Home
from bot.interpreter import child_environment, python
from bot.settings import Settings
from trainer.adapters.registry import Registry

START_SECONDS = 600.0
"""Seconds that an engine may take to load its model; the first time may include a download."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds between two starts; the pause doubles until an engine becomes ready."""
_STOP_SECONDS = 10.0
"""Seconds that an engine may take to end before it is killed."""
_MAX_LOG_BYTES = 5 * 2**20
_POLL_SECONDS = 0.05
_log = logging.getLogger(__name__)


class EngineSupervisor:
    """The engine as a child process that is started again when it dies.

    The child ends with this process, however that ends: it watches its standard input.
    """

    def __init__(self, home: Home, settings: Settings):
        self._home = home
        self._environment = child_environment(_as_environment(settings))
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._start_failure: str | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def log_file(self) -> Path:
        """The file of what the engine writes on standard error."""
        return self._home.data / "engine.log"

    @property
    def pid(self) -> int | None:
        """The process id of the newest child, None before the first."""
        return self._child.pid if self._child is not None else None

    def start(self) -> None:
        """Starts the child and the thread that watches it; returns at once."""
        self._home.data.mkdir(parents=True, exist_ok=True)
        self._stopping.clear()
        self._thread = threading.Thread(target=self._keep_running, name="engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the child and waits for it."""
        with self._starting:
            self._stopping.set()
            child = self._child
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def client(self) -> EngineClient:
        """Returns a client that follows the engine through restarts."""
        return EngineClient.following(
            self._home.engine_file, start_failure=lambda: self._start_failure
        )

    def wait_ready(self, timeout: float = START_SECONDS) -> None:
        """Waits until the engine answers.

        Args:
            timeout: in seconds.

        Raises:
            EngineUnavailableError: it ended before it could, and its last line says why; or
                it took too long.
        """
        deadline = time.monotonic() + timeout
        with contextlib.closing(self.client()) as client:
            while not (self._is_announced() and client.healthy()):
                if self._start_failure is not None:
                    raise EngineUnavailableError(self._start_failure)
                time.sleep(_POLL_SECONDS)
                if time.monotonic() > deadline:
                    raise _not_ready(self._home)

    def _is_announced(self) -> bool:
        address = read_address(self._home.engine_file)
        return address is not None and address.pid == self.pid

    def _keep_running(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            failure = self._run_once()
            if self._stopping.is_set():
                return
            if failure is None:
                pause = _FIRST_PAUSE
            self._start_failure = failure
            _log.warning("%s; starting again in %.1f s", failure or "the engine died", pause)
            self._stopping.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _run_once(self) -> str | None:
        """Runs one child to its end.

        Returns:
            The sentence that says why it was never ready; None if it was.
        """
        command = python("bot.engine", "--until-stdin-closes", "--home", str(self._home.root))
        log_start = _size(self.log_file)
        if log_start > _MAX_LOG_BYTES:
            self.log_file.unlink()
            log_start = 0
        with self._starting, self.log_file.open("ab") as log:
            if self._stopping.is_set():
                return None
            remove_dead_address(self._home.engine_file)
            self._child = child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is for us; we stop the child ourselves
            )
        was_ready = self._wait_for_exit(child)
        if child.stdin is not None:
            child.stdin.close()
        remove_address(self._home.engine_file, child.pid)
        if was_ready:
            return None
        reason = _last_line(self.log_file, log_start) or f"exit status {child.returncode}."
        return f"The model server did not start: {reason}"

    def _wait_for_exit(self, child: subprocess.Popen[bytes]) -> bool:
        """Waits for the child's end; returns whether it had been ready before."""
        while not self._is_announced():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_POLL_SECONDS)
                return False
        self._start_failure = None
        child.wait()
        return True


@contextlib.contextmanager
def connect(home: Home, settings: Settings) -> Iterator[EngineClient]:
    """Yields a client of the engine there is, else of one started for the time of the block.

    Raises:
        EngineUnavailableError: no engine could be started; its sentence says why.
    """
    if settings.engine.url is not None:
        client = external_client(home, settings, settings.engine.url)
    else:
        client = EngineClient.following(home.engine_file)
    with contextlib.closing(client):
        if settings.engine.url is not None or client.healthy() or _wait_for_start(home, client):
            yield client
            return
        with EngineSupervisor(home, settings) as engine:
            engine.wait_ready()
            yield client


def external_client(home: Home, settings: Settings, url: str) -> EngineClient:
    """Returns a client of a server that is not ours and that answers for our adapters.

    Args:
        home: its adapter versions are what the server is asked for.
        settings: name the base model and the bearer token.
        url: with or without the final /v1.
    """
    token = settings.engine.token
    return EngineClient(
        url,
        token.get_secret_value() if token else None,
        names=ExternalModelNames(Registry(home.adapters), settings.model),
    )


def _wait_for_start(home: Home, client: EngineClient) -> bool:
    """Waits for an engine that somebody else is starting; returns False if nobody is.

    Raises:
        EngineUnavailableError: it did not become ready in time.
    """
    lock = FileLock(lock_file(home.engine_file))
    deadline = time.monotonic() + START_SECONDS
    while home.data.is_dir():
        try:
            lock.acquire(timeout=_POLL_SECONDS)
        except Timeout:
            if client.healthy():
                return True
            if time.monotonic() > deadline:
                raise _not_ready(home) from None
        else:
            lock.release()
            return False
    return False


def _not_ready(home: Home) -> EngineUnavailableError:
    return EngineUnavailableError(
        f"The model server is not ready after {START_SECONDS:.0f} seconds: see "
        f"{home.data / 'engine.log'}."
    )


def _as_environment(settings: Settings) -> dict[str, str]:
    """Returns the settings that concern the engine, as the variables that its process reads."""
    values = {"NIGHTSCHOOL_MODEL": settings.model}
    for key, value in settings.engine:
        if isinstance(value, SecretStr):
            value = value.get_secret_value()  # noqa: PLW2901  unwrapped where it is used
        if value is not None:
            values[f"NIGHTSCHOOL_ENGINE__{key.upper()}"] = str(value)
    return values


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _last_line(file: Path, start: int) -> str:
    """Returns the last line of a file after the byte `start`, empty if there is none."""
    with file.open("rb") as stream:
        stream.seek(start)
        lines = stream.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
