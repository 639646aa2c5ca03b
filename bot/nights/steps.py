"""The steps of one night, in their order: choose, check, export, train, gate, promote.

`bot.nights.runner` calls them and sees to it that only one night is under way.
"""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.errors import InputError, NightschoolError
from bot.home import CHECKPOINT, Home
from bot.lessons.exporting import (
    NOTHING_CONFIRMED,
    export_approved,
    forgotten_opinions,
    prune,
    trained_ids,
)
from bot.nights.launch import Workers, workers
from bot.nights.not_mastered import mastery_of, too_long
from bot.nights.report import why_poor
from bot.nights.trainer_process import TrainerProcess
from bot.nights.training import Training, notes_of, train
from bot.privacy.unlearning import may_go_on, require_clean, retire, retire_untaught
from bot.settings import Settings
from bot.store import Run, Store
from trainer.adapters.registry import AdapterCard, Registry, write_card
from trainer.dataset.export import Exported
from trainer.errors import AdapterError
from trainer.evaluation.gate import Verdict, decide, hold_to_mastery
from trainer.models.loading import STARTER, fingerprint, locate
from trainer.planning.preflight import check_disk, check_power
from trainer.results.mastery import TIME_UP
from trainer.results.progress import Progress
from trainer.results.run import RunResult

FORGOTTEN_MEANWHILE = (
    "Somebody asked to be forgotten while I was at school, so what I learned tonight is thrown "
    "away; the next night trains without their lessons."
)
STOPPED = "The night was stopped; nothing was changed."
NOTHING = "Nothing was taught yet, so there is nothing to learn."
NOTHING_PUBLIC = (
    "Nothing was taught for everyone yet, so there is nothing to learn: what is for one channel or "
    "one person is told there, and not trained."
)
KEPT_EXPORTS = 30
"""How many exports of nights are kept, the newest."""


@dataclass(frozen=True)
class NightContext:
    """The home, settings, database and adapters that a night works with."""

    home: Home
    settings: Settings
    store: Store
    registry: Registry


@dataclass(frozen=True)
class NightRequest:
    """The options with which a night was started; see `NightRunner.run`."""

    force: bool = False
    warm_start: bool = False
    workers: Workers | None = None


def _today() -> str:
    """Returns today's date in UTC, as ISO 8601."""
    return datetime.now(UTC).date().isoformat()


class NightSteps:
    """The steps of one run, in their order."""

    def __init__(
        self,
        context: NightContext,
        run: Run,
        start: float,
        on_child: Callable[[TrainerProcess], None],
        on_progress: Callable[[Progress], None] | None,
        may_keep: Callable[[], bool] = lambda: True,
    ) -> None:
        """Prepares the steps.

        Args:
            context: what the night works with.
            run: the run's row, which is open.
            start: when it began, by `time.monotonic`.
            on_child: called with each training process before it starts.
            on_progress: called with every line of the trainer's progress.
            may_keep: asked before the adapter is kept; False throws it away.
        """
        self.home = context.home
        self.settings = context.settings
        self.store = context.store
        self.registry = context.registry
        self.run = run
        self.start = start
        self.on_child = on_child
        self.on_progress = on_progress
        self.may_keep = may_keep
        self.notes: list[str] = []

    def go(self, request: NightRequest) -> Run:
        """Takes all steps and returns the run as it ended: promoted, rejected or skipped.

        Raises:
            NightschoolError: the night failed or was stopped; nothing was changed.
            OSError: a file could not be read or written.
        """
        self.store.freshness.look(_today(), self.settings.lessons.review_days)
        if not self.store.examples.trained(_today()):
            if self.store.freshness.expired_count(_today()):
                # What is in use stays, unless it knows what was made private or erased.
                retired = retire(self.store, self.registry)
                return self._skip(f"{NOTHING_CONFIRMED} {retired}".rstrip())
            untaught = retire_untaught(self.registry)
            private = self.store.examples.private_count()
            return self._skip(untaught or (NOTHING_PUBLIC if private else NOTHING))
        check_disk(self.home.root)
        self.notes += check_power(self.settings.night.battery)
        warm = self._warm_start() if request.warm_start else None
        exported = self._export(warm)
        ids = trained_ids(exported)
        before = self.store.runs.latest(trained=True)
        same = before and before.dataset_hash == exported.dataset_hash
        went_on = before is not None and TIME_UP in before.notes and self._checkpoint_stays()
        if before and same and not (request.force or went_on or self._base_changed(before)):
            shutil.rmtree(exported.folder)
            reason = f"Nothing new since run {before.id}: the lessons and settings are the same."
            # What is in use may know what has left the set before the run that was the same.
            return self._skip(f"{reason} {retire(self.store, self.registry)}".rstrip(), len(ids))
        return self._train(exported, warm, request.workers)

    def _checkpoint_stays(self) -> bool:
        """Returns whether a run that was out of time left its state to go on from."""
        return any(self.home.runs.glob(f"*/{CHECKPOINT}"))

    def _base_changed(self, before: Run) -> bool:
        """Returns whether the model's files changed since the last adapter was trained on them."""
        if self.settings.model == STARTER:  # it comes with the program, in more than one precision
            return False
        place = locate(self.settings.model)
        if place is None or before.version not in self.registry.versions():
            return False
        try:
            trained_on = self.registry.card(before.version).base_revision
        except AdapterError:
            return False
        if not trained_on or fingerprint(place) == trained_on:
            return False
        self.notes.append("The base model's files have changed: everything is trained anew.")
        return True

    def _warm_start(self) -> Path:
        """Returns the folder of the adapter in use, and notes what a warm start costs.

        Raises:
            InputError: no adapter is in use, it was added from elsewhere, or it was trained on
                examples that were erased or made private since.
        """
        current = self.registry.current()
        if current is None:
            raise InputError("There is no adapter in use to go on from: train without warm start.")
        require_clean(self.store, self.registry, current)
        card = self.registry.card(current)
        if card.origin:
            # Its successor would know what nobody can tell, and would not say so.
            raise InputError(
                f"{current} was added from elsewhere, and nobody can tell what it was trained on: "
                "train without --warm-start."
            )
        ids = card.learned
        trained = {example.id for example in self.store.examples.trained(_today())}
        gone = sum(example not in trained for example in ids)
        self.notes.append(
            "A warm start costs: what the adapter in use has forgotten stays forgotten, and what "
            f"was withdrawn since ({gone} of its lessons) stays learned."
        )
        return self.registry.path(current)

    def _besides(self, warm: Path, card: AdapterCard) -> tuple[int, ...]:
        """Returns what only the adapter that a warm start went on from was trained on."""
        before = self.registry.card(warm.name).learned
        return tuple(sorted({*before} - {*card.example_ids}))

    def _export(self, warm: Path | None) -> Exported:
        training = self.settings.training.model_dump(exclude_none=True)
        extra = {"model": self.settings.model, "training": training}
        return export_approved(
            self.store,
            self.settings,
            self.home.exports / f"{self.run.id:04d}",
            extra=extra | ({"warm_start": warm.name} if warm else {}),
        )

    def _train(self, exported: Exported, warm: Path | None, team: Workers | None) -> Run:
        version = self.registry.new_version()
        for left in self.home.adapters.glob(".staging-*"):  # runs were cut off
            shutil.rmtree(left, ignore_errors=True)
        staging = self.home.adapters / f".staging-{self.run.id}"
        try:
            self.notes += too_long(exported.left_out)
            done = self._train_into(staging, exported, warm, team)
            self._require_nobody_forgotten(exported)
            self.notes += done.notes
            verdict = self._judge(done)
            if not verdict.promote:
                self.notes += why_poor(len(trained_ids(exported)), self.settings.training)
            status = "promoted" if verdict.promote else "rejected"
            card = self._card(version, exported, done, status, verdict.reason)
            if warm is not None:
                card = replace(card, started_with=self._besides(warm, card))
            write_card(staging, card)
            if not self.may_keep():
                raise NightschoolError(STOPPED)
            ended = self._keep(staging, card, exported)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            if self._learned_of_the_forgotten(exported):
                # The trainer wrote these after the erasure had deleted the earlier ones.
                shutil.rmtree(self.home.paraphrases, ignore_errors=True)
                (self.home.runs / f"{self.run.id:04d}" / CHECKPOINT).unlink(missing_ok=True)
        # The run has ended: what cannot be removed is left for the next one to remove.
        with suppress(OSError):
            states = sorted(self.home.runs.glob(f"*/{CHECKPOINT}"))
            # The next night goes on from the newest, where there was no time for all of it.
            for state in states[:-1] if TIME_UP in done.notes else states:
                state.unlink(missing_ok=True)
            prune(self.home.exports, "[0-9]*", KEPT_EXPORTS)
        return ended

    def _keep(self, staging: Path, card: AdapterCard, exported: Exported) -> Run:
        """Adds the adapter to the versions, promotes it or not, and closes the run.

        All of it is one transaction, for which an erasure waits, or which waits for an erasure:
        either this finds that somebody was forgotten, or they are forgotten with this version.

        Raises:
            NightschoolError: somebody was forgotten meanwhile, or the disk refuses; the adapters
                are as they were.
        """
        added = False
        try:
            with self.store.connections.write():
                self._require_nobody_forgotten(exported)
                self.registry.add(staging, card.version)
                added = True
                self.store.runs.trained_on(self.run.id, card.learned)
                reason = card.reason
                if card.verdict == "promoted":
                    self.registry.promote(card.version)
                elif retired := retire(self.store, self.registry):
                    reason = f"{reason} {retired}"
                return self._finish(
                    card.verdict,
                    reason,
                    version=card.version,
                    examples=len(card.example_ids),
                    evaluation=card.evaluation,
                    dataset_hash=exported.dataset_hash,
                )
        except BaseException:
            if added:
                self._take_back(card.version)
            raise

    def _take_back(self, version: str) -> None:
        """Removes a version that the database does not know, and goes back to the one before."""
        if self.registry.current() == version:
            self.registry.rollback()
        shutil.rmtree(self.registry.root / version)

    def _judge(self, done: RunResult) -> Verdict:
        """Returns whether an adapter is promoted: by its exam, and by what it has mastered.

        A team whose newest adapter answers everything teaches a manner rather than facts, which
        the exam measures by how near the answers come, and not word for word.
        """
        by_adapter = self.settings.answers.untaught == "adapter"
        verdict = decide(replace(done.evaluation, general_by_base=not by_adapter))
        if by_adapter:
            return verdict
        current = self.registry.current()
        # One that could not be examined, or has to leave, is no measure for its successor.
        stays = (
            current is not None
            and done.evaluation.current is not None
            and may_go_on(self.store, self.registry, current)
        )
        return hold_to_mastery(
            verdict, done.mastery, mastery_of(self.registry, current) if stays else None
        )

    def _require_nobody_forgotten(self, exported: Exported) -> None:
        if self._learned_of_the_forgotten(exported):
            raise NightschoolError(FORGOTTEN_MEANWHILE)

    def _learned_of_the_forgotten(self, exported: Exported) -> bool:
        """Returns whether somebody behind lessons or opinions in the export was erased since."""
        if self.store.examples.forgotten(trained_ids(exported)):
            return True
        return self.settings.training.preferences in ("auto", "kto") and forgotten_opinions(
            self.store, exported, self.run.started_at
        )

    def _train_into(
        self, staging: Path, exported: Exported, warm: Path | None, team: Workers | None
    ) -> RunResult:
        folder = self.home.runs / f"{self.run.id:04d}"
        current = self.registry.current()
        night = self.settings.night
        hosts = self.home.root / night.hosts if night.hosts else None
        training = Training(
            data=exported.folder,
            out=staging,
            model=self.settings.model,
            settings=self.settings.training,
            folder=folder,
            lock=self.home.training_lock,
            current=self.registry.path(current) if current else None,
            checkpoint=folder / CHECKPOINT,
            checkpoint_seconds=night.checkpoint_seconds,
            resume=max(self.home.runs.glob(f"*/{CHECKPOINT}"), default=None),
            paraphrases=self.home.paraphrases,
            warm_start=warm,
            seconds=night.hours * 3600,
            notes=notes_of(self.settings, self.store, folder),
            workers=team or workers(night.workers, hosts),
        )
        return train(training, self._note, self.on_child)

    def _note(self, progress: Progress) -> None:
        self.store.runs.progress(self.run.id, **asdict(progress))
        if self.on_progress:
            self.on_progress(progress)

    def _card(
        self, version: str, exported: Exported, done: RunResult, verdict: str, reason: str
    ) -> AdapterCard:
        return AdapterCard(
            version=version,
            base_model=self.settings.model,
            base_revision=done.base_revision,
            template_hash=done.template_hash,
            tokenizer_hash=done.tokenizer_hash,
            example_ids=trained_ids(exported),
            dataset_hash=exported.dataset_hash,
            settings=done.settings,
            losses=done.losses,
            evaluation=done.evaluation,
            mastery=done.mastery,
            verdict=verdict,
            reason=reason,
            seconds=done.seconds,
            peak_memory_gb=done.peak_memory_gb,
            notes=tuple(self.notes),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def _skip(self, reason: str, examples: int = 0) -> Run:
        return self._finish("skipped", reason, examples=examples)

    def _finish(self, status: str, reason: str, **values: Any) -> Run:
        seconds = time.monotonic() - self.start
        if self.notes:
            self.store.runs.note(self.run.id, self.notes)
        return self.store.runs.finish(self.run.id, status, reason, seconds=seconds, **values)
