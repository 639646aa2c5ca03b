"""Runs nights: one at a time, in the foreground or the background, with an announced end.

The steps of a night are in `bot.nights.steps`. Training is a child process, so that no failure of
it touches the bot. This module knows no Slack: a listener in `NightRunner.on_finished` is called at
the end of every run.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from bot.errors import NightschoolError, raised_at
from bot.home import Home
from bot.nights.launch import Workers
from bot.nights.night_lock import NightLock, living_run, mark_crashed_runs
from bot.nights.steps import NightContext, NightRequest, NightSteps
from bot.nights.trainer_process import TrainerProcess
from bot.settings import Settings
from bot.store import Run, Store
from trainer.adapters.registry import Registry
from trainer.results.evaluation import Evaluation
from trainer.results.progress import Progress

log = structlog.get_logger(__name__)
REPORTED_WITHIN = timedelta(hours=24)
"""A run that ended longer ago is not announced any more."""


@dataclass(frozen=True)
class NightResult:
    """The end of a run, in the fields of `nightschool night --json`; `seconds` is its duration."""

    run: int
    status: str
    version: str | None
    reason: str
    examples: int
    seconds: float
    evaluation: Evaluation | None
    notes: tuple[str, ...] = ()
    """Whatever was out of the ordinary, one sentence each."""


class NightRunner:
    """Runs nights on one home, one at a time over all processes."""

    def __init__(self, home: Home, settings: Settings, store: Store, registry: Registry) -> None:
        self._context = NightContext(home, settings, store, registry)
        self._home = home
        self._store = store
        self._lock = NightLock(home, store)
        self._own: int | None = None
        self._child: TrainerProcess | None = None
        self._thread: threading.Thread | None = None
        self._cancelled: int | None = None
        self._kept: int | None = None
        self._deciding = threading.Lock()
        self.on_finished: list[Callable[[Run], None]] = []

    def under_way(self) -> Run | None:
        """Returns the run that is under way, in this process or another, or None.

        Crashed runs are marked as failed first.
        """
        return living_run(self._home, self._store)

    def running(self) -> bool:
        """Returns whether a night is under way, in this process or another."""
        return self.under_way() is not None

    def owns(self, run_id: int) -> bool:
        """Returns whether this runner began the run, not another process or an earlier one."""
        return self._own == run_id

    def start(self, *, force: bool = False) -> int:
        """Begins a night in the background and returns its run's id.

        Raises:
            NightschoolError: a night is under way already.
        """
        run = self._open()
        self._thread = threading.Thread(
            target=self._run_quietly, args=(run, NightRequest(force)), name="night", daemon=True
        )
        self._thread.start()
        return run.id

    def run(
        self,
        *,
        force: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
        warm_start: bool = False,
        workers: Workers | None = None,
    ) -> NightResult:
        """Runs one whole night in this thread.

        Args:
            force: train even if nothing changed.
            on_progress: called with every line of the trainer's progress.
            warm_start: begin with the weights of the adapter in use.
            workers: the processes that train together; None for those of the settings.

        Returns:
            The end of the run; a night that fails has the status `failed` and raises nothing.

        Raises:
            NightschoolError: a night is under way already.
        """
        return self._run(self._open(), NightRequest(force, warm_start, workers), on_progress)

    def cancel(self, run_id: int) -> bool:
        """Stops a run of this process; it ends soon after and changes nothing.

        Returns:
            False where the run is over, keeps its adapter already, or belongs to another process.

        Raises:
            NotFoundError: there is no such run.
        """
        run = self._store.runs.get(run_id)
        with self._deciding:
            if run.status != "running" or not self.owns(run_id) or self._kept == run_id:
                return False
            self._cancelled = run_id
        if self._child is not None:
            self._child.stop()
        return True

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps nights from starting inside the block; for other commands that train.

        Raises:
            NightschoolError: a night is under way.
        """
        self._lock.take()
        try:
            yield
        finally:
            self._lock.release()

    def stop(self) -> None:
        """Stops the night of this process, which changes nothing, and waits up to 30 s for it."""
        if self._own is not None:
            self.cancel(self._own)
        if self._child is not None:
            self._child.stop()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def _open(self) -> Run:
        self._lock.take()
        try:
            run = self._store.runs.start(os.getpid())
        except BaseException:
            self._lock.release()
            raise
        self._own = run.id
        return run

    def _run_quietly(self, run: Run, request: NightRequest) -> None:
        result = self._run(run, request, None)
        log.info("night ended", run=run.id, status=result.status, version=result.version)

    def _run(
        self, run: Run, request: NightRequest, on_progress: Callable[[Progress], None] | None
    ) -> NightResult:
        start = time.monotonic()
        try:
            ended = NightSteps(
                self._context,
                run,
                start,
                lambda child: self._began(run, child),
                on_progress,
                lambda: self._may_keep(run),
            ).go(request)
        except (NightschoolError, OSError) as error:
            ended = self._fail(run, start, str(error))
        except BaseException:
            self._fail(run, start, "The night broke off; the log says where.")
            raise
        finally:
            self._child = None
            self._lock.release()
        self.announce(ended)
        return NightResult(
            run=ended.id,
            status=ended.status,
            version=ended.version,
            reason=ended.reason or "",
            examples=ended.examples or 0,
            seconds=ended.seconds or 0.0,
            evaluation=ended.evaluation,
            notes=ended.notes,
        )

    def announce(self, run: Run) -> None:
        """Calls every listener with a finished run, once over all processes."""
        if not self.on_finished or not self._store.runs.claim_report(run.id):
            return
        ended = self._store.runs.get(run.id)
        for listener in self.on_finished:
            try:
                listener(ended)
            except Exception as error:  # noqa: BLE001  the other listeners hear of it all the same
                # Without the message: it could hold what people wrote.
                name, where = type(error).__name__, raised_at(error)
                log.error(  # noqa: TRY400  its text may be what people wrote
                    "a listener to the night failed", run=run.id, error=name, where=where
                )

    def announce_missed(self) -> None:
        """Announces runs that nobody announced: they crashed, or ran in another process.

        Runs that ended longer ago than REPORTED_WITHIN count as announced.
        """
        mark_crashed_runs(self._home, self._store)
        since = (datetime.now(UTC) - REPORTED_WITHIN).isoformat()
        for run in self._store.runs.unreported() if self.on_finished else ():
            if (run.finished_at or "") >= since:
                self.announce(run)
            else:
                self._store.runs.claim_report(run.id)

    def _began(self, run: Run, child: TrainerProcess) -> None:
        self._child = child
        if self._cancelled == run.id:
            child.stop()

    def _may_keep(self, run: Run) -> bool:
        """Returns whether the run keeps its adapter; from then on it cannot be cancelled."""
        with self._deciding:
            if self._cancelled == run.id:
                return False
            self._kept = run.id
            return True

    def _fail(self, run: Run, start: float, reason: str) -> Run:
        seconds = time.monotonic() - start
        return self._store.runs.finish(run.id, "failed", reason, seconds=seconds)
