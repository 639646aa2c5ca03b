"""What people read in the morning about the night: gathered here, dressed by each room."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import AdapterError
from bot.store import Run, Store
from bot.store.history import Changed
from bot.tally import Tally
from trainer.registry import Registry

NAMED = 5
"""Lessons that are named one by one; of the others there is only a number."""
MEANING = {
    "promoted": "From now on I answer with what I learned.",
    "rejected": (
        "I answer as before. Nothing is lost: the lessons stay, and the next night tries again "
        "with whatever is taught until then."
    ),
    "skipped": "I answer as before.",
    "failed": "I answer as before, and the lessons stay; the log of the night says more.",
}


@dataclass(frozen=True)
class Morning:
    """All that a report tells; at most NAMED of each kind, and how many there are."""

    run: Run
    meaning: str
    learned: tuple[tuple[str, str], ...]
    learned_count: int
    rejected: tuple[Changed, ...]
    rejected_count: int
    withdrawn: tuple[Changed, ...]
    withdrawn_count: int
    waiting: int
    votes: Tally
    adapter: str | None
    thumbs: tuple[int, int]
    losses: Mapping[str, Any]


def morning(store: Store, registry: Registry, run: Run) -> Morning:
    """Gathers what happened in a night and since the one before."""
    since = store.history.last_finish(run.id)
    learned, count = store.history.learned(run.id, NAMED)
    rejected, rejected_count = store.history.changed("rejected", since, NAMED)
    apart, apart_count = store.history.changed("quarantined", since, NAMED)
    withdrawn, withdrawn_count = store.history.changed("withdrawn", since, NAMED)
    adapter = registry.current()
    return Morning(
        run=run,
        meaning=MEANING.get(run.status, ""),
        learned=tuple(learned),
        learned_count=count,
        rejected=tuple([*rejected, *apart][:NAMED]),
        rejected_count=rejected_count + apart_count,
        withdrawn=tuple(withdrawn),
        withdrawn_count=withdrawn_count,
        waiting=store.examples.counts()["pending"],
        votes=Tally(**store.comparisons.votes(adapter)),
        adapter=adapter,
        thumbs=store.opinions.totals(),
        losses=_losses(registry, run),
    )


def _losses(registry: Registry, run: Run) -> Mapping[str, Any]:
    try:
        trained = run.status in ("promoted", "rejected")
        return registry.card(run.version).losses if run.version and trained else {}
    except AdapterError:
        return {}
