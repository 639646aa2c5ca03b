"""Adapter versions on disk, and which one is current.

A version is a folder that mlx-lm loads as it is, with a card. It is written elsewhere and
renamed when whole, and the choice of the current one is one small file replaced atomically:
whoever looks sees the old state or the new one. Knows nothing of models.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from filelock import FileLock

from trainer.errors import AdapterError
from trainer.results.evaluation import Evaluation
from trainer.results.losses import Losses
from trainer.results.mastery import Mastery
from trainer.results.stored_fields import stored_fields

WEIGHTS = "adapters.safetensors"
CONFIG = "adapter_config.json"
CARD = "card.json"
CURRENT = "current.json"
_VERSION = re.compile(r"v([0-9]{4,9})", re.ASCII)
_SHOWN = 40
"""Characters of a name that nobody's version has, in the sentence that says so."""


@dataclass(frozen=True)
class AdapterCard:
    """The card of an adapter: where it came from, and how its evaluation went."""

    version: str
    base_model: str
    base_revision: str = ""
    template_hash: str = ""
    tokenizer_hash: str = ""
    example_ids: tuple[int, ...] = ()
    started_with: tuple[int, ...] = ()
    """What the adapter that it went on from had learned besides, in a warm start."""
    dataset_hash: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    """The plan that it was trained by, as JSON."""
    losses: Losses | None = None
    evaluation: Evaluation | None = None
    """None where no exam was held."""
    mastery: Mastery | None = None
    """Which lessons it has mastered; None where nobody looked, as before they were looked at."""
    verdict: str = ""
    """`promoted` or `rejected` by its night, `added` where no night has made it, or empty while
    nobody has judged it."""
    reason: str = ""
    seconds: float = 0.0
    peak_memory_gb: float = 0.0
    notes: tuple[str, ...] = ()
    """Sentences about unusual things, such as short memory or a resumed run."""
    created_at: str = ""
    """The time of the training in UTC, as ISO 8601; of what was added, when that was asked for."""
    origin: str = ""
    """Whose layout it came in where it was added from elsewhere, such as `PEFT`; else empty."""

    @property
    def learned(self) -> tuple[int, ...]:
        """All examples that are in its weights, also those that a warm start brought along."""
        return (*self.example_ids, *self.started_with)

    def to_json(self) -> dict[str, Any]:
        """The card as it stands in `card.json`."""
        values = asdict(self) | {"started_with": list(self.started_with)}
        for key in ("origin", "started_with"):  # most cards have the keys that they always had
            if not values[key]:
                del values[key]
        return values | {
            "example_ids": list(self.example_ids),
            "losses": self.losses.to_json() if self.losses else {},
            "evaluation": self.evaluation.to_json() if self.evaluation else {},
            "mastery": self.mastery.to_json() if self.mastery else {},
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads what `to_json` wrote, in this or another version.

        Raises:
            TypeError: it has no version or no base model, or lists that are none.
        """
        values = stored_fields(cls, stored)
        return cls(
            **values
            | {
                "example_ids": tuple(values.get("example_ids", ())),
                "started_with": tuple(values.get("started_with", ())),
                "losses": Losses.from_json(values.get("losses")),
                "evaluation": Evaluation.from_json(values.get("evaluation")),
                "mastery": Mastery.from_json(values.get("mastery")),
                "notes": tuple(values.get("notes", ())),
            }
        )


def write_card(folder: Path, card: AdapterCard) -> None:
    """Writes the card into a version's folder, usually while it is still being made."""
    _replace(folder / CARD, card.to_json())


def read_card(folder: Path) -> AdapterCard:
    """Reads the card of a folder.

    Raises:
        AdapterError: there is none, or it cannot be read.
    """
    try:
        return AdapterCard.from_json(json.loads((folder / CARD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise AdapterError(f"The card of adapter '{folder.name}' cannot be read.") from error


def is_complete(folder: Path) -> bool:
    """True if the folder holds weights, configuration and card."""
    return all((folder / name).is_file() for name in (WEIGHTS, CONFIG, CARD))


class Registry:
    """The registry of all adapter versions under one folder."""

    def __init__(self, root: Path):
        self.root = root

    def versions(self) -> list[str]:
        """The complete versions, oldest first."""
        if not self.root.is_dir():
            return []
        names = [p.name for p in self.root.iterdir() if _VERSION.fullmatch(p.name)]
        return sorted((v for v in names if is_complete(self.root / v)), key=_number)

    def current(self) -> str | None:
        """The version in use, None for the base model alone."""
        version = self._state()["version"]
        return version if version is not None and self._stands(version) else None

    def path(self, version: str) -> Path:
        """The folder of a complete version.

        Raises:
            AdapterError: there is no such version.
        """
        if not _VERSION.fullmatch(version) or not is_complete(self.root / version):
            known = ", ".join(self.versions()[-5:]) or "none yet"
            raise AdapterError(f"There is no adapter '{_shortened(version)}' (known: {known}).")
        return self.root / version

    def card(self, version: str) -> AdapterCard:
        """The card of a version.

        Raises:
            AdapterError: there is no such version, or its card cannot be read.
        """
        return read_card(self.path(version))

    def new_version(self) -> str:
        """The next free name; names are not used twice while their folder exists."""
        taken = [0]
        if self.root.is_dir():
            taken += [_number(p.name) for p in self.root.iterdir() if _VERSION.fullmatch(p.name)]
        return f"v{max(taken) + 1:04d}"

    def add(self, staging: Path, version: str) -> Path:
        """Moves a finished folder into place under its version's name.

        Args:
            staging: a folder with weights, configuration and card, on any file system.
            version: from `new_version`.

        Raises:
            AdapterError: the folder is not complete, or the name is taken or malformed.
        """
        if not _VERSION.fullmatch(version):
            raise AdapterError(
                f"'{_shortened(version)}' is no name for an adapter: v0001 would be one."
            )
        if not is_complete(staging):
            raise AdapterError(f"The new adapter '{version}' is not complete; it was not added.")
        self.root.mkdir(parents=True, exist_ok=True)
        place = self.root / version
        with self._lock():
            if place.exists():
                raise AdapterError(f"There is already an adapter '{version}'.")
            if staging.stat().st_dev != self.root.stat().st_dev:
                copy = Path(tempfile.mkdtemp(prefix=".incoming-", dir=self.root))
                shutil.copytree(staging, copy, dirs_exist_ok=True)
                shutil.rmtree(staging)
                staging = copy
            for file in staging.iterdir():
                _flush(file)
            staging.rename(place)
            _flush(self.root)
        return place

    def promote(self, version: str | None) -> None:
        """Makes a version the current one; None goes back to the base model.

        Raises:
            AdapterError: there is no such version.
        """
        if version is not None:
            self.path(version)
        self.root.mkdir(parents=True, exist_ok=True)
        with self._lock():
            state = self._state()
            if version != state["version"]:
                self._write(version, [*state["previous"], state["version"]])

    def rollback(self) -> str | None:
        """Goes back to what was current before; returns it (None is the base model).

        Raises:
            AdapterError: nothing was ever promoted, or everything was already taken back.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with self._lock():
            previous = list(self._state()["previous"])
            while previous:
                version: str | None = previous.pop()
                if version is None or self._stands(version):
                    self._write(version, previous)
                    return version
        raise AdapterError("There is no earlier adapter to go back to.")

    def before(self) -> str | None:
        """What `rollback` would go back to; None is the base model."""
        return next(iter(self._earlier()), None)

    def can_roll_back(self) -> bool:
        """Whether there is anything to go back to."""
        return bool(self._earlier())

    def _stands(self, version: str) -> bool:
        """Returns whether a name is that of a complete version; it may be anything at all."""
        return bool(_VERSION.fullmatch(version)) and is_complete(self.root / version)

    def _earlier(self) -> list[str | None]:
        """What was current before and still could be, the latest first."""
        earlier = reversed(list(self._state()["previous"]))
        return [v for v in earlier if v is None or self._stands(v)]

    def _state(self) -> dict[str, Any]:
        try:
            stored = json.loads((self.root / CURRENT).read_text(encoding="utf-8"))
            version, *previous = _names(stored.get("version"), *stored.get("previous", []))
        except FileNotFoundError:
            return {"version": None, "previous": []}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            place = self.root / CURRENT
            raise AdapterError(f"{place} cannot be read: promote a version anew.") from error
        return {"version": version, "previous": previous}

    def _write(self, version: str | None, previous: list[str | None]) -> None:
        _replace(self.root / CURRENT, {"version": version, "previous": previous})

    def _lock(self) -> FileLock:
        return FileLock(self.root / ".lock")


def _names(*stored: object) -> Iterator[str | None]:
    """Yields names of versions, None for the base model.

    Raises:
        TypeError: one of them is no text.
    """
    for name in stored:
        if name is not None and not isinstance(name, str):
            raise TypeError("the name of a version is text")
        yield name


def _shortened(name: str) -> str:
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"


def _number(version: str) -> int:
    return int(version[1:])


def _replace(place: Path, content: dict[str, Any]) -> None:
    """Writes JSON so that a reader sees the old file or the whole new one, even after a crash."""
    handle, name = tempfile.mkstemp(prefix=f".{place.name}-", dir=place.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
