"""Which adapter answers to which name, and where its answers are computed.

Adapters are loaded when first asked for, and looked for while idle. One that cannot be used
never stops the others: `latest` then means the one promoted before it, or the base.
"""

import json
import logging
from collections import Counter, OrderedDict
from dataclasses import dataclass
from pathlib import Path

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import mlx.core as mx

from bot.engine.api import BASE, LATEST, ApiError
from bot.engine.continuous_batching import Batcher, can_batch, open_lane
from trainer.adapters.loading import check_card, read_adapter
from trainer.adapters.registry import CURRENT, Registry
from trainer.errors import AdapterError
from trainer.inference.multi_lora import NO_ADAPTER, Bank, NotBatchableError, wrap_linears
from trainer.models.loading import LoadedModel, sharing_copy, with_adapter

KEEP = 8
"""Adapters held in memory; the one not asked for the longest goes first."""
_log = logging.getLogger(__name__)


@dataclass
class Placement:
    """Where the answers of one adapter, or of the base, are computed."""

    version: str | None
    lane: Batcher
    slot: int = NO_ADAPTER


class AdapterCache:
    """The base model, and the adapters on it that are loaded."""

    def __init__(self, loaded: LoadedModel, registry: Registry):
        self._loaded = loaded
        self._registry = registry
        self._ends = sorted(loaded.tokenizer.eos_token_ids)
        # Before any layer is wrapped: what adapters that need a model of their own start from.
        self._bare = sharing_copy(loaded.model)
        self._bank = Bank() if can_batch(loaded.model) else None
        if self._bank is None:
            _log.warning("this model answers one question at a time: its caches cannot be merged")
        self._base = Placement(None, open_lane(loaded.model, self._ends, self._bank))
        self._seats: OrderedDict[str, Placement] = OrderedDict()
        self._broken: dict[str, tuple[object, str]] = {}
        self._users: Counter[str] = Counter()
        self._unreadable = False

    def names(self) -> list[str]:
        """What can be asked for; may be called from any thread."""
        return [BASE, LATEST, *self._registry.versions()]

    def lanes(self) -> list[Batcher]:
        """All lanes, each once."""
        own = [seat.lane for seat in self._seats.values() if seat.lane is not self._base.lane]
        return [self._base.lane, *own]

    def take(self, name: str) -> Placement:
        """The seat for a new answer; give it back when the answer is done.

        Args:
            name: `base`, `latest` or a version.

        Raises:
            Refusal: there is no such adapter, or it cannot be used.
        """
        seat = self._latest() if name == LATEST else self._named(name)
        if seat.version is not None:
            self._users[seat.version] += 1
        return seat

    def give_back(self, seat: Placement) -> None:
        """The answer is done; its adapter may be unloaded when it is not wanted."""
        if seat.version is not None:
            self._users[seat.version] -= 1

    def look(self) -> None:
        """Loads what is now `latest`, so that the next question need not wait for it."""
        self._latest()

    def replace(self, lane: Batcher) -> None:
        """A lane broke: new answers get a new one."""
        if lane is self._base.lane:
            self._base.lane = open_lane(self._loaded.model, self._ends, self._bank)
            for seat in self._seats.values():
                if seat.lane is lane:
                    seat.lane = self._base.lane
        else:
            for version in [v for v, seat in self._seats.items() if seat.lane is lane]:
                del self._seats[version]

    def _named(self, name: str) -> Placement:
        if name == BASE:
            return self._base
        try:
            folder = self._registry.path(name)
        except AdapterError as error:
            raise ApiError(404, "model_not_found", str(error)) from error
        try:
            return self._seat(name, folder)
        except AdapterError as error:
            raise ApiError(404, "model_not_usable", str(error)) from error

    def _latest(self) -> Placement:
        for version in self._promoted():
            if version is None:
                break
            try:
                return self._seat(version, self._registry.path(version))
            except AdapterError:
                continue
        return self._base

    def _promoted(self) -> list[str | None]:
        """The current version and those before it, newest first."""
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

    def _seat(self, version: str, folder: Path) -> Placement:
        if version not in self._seats:
            changed = _signature(folder)
            seen, reason = self._broken.get(version, (None, ""))
            if seen == changed:
                raise AdapterError(reason)
            try:
                self._seats[version] = self._load_checked(version, folder)
            except AdapterError as error:
                _log.warning("%s Others go on answering.", error)
                self._broken[version] = (changed, str(error))
                raise
            self._make_room()
        self._seats.move_to_end(version)
        return self._seats[version]

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
        model = with_adapter(sharing_copy(self._bare), folder)
        mx.eval(model.parameters())
        return Placement(version, open_lane(model, self._ends))

    def _load_by_row(self, version: str, folder: Path, bank: Bank) -> Placement:
        adapter = read_adapter(folder, self._loaded)
        wrap_linears(self._loaded.model, list(adapter.parts), bank)
        slot = bank.put(adapter)
        try:
            # Builds the graph of two rows without computing it: each layer must see both.
            with bank.rows((slot, NO_ADAPTER)):
                self._loaded.model(mx.array([self._ends[:1] * 3] * 2))
        except NotBatchableError:
            bank.drop(slot)
            raise
        _log.info("adapter %s is loaded", version)
        return Placement(version, self._base.lane, slot)

    def _make_room(self) -> None:
        idle = [v for v in list(self._seats)[:-1] if not self._users[v]]
        for version in idle[: max(0, len(self._seats) - KEEP)]:
            seat = self._seats.pop(version)
            if self._bank is not None and seat.slot != NO_ADAPTER:
                self._bank.drop(seat.slot)
            _log.info("adapter %s is put away", version)


def _signature(folder: Path) -> object:
    """Changes when the folder's files do: a broken adapter is tried again only then."""
    try:
        states = [(file.name, file.stat()) for file in sorted(folder.iterdir())]
    except OSError as error:
        raise AdapterError(f"The adapter '{folder.name}' cannot be read.") from error
    return [(name, state.st_mtime_ns, state.st_size) for name, state in states]
