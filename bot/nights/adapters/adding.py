"""An adapter from elsewhere joins the versions: checked, examined, and promoted by nobody yet.

What it was trained on nobody here can tell. One of ours that comes back is known by its card, and
is refused where it learned what left; but anybody can write a card, and may have trained on since,
so that it is no surer for that. Whoever adds an adapter answers for what is known at that time;
whatever is forgotten or made private afterwards takes it out of use (`bot.privacy.unlearning`).
"""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import InputError
from bot.home import Home
from bot.nights.adapters.exam import hold_exam
from bot.nights.trainer_process import TrainerProcess
from bot.privacy.unlearning import require_clean_lessons
from bot.settings import Settings
from bot.store import Store
from bot.store.database.clock import now
from trainer.adapters.registry import AdapterCard, Registry, write_card
from trainer.evaluation.gate import decide, hold_to_mastery
from trainer.results.added import AddedAdapter
from trainer.results.progress import Progress

ADDED = "added"
"""The verdict of a version that no night has made: nobody falls back on it by themselves."""
NO_EXAM = (
    "No exam was held, as nothing is taught for everyone yet: `nightschool evaluate --adapter "
    "{version}` holds it later."
)
UNKNOWN = (
    "Nobody here can tell what it was trained on: as soon as somebody is forgotten or a lesson is "
    "made private, it goes out of use."
)
BY_ITS_CARD = (
    "By its card it is {version} of this home; whether it was trained on since nobody here can "
    "tell: as soon as somebody is forgotten or a lesson is made private, it goes out of use."
)
RENAMED = "It names its base '{said}'; it was added as one of {ours}."


@dataclass(frozen=True)
class Added:
    """An adapter that has joined the versions."""

    card: AdapterCard
    adapter: AddedAdapter
    passed: bool | None
    """Whether a night would have promoted it; None where no exam was held."""


def add_adapter(
    home: Home,
    settings: Settings,
    store: Store,
    registry: Registry,
    folder: Path,
    *,
    renamed: bool = False,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Added:
    """Adds a folder of mlx_lm.lora or PEFT as a version. The caller keeps nights away meanwhile.

    Args:
        home: where the version goes.
        settings: with the base model.
        store: with the lessons of the exam, and what was trained on which of them.
        registry: the versions.
        folder: somebody else's; it is only read.
        renamed: take it though it names another base than this home has.
        on_progress: called with every line of progress.

    Returns:
        The version's card and what is known of the adapter.

    Raises:
        AdapterError: it is no adapter that is read, is broken, or is for another model.
        InputError: it names another base, or has learned what must not be used any more.
        TrainingError: the exam failed; nothing was added.
    """
    began, asked_at = time.monotonic(), now()
    home.prepare()
    staging = home.adapters / f".staging-add-{os.getpid()}"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        arguments = ["add", "--model", settings.model, "--adapter", str(folder.absolute())]
        child = TrainerProcess([*arguments, "--out", str(staging)], home.runs / "add.log")
        adapter = child.run(AddedAdapter.from_json, on_progress)
        if adapter.same_base is False and not renamed:
            raise InputError(
                f"It was made for '{adapter.said_base}', and this home answers with "
                f"{settings.model}. Its shapes fit: if both are the same weights, add --same-base."
            )
        learned = _learned(store, adapter)
        require_clean_lessons(store, "This adapter", learned)
        version = registry.new_version()
        card = _card(version, settings, adapter, learned, asked_at)
        write_card(staging, card)  # the exam reads it
        card, passed = _examined(home, settings, store, staging, card, on_progress)
        card = replace(card, seconds=round(time.monotonic() - began, 2))
        write_card(staging, card)
        registry.add(staging, version)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Added(card, adapter, passed)


def _learned(store: Store, adapter: AddedAdapter) -> tuple[int, ...]:
    """Returns the examples that an adapter of our own was trained on; none of a strange one.

    The card beside an adapter may say anything: its examples are those that a run here noted.
    """
    if not adapter.version or not adapter.dataset_hash:
        return ()
    return store.runs.examples_of(adapter.version, adapter.dataset_hash)


def _card(
    version: str,
    settings: Settings,
    adapter: AddedAdapter,
    learned: tuple[int, ...],
    asked_at: str,
) -> AdapterCard:
    notes = list(adapter.notes)
    if adapter.same_base is None:
        notes.insert(0, "It does not say which base it was made for; its shapes fit.")
    elif not adapter.same_base:
        notes.insert(0, RENAMED.format(said=adapter.said_base, ours=settings.model))
    notes.append(BY_ITS_CARD.format(version=adapter.version) if learned else UNKNOWN)
    return AdapterCard(
        version=version,
        base_model=settings.model,
        base_revision=adapter.base_revision,
        template_hash=adapter.template_hash,
        tokenizer_hash=adapter.tokenizer_hash,
        example_ids=learned,
        dataset_hash=adapter.dataset_hash if learned else "",
        settings={"rank": adapter.rank, "fine_tune_type": adapter.kind},
        verdict=ADDED,
        reason=f"Added from elsewhere ({adapter.layout}).",
        notes=tuple(notes),
        # Whoever adds it answers for what was known then, and not for what the exam took.
        created_at=asked_at,
        origin=adapter.layout,
    )


def _examined(
    home: Home,
    settings: Settings,
    store: Store,
    staging: Path,
    card: AdapterCard,
    on_progress: Callable[[Progress], None],
) -> tuple[AdapterCard, bool | None]:
    """Returns the card with the exam and what a night would say of it; without lessons as it is."""
    if not store.examples.trained(datetime.now(UTC).date().isoformat()):
        note = NO_EXAM.format(version=card.version)
        return replace(card, notes=(*card.notes, note)), None
    done = hold_exam(home, settings, store, staging, on_progress, look=True)
    by_adapter = settings.answers.untaught == "adapter"
    verdict = decide(replace(done.evaluation, general_by_base=not by_adapter))
    if not by_adapter:
        verdict = hold_to_mastery(verdict, done.mastery, None)
    would = "A night would promote it" if verdict.promote else "A night would not promote it"
    reason = f"{card.reason} {would}: {verdict.reason}"
    examined = replace(card, evaluation=done.evaluation, mastery=done.mastery, reason=reason)
    return examined, verdict.promote
