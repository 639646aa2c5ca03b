"""Resolves model names to adapters, and holds the adapters that are loaded.

An adapter is loaded when it is first asked for, or while idle when it was just promoted. One that
cannot be used never stops the others: `latest` then means the one promoted before it, or the base.
"""

import json
import logging
from collections import Counter, OrderedDict
from dataclasses import dataclass
from pathlib import Path

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import mlx.core as mx

from bot.engine.server.continuous_batching import Batcher, can_batch, open_batcher
from bot.engine.server.protocol import BASE, LATEST, ApiError
from trainer.adapters.loading import check_card, read_adapter
from trainer.adapters.registry import CURRENT, Registry
from trainer.errors import AdapterError
from trainer.inference.multi_lora import NO_ADAPTER, Bank, NotBatchableError, wrap_linears
from trainer.models.loading import LoadedModel, sharing_copy, with_adapter

MAX_LOADED = 8
"""Most adapters held in memory; the least recently used one is unloaded first."""
_log = logging.getLogger(__name__)


@dataclass
class Placement:
    """Where the answers of one adapter, or of the base, are computed."""

    version: str | None
    """None for the base."""
    batcher: Batcher
    slot: int = NO_ADAPTER
    """The adapter's place in the bank of its batcher."""


class AdapterCache:
    """The base model and the adapters on it that are loaded; belongs to the model's thread."""

    def __init__(self, loaded: LoadedModel, registry: Registry):
        self._loaded = loaded
        self._registry = registry
        self._eos_tokens = sorted(loaded.tokenizer.eos_token_ids)
        # Before any layer is wrapped: what adapters that need a model of their own start from.
        self._unwrapped = sharing_copy(loaded.model)
        self._bank = Bank() if can_batch(loaded.model) else None
        if self._bank is None:
            _log.warning("this model answers one question at a time: its caches cannot be merged")
        self._base = Placement(None, open_batcher(loaded.model, self._eos_tokens, self._bank))
        self._placements: OrderedDict[str, Placement] = OrderedDict()
        self._broken: dict[str, tuple[object, str]] = {}
        self._in_use: Counter[str] = Counter()
        self._unreadable = False

    def names(self) -> list[str]:
        """Returns the model names that can be asked for; may be called from any thread."""
        return [BASE, LATEST, *self._registry.versions()]

    def batchers(self) -> list[Batcher]:
        """Returns all batchers, each once, that of the base first."""
        base = self._base.batcher
        return [base, *(p.batcher for p in self._placements.values() if p.batcher is not base)]

    def acquire(self, name: str) -> Placement:
        """Returns where a new answer is computed; `release` it when the answer is done.

        Args:
            name: `base`, `latest` or a version.

        Raises:
            ApiError: there is no such adapter, or it cannot be used.
        """
        placement = self._latest() if name == LATEST else self._named(name)
        if placement.version is not None:
            self._in_use[placement.version] += 1
        return placement

    def release(self, placement: Placement) -> None:
        """Lets the adapter of a finished answer be unloaded when room is needed."""
        if placement.version is not None:
            self._in_use[placement.version] -= 1

    def load_latest(self) -> None:
        """Loads the adapter that is `latest` now, so that the next request need not wait for it."""
        self._latest()

    def replace_batcher(self, broken: Batcher) -> None:
        """Gives new answers another batcher than one whose step failed."""
        if broken is self._base.batcher:
            self._base.batcher = open_batcher(self._loaded.model, self._eos_tokens, self._bank)
            for placement in self._placements.values():
                if placement.batcher is broken:
                    placement.batcher = self._base.batcher
        else:
            for version in [v for v, p in self._placements.items() if p.batcher is broken]:
                del self._placements[version]

    def _named(self, name: str) -> Placement:
        if name == BASE:
            return self._base
        try:
            folder = self._registry.path(name)
        except AdapterError as error:
            raise ApiError(404, "model_not_found", str(error)) from error
        try:
            return self._placement(name, folder)
        except AdapterError as error:
            raise ApiError(404, "model_not_usable", str(error)) from error

    def _latest(self) -> Placement:
        for version in self._promoted():
            if version is None:
                break
            try:
                return self._placement(version, self._registry.path(version))
            except AdapterError:
                continue
        return self._base

    def _promoted(self) -> list[str | None]:
        """Returns the current version and those before it, newest first; None is the base."""
        try:
            state = json.loads((self._registry.root / CURRENT).read_text(encoding="utf-8"))
            promoted = [state["version"], *reversed(state["previous"])]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError):
            if not self._unreadable:
                _log.warning("%s cannot be read: the base model answers", CURRENT)
            self._unreadable = True
            return []
        self._unreadable = False
        return promoted

    def _placement(self, version: str, folder: Path) -> Placement:
        """Returns the placement of a version, which is loaded first if need be.

        Raises:
            AdapterError: it cannot be used; that is logged once, until its files change.
        """
        if version not in self._placements:
            signature = _signature(folder)
            broken_signature, reason = self._broken.get(version, (None, ""))
            if broken_signature == signature:
                raise AdapterError(reason)
            try:
                self._placements[version] = self._load_checked(version, folder)
            except AdapterError as error:
                _log.warning("%s Others go on answering.", error)
                self._broken[version] = (signature, str(error))
                raise
            self._evict()
        self._placements.move_to_end(version)
        return self._placements[version]

    def _load_checked(self, version: str, folder: Path) -> Placement:
        try:
            return self._load(version, folder)
        except AdapterError:
            raise
        except Exception as error:
            _log.exception("adapter %s cannot be loaded", version)
            raise AdapterError(f"The adapter '{version}' cannot be loaded.") from error

    def _load(self, version: str, folder: Path) -> Placement:
        check_card(folder, self._loaded)
        if self._bank is not None:
            try:
                return self._load_by_row(version, folder, self._bank)
            except NotBatchableError as error:
                _log.warning("adapter %s gets a model of its own: %s", version, error)
        model = with_adapter(sharing_copy(self._unwrapped), folder)
        mx.eval(model.parameters())
        return Placement(version, open_batcher(model, self._eos_tokens))

    def _load_by_row(self, version: str, folder: Path, bank: Bank) -> Placement:
        adapter = read_adapter(folder, self._loaded)
        wrap_linears(self._loaded.model, list(adapter.parts), bank)
        slot = bank.put(adapter)
        try:
            # Builds the graph of two rows without computing it: each layer must see both.
            with bank.rows((slot, NO_ADAPTER)):
                self._loaded.model(mx.array([self._eos_tokens[:1] * 3] * 2))
        except NotBatchableError:
            bank.drop(slot)
            raise
        _log.info("adapter %s is loaded", version)
        return Placement(version, self._base.batcher, slot)

    def _evict(self) -> None:
        """Unloads adapters beyond MAX_LOADED that no answer in flight uses, oldest first."""
        idle = [v for v in list(self._placements)[:-1] if not self._in_use[v]]
        for version in idle[: max(0, len(self._placements) - MAX_LOADED)]:
            placement = self._placements.pop(version)
            if self._bank is not None and placement.slot != NO_ADAPTER:
                self._bank.drop(placement.slot)
            _log.info("adapter %s is unloaded", version)


def _signature(folder: Path) -> object:
    """Returns names, times and sizes of the files: a broken adapter is tried again if they change.

    Raises:
        AdapterError: the folder cannot be read.
    """
    try:
        states = [(file.name, file.stat()) for file in sorted(folder.iterdir())]
    except OSError as error:
        raise AdapterError(f"The adapter '{folder.name}' cannot be read.") from error
    return [(name, state.st_mtime_ns, state.st_size) for name, state in states]
