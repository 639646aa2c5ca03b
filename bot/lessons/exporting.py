"""Exports what is taught for everyone as a training set: for a night, by command, on a schedule."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.errors import DatasetError
from bot.home import Home
from bot.lessons.preference_pairs import trainable_pairs
from bot.lessons.rated_answers import trainable_ratings
from bot.messages import as_dicts
from bot.settings import Settings
from bot.store import Example, Store
from bot.store.database.clock import now
from trainer.dataset.export import (
    Exported,
    ExportPairs,
    ExportSettings,
    LeftOut,
    export,
)
from trainer.dataset.export_lines import ExportItem
from trainer.dataset.token_counts import tokenizer_of
from trainer.dataset.validation import Limits
from trainer.planning.hyperparameters import plan

NOTHING = "Nothing is approved, so there is nothing to export."
NOTHING_PUBLIC = (
    "Nothing is approved for everyone, so there is nothing to export: lessons for one channel or "
    "one person are not trained."
)
NOTHING_CONFIRMED = (
    "Nothing that is approved for everyone was confirmed by its owner, so there is nothing to "
    "train: `examples confirm ID` says that a lesson still holds."
)
FORGOTTEN = "Somebody was forgotten meanwhile: export again."
PAIRS_ALONE = "dpo"
"""The layout that holds preference pairs and no lessons."""
SCHEDULED = "daily-"
"""The prefix of the folders of scheduled exports; an ISO date follows."""


def export_approved(
    store: Store,
    settings: Settings,
    folder: Path,
    kind: str = "messages",
    extra: Mapping[str, Any] | None = None,
    *,
    sources: bool = False,
) -> Exported:
    """Writes train.jsonl, valid.jsonl and manifest.json of what is approved, in force and public.

    Another layout than those of mlx-lm is for other programs: `trainer.dataset.layouts`.

    What is for one channel or one person is left out: weights keep no secret. Preference pairs
    (from corrections, votes and files) that agree with the lessons go into preferences.jsonl, if
    there are any, or between the lessons where the layout holds them.

    Args:
        store: where the examples are.
        settings: the system prompt and the limits.
        folder: where the files go; it is created, and may hold an earlier export.
        kind: `messages`, `completions`, `text`, or another layout.
        extra: further entries for the settings in the manifest.
        sources: whether each row says how its lesson was taught.

    Returns:
        What was written, what was left out and why, and the manifest.

    Raises:
        DatasetError: nothing can be exported, the folder holds something else, the disk refuses, or
            somebody whose words are in it was forgotten meanwhile; then the folder is deleted.
        ModelError: the model has no chat template, or its template refuses a row.
    """
    began = now()
    day = datetime.now(UTC).date()
    today = day.isoformat()
    trained = store.examples.trained(today)
    if not trained and kind != PAIRS_ALONE:
        if store.freshness.expired_count(today):
            raise DatasetError(NOTHING_CONFIRMED)
        raise DatasetError(NOTHING if not store.examples.private_count() else NOTHING_PUBLIC)
    export_settings = ExportSettings(
        format=kind,
        system=settings.system_prompt or None,
        limits=limits_of(settings, len(trained)),
    )
    items = [
        ExportItem(example.id, row_of(example) | ({"source": example.source} if sources else {}))
        for example in trained
    ]
    left_out = [
        LeftOut(example.id, (_why_not(example, today),))
        for example in store.examples.kept_out(today)
    ]
    counter = tokenizer_of(settings.model)
    with_thumbs = "kto" in (settings.training.preferences, kind)
    exported = export(
        items,
        folder,
        export_settings,
        counter=counter,
        left_out=left_out,
        preferences=ExportPairs(
            trainable_pairs(store, day),
            trained=settings.training.preferences in ("auto", "kto"),
            ratings=trainable_ratings(store, settings, day) if with_thumbs else (),
        ),
        extra=extra,
    )
    # An erasure deletes the exports that it sees; this one it may not have seen.
    if store.examples.forgotten(trained_ids(exported)) or forgotten_opinions(
        store, exported, began
    ):
        shutil.rmtree(exported.folder)
        raise DatasetError(FORGOTTEN)
    return exported


def limits_of(settings: Settings, examples: int) -> Limits:
    """Returns the longest row that is exported: in characters as taught, in tokens as trained.

    Args:
        settings: the limits of teaching and of training.
        examples: the number of rows, on which the automatic settings of a training depend.
    """
    return Limits(
        settings.examples.max_prompt_length,
        settings.examples.max_completion_length,
        plan(settings.training, max(examples, 1)).max_seq_length,
    )


def trained_ids(exported: Exported) -> tuple[int, ...]:
    """Returns the ids of all examples of an export in order, with those held out for the exam."""
    items = (*exported.train, *exported.held_out)
    return tuple(sorted(item.id for item in items if item.id is not None))


def forgotten_opinions(store: Store, exported: Exported, since: str) -> bool:
    """Returns whether somebody behind a pair or a rated answer of an export was erased.

    Args:
        store: the database.
        exported: the export.
        since: a time of the database; only what was erased then or later counts.
    """
    pairs, rated = exported.manifest["preferences"], exported.manifest.get("ratings", ())
    return store.ratings.forgotten_since(pairs, since) or store.ratings.forgotten_rated(
        rated, since
    )


def row_of(example: Example) -> dict[str, Any]:
    """Returns an example as a row of the training set; the export adds the system prompt."""
    if not example.messages:
        return {"prompt": example.prompt, "completion": example.completion}
    return {"messages": as_dicts(example.messages)}


def scheduled_export(home: Home, settings: Settings, store: Store) -> Path | None:
    """Exports the training set of today (UTC) and removes the oldest scheduled exports.

    Returns:
        The folder, or None where there is nothing to train on yet.

    Raises:
        DatasetError: nothing that is approved can be exported, or the disk refuses.
        ModelError: as for `export_approved`.
    """
    home.prepare()
    today = datetime.now(UTC).date().isoformat()
    folder = home.exports / f"{SCHEDULED}{today}"
    store.freshness.look(today, settings.lessons.review_days)
    if not store.examples.trained(today):
        return None
    export_approved(store, settings, folder)
    prune(home.exports, f"{SCHEDULED}*", settings.export.keep)
    return folder


def prune(exports: Path, pattern: str, keep: int) -> None:
    """Removes all folders that match a pattern, but for the last ones by name.

    Args:
        exports: the folder that they are in.
        pattern: a glob pattern of their names, which sort by age.
        keep: the number of folders that stay, at least 1.
    """
    for folder in sorted(exports.glob(pattern))[:-keep]:
        shutil.rmtree(folder)


def _why_not(example: Example, on: str) -> str:
    """Returns the reason why an example is left out on a day: for the manifest, no words of people.

    What somebody wrote when they took an example out of use stays in the database alone, where
    they can have it erased.
    """
    if example.status != "approved":
        return example.status
    if example.for_whom.private:
        return f"for one {example.scope} alone: it is not trained"
    if example.leaves_on is not None and example.leaves_on <= on:
        return f"not confirmed by {example.leaves_on}"
    return f"ended on {example.expires_on}"
