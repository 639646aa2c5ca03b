"""A training set on disk: train.jsonl, valid.jsonl and manifest.json, and what people preferred.

Pairs stand in preferences.jsonl, rated answers without a partner in ratings.jsonl.

A set for another program may have rows of its layout, or be a table: `trainer.dataset.layouts`. The
same examples and settings give the same bytes, whoever exports them and when. The folder
appears whole or not at all.

What the exam (valid.jsonl) is. A team that taught three facts expects all three to be known, so
a lesson is never given up for an exam that could not tell much anyway: the oldest
`exam_from` groups of near-duplicates are all trained on, and while fewer than `exam_size` rows
are held out, the exam is filled up with rows that are also in train.jsonl. That measures recall
and shows a broken model, but no generalising; the manifest says which rows are held out and
which repeat. Beyond `exam_from` groups, one in ten of the newer ones is held out by a stable
hash, and no row ever changes sides as lessons are added.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trainer.dataset.deduplication import clusters, contradictions
from trainer.dataset.export_lines import (
    ExportItem,
    ExportPair,
    ExportRating,
    Lines,
    has_turns,
    pair_line,
    rating_line,
    single_turn,
    with_system,
)
from trainer.dataset.folder import MANIFEST, PREFERENCES, RATINGS, made_whole, written
from trainer.dataset.layouts import Layout, Turns, layout_of
from trainer.dataset.split import question_of, sides_by_group, stable_share
from trainer.dataset.token_counts import TokenCounter
from trainer.dataset.validation import Limits, validate_dataset
from trainer.errors import DatasetError
from trainer.formats import KINDS, Row, to_messages
from trainer.similarity import normalise

NO_PAIRS = (
    "there is no pair of a preferred and a disliked answer that may be trained on: they come from "
    "corrections, votes and imported files"
)


@dataclass(frozen=True)
class ExportPairs:
    """What people preferred, oldest first; where `trained`, it enters the hash of the export."""

    pairs: Sequence[ExportPair] = ()
    trained: bool = False
    ratings: Sequence[ExportRating] = ()
    """Answers without a partner; a layout of pairs alone has no place for them."""


@dataclass(frozen=True)
class LeftOut:
    """An example that is not in the set, and why; `position` counts items from 1 where known."""

    id: int | None
    reasons: tuple[str, ...]
    position: int | None = None


@dataclass(frozen=True)
class ExportSettings:
    """Settings of an export besides its examples; the manifest records all of them."""

    format: str = "messages"
    system: str | None = None
    train_ratio: float = 0.9
    exam_from: int = 200
    exam_size: int = 32
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Exported:
    """An export that stands on disk.

    Attributes:
        dataset_hash: the same for the same rows and settings.
        train: the examples in train.jsonl, in its order.
        held_out: the examples in valid.jsonl only.
        repeated: the examples in both files.
        left_out: the examples in neither, with reasons.
        manifest: what manifest.json says.
    """

    folder: Path
    dataset_hash: str
    train: list[ExportItem]
    held_out: list[ExportItem]
    repeated: list[ExportItem]
    left_out: list[LeftOut]
    manifest: dict[str, Any]


def export(
    items: Iterable[ExportItem | Mapping[str, Any]],
    folder: Path | str,
    settings: ExportSettings | None = None,
    *,
    tokenizer: Any = None,
    counter: Any = None,
    left_out: Sequence[LeftOut] = (),
    preferences: ExportPairs | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Exported:
    """Checks, splits and writes a training set.

    Args:
        items: oldest first; bare rows have the `id` that they carry, or none.
        folder: made by this call; it may exist if it is empty or holds an earlier export.
        settings: format, system message, split and limits.
        tokenizer: adds the checks in tokens, and renders `text` rows with its own template.
        counter: a tokenizer for the checks alone: `text` rows stay ChatML.
        left_out: examples that the caller left out already, for the manifest.
        preferences: pairs and rated answers get a file of their own where there are any.
        extra: more for the manifest's settings, say the model's name; must be JSON.

    Raises:
        DatasetError: no example is left, the folder holds something else, or the disk refuses.
    """
    settings = settings or ExportSettings()
    layout = layout_of(settings.format, tokenizer)
    preferences = preferences or ExportPairs()
    pairs = preferences.pairs
    ratings = () if layout.pairs == "all" else preferences.ratings
    given = [_item(item) for item in items]
    kept: list[ExportItem] = []
    if layout.pairs == "all":
        dropped = _without_pair(given, pairs)
        if not pairs:
            raise DatasetError(NO_PAIRS)
    else:
        kept, dropped = _sound(given, settings, layout, tokenizer if counter is None else counter)
    kept, repeats = _distinct(kept)
    rows = [item.row for item in kept]
    groups = clusters([question_of(row) for row in rows])
    sides = sides_by_group(
        rows, settings.train_ratio, groups=groups, always_train=settings.exam_from
    )
    train = [item for item, side in zip(kept, sides, strict=True) if side == "train"]
    held_out = [item for item, side in zip(kept, sides, strict=True) if side == "valid"]
    between = [
        LeftOut(item.id, ("nearly repeats both a trained and a held-out example",))
        for item, side in zip(kept, sides, strict=True)
        if side == "neither"
    ]
    if not train and layout.pairs != "all":
        first = f": {dropped[0].reasons[0]}" if dropped else ""
        raise DatasetError(f"no example can be trained on{first}")
    repeated = _repeated(train, settings.exam_size - len(held_out))
    away = [*left_out, *dropped, *repeats, *between]
    place = Path(folder)
    lines = Lines(layout, settings.system, pairs)
    with made_whole(place) as partial:
        sets = (
            {"train": train}
            if layout.pairs == "all"
            else {"train": train, "valid": [*held_out, *repeated]}
        )
        files = {
            f"{name}.{layout.suffix}": written(
                partial / f"{name}.{layout.suffix}", lines.of_file(some)
            )
            for name, some in sets.items()
        }
        beside = {}
        if pairs and layout.pairs == "beside":
            beside = {PREFERENCES: written(partial / PREFERENCES, map(pair_line, pairs))}
        if ratings:
            beside[RATINGS] = written(partial / RATINGS, map(rating_line, ratings))
        identity = files | beside if preferences.trained else files
        manifest = _manifest(identity, settings, extra or {}, (train, held_out, repeated), away)
        manifest["files"] = files | beside
        placed = [pair.id for pair in pairs if layout.pairs != "within" or pair.id in lines.placed]
        manifest["preferences"] = placed
        if ratings:
            manifest["ratings"] = [rating.id for rating in ratings]
        if len(placed) < len(pairs):
            manifest["preferences_left_out"] = sorted({pair.id for pair in pairs} - set(placed))
        manifest["contradictions"] = [
            [kept[one].id, kept[other].id] for one, other in contradictions(rows, groups)
        ]
        written(partial / MANIFEST, [json.dumps(manifest, indent=1, sort_keys=True) + "\n"])
    return Exported(place, str(manifest["dataset_hash"]), train, held_out, repeated, away, manifest)


def _item(item: ExportItem | Mapping[str, Any]) -> ExportItem:
    if isinstance(item, ExportItem):
        return item
    number = item.get("id")
    return ExportItem(number if isinstance(number, int) else None, dict(item))


def _sound(
    given: Sequence[ExportItem], settings: ExportSettings, layout: Layout, tokenizer: Any
) -> tuple[list[ExportItem], list[LeftOut]]:
    """Splits off the items that cannot be trained on, or that the layout cannot hold."""
    result = validate_dataset((item.row for item in given), tokenizer, limits=settings.limits)
    wrong = dict(result.errors)
    if tokenizer is not None and settings.system:
        # It stands before every row that is trained, and counts as well.
        sound = [n for n, item in enumerate(given) if n not in wrong and has_turns(item.row)]
        rows = [{"messages": with_system(given[n].row, settings.system)} for n in sound]
        limit = settings.limits.max_seq_length
        for place, tokens in TokenCounter(tokenizer).over(rows, limit).items():
            error = f"over {limit} tokens ({tokens}) with the system prompt"
            wrong[sound[place]] = [f"{error}: the completion would be cut off"]
    if KINDS.get(settings.format) != "text":
        for index, item in enumerate(given):
            if index in wrong:
                continue
            if not has_turns(item.row):
                wrong[index] = ["plain text has no prompt: it can only be exported as text"]
            elif refusal := _refusal(layout, with_system(item.row, settings.system)):
                wrong[index] = [refusal]
    kept = [item for index, item in enumerate(given) if index not in wrong]
    dropped = [LeftOut(given[index].id, tuple(wrong[index]), index + 1) for index in sorted(wrong)]
    return kept, dropped


def _refusal(layout: Layout, turns: Turns) -> str:
    """Returns the reason why a layout cannot hold a conversation; empty if it can."""
    try:
        layout.row(turns)
    except DatasetError as error:
        return str(error)
    return ""


def _without_pair(given: Sequence[ExportItem], pairs: Sequence[ExportPair]) -> list[LeftOut]:
    """Returns the items whose answer is preferred in no pair, with the reason."""
    answers = {(normalise(pair.prompt), normalise(pair.chosen)) for pair in pairs}
    return [
        LeftOut(item.id, ("dpo holds pairs alone, and it has no disliked answer",), place)
        for place, item in enumerate(given, start=1)
        if single_turn(to_messages(item.row)) not in answers
    ]


def _distinct(given: Sequence[ExportItem]) -> tuple[list[ExportItem], list[LeftOut]]:
    """Splits off the items that repeat an earlier one word for word, answer included."""
    first: dict[tuple[str, str], ExportItem] = {}
    kept, repeats = [], []
    for item in given:
        earlier = first.setdefault(_compared(item.row), item)
        if earlier is item:
            kept.append(item)
        else:
            name = "an earlier example" if earlier.id is None else f"example {earlier.id}"
            repeats.append(LeftOut(item.id, (f"the same as {name}",)))
    return kept, repeats


def _compared(row: Row) -> tuple[str, str]:
    *before, last = to_messages(row)
    asked = "\n".join(f"{turn['role']} {normalise(turn['content'])}" for turn in before)
    return asked, normalise(last["content"])


def _repeated(train: Sequence[ExportItem], wanted: int) -> list[ExportItem]:
    """Chooses trained items for the exam, as far as possible the same ones every night."""
    order = sorted(
        range(len(train)), key=lambda index: (stable_share(question_of(train[index].row)), index)
    )
    return [train[index] for index in sorted(order[: max(wanted, 0)])]


def _manifest(
    files: Mapping[str, Mapping[str, Any]],
    settings: ExportSettings,
    extra: Mapping[str, Any],
    sets: tuple[Sequence[ExportItem], Sequence[ExportItem], Sequence[ExportItem]],
    left_out: Sequence[LeftOut],
) -> dict[str, Any]:
    train, held_out, repeated = sets
    chosen = asdict(settings) | dict(extra)
    identity = json.dumps({"files": files, "settings": chosen}, sort_keys=True)
    return {
        "dataset_hash": hashlib.sha256(identity.encode()).hexdigest(),
        "files": files,
        "settings": chosen,
        "counts": {
            "train": len(train),
            "valid": len(held_out) + len(repeated),
            "held_out": len(held_out),
            "repeated": len(repeated),
            "left_out": len(left_out),
        },
        "train": [item.id for item in train],
        "held_out": [item.id for item in held_out],
        "repeated": [item.id for item in repeated],
        "left_out": [asdict(one) for one in left_out],
    }
