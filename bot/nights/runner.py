"""One nightly run: choose, check, export, train, evaluate, gate, promote, report.

The heavy part is a child process, so no failure of it touches the bot. Knows no Slack: whoever
wants to hear of a finished run registers with `NightRunner.on_finished`.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from bot.errors import NightschoolError
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
"""What ended longer ago is no news."""


@dataclass(frozen=True)
class NightResult:
    """How a run ended; the fields of `nightschool night --json`."""

    run: int
    status: str
    version: str | None
    reason: str
    examples: int
    seconds: float
    evaluation: Evaluation | None
    notes: tuple[str, ...] = ()
    """What was out of the ordinary, a sentence each."""


class NightRunner:
    """Runs nights, one at a time on this home, whoever asks for them."""

    def __init__(self, home: Home, settings: Settings, store: Store, registry: Registry) -> None:
        self._school = NightContext(home, settings, store, registry)
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
        """The run that is under way, in this process or another; what was cut off is closed."""
        return living_run(self._home, self._store)

    def running(self) -> bool:
        """Whether a night is under way, in this process or another; what was cut off is closed."""
        return self.under_way() is not None

    def owns(self, run_id: int) -> bool:
        """Whether this runner began the run, and not another process or an earlier one."""
        return self._own == run_id

    def start(self, *, force: bool = False) -> int:
        """Begins a night in the background and returns its run's id.

        Raises:
            NightschoolError: one is under way already.
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
        """One whole night, in this thread.

        Args:
            force: train even if nothing changed.
            on_progress: hears every line of the trainer's progress.
            warm_start: go on from the adapter in use.
            workers: several processes or machines; by default as the settings say.

        Raises:
            NightschoolError: one is under way already. A night that fails is an Outcome.
        """
        return self._run(self._open(), NightRequest(force, warm_start, workers), on_progress)

    def cancel(self, run_id: int) -> bool:
        """Ends a run of this process soon, and nothing is changed by it.

        Returns:
            False where the run is over, keeps its adapter already, or belongs to another process.
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
        """While this lasts no night begins: for whoever trains by other means.

        Raises:
            NightschoolError: one is under way.
        """
        self._lock.take()
        try:
            yield
        finally:
            self._lock.release()

    def stop(self) -> None:
        """Ends the night that this process runs; nothing is changed by it."""
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

    def _run_quietly(self, run: Run, wishes: NightRequest) -> None:
        outcome = self._run(run, wishes, None)
        log.info("night ended", run=run.id, status=outcome.status, version=outcome.version)

    def _run(
        self, run: Run, wishes: NightRequest, on_progress: Callable[[Progress], None] | None
    ) -> NightResult:
        start = time.monotonic()
        try:
            ended = NightSteps(
                self._school,
                run,
                start,
                lambda child: self._began(run, child),
                on_progress,
                lambda: self._may_keep(run),
            ).go(wishes)
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
        """Tells everybody who wants to hear of finished runs, once in all processes."""
        if not self.on_finished or not self._store.runs.claim_report(run.id):
            return
        told = self._store.runs.get(run.id)
        for listener in self.on_finished:
            try:
                listener(told)
            except Exception:
                log.exception("a listener to the night failed", run=run.id)

    def announce_missed(self) -> None:
        """Tells of runs that ended without anybody to tell: cut off, or in another process."""
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
        """Whether nobody has cancelled the run; from then on nobody can."""
        with self._deciding:
            if self._cancelled == run.id:
                return False
            self._kept = run.id
            return True

    def _fail(self, run: Run, start: float, reason: str) -> Run:
        seconds = time.monotonic() - start
        return self._store.runs.finish(run.id, "failed", reason, seconds=seconds)
