"""Goes back to the adapter before when people turn against the one that answers.

The exam cannot know everything: an adapter that passed it may still be worse to those who use it.
Knows no Slack; whoever wants to hear of it listens to the nights.
"""

from collections.abc import Callable

import structlog

from bot.retiring import retire
from bot.sequential import ERROR_RATE, turned_against
from bot.store import Run, Store
from trainer.registry import Registry

log = structlog.get_logger(__name__)
REVERTED = "reverted"
"""The status of the run that tells of it."""


class Guard:
    """Looks at votes and thumbs, as often as one likes."""

    def __init__(self, store: Store, registry: Registry, announce: Callable[[Run], None]) -> None:
        self._store = store
        self._registry = registry
        self._announce = announce

    def look(self) -> Run | None:
        """Goes back if it must, and says so; None if all is well or no adapter is in use."""
        version = self._registry.current()
        if version is None or not self._registry.can_roll_back():
            return None
        before = self._registry.before()
        # Whoever promotes it again knows better: only what came after that counts.
        last = self._store.runs.latest_of(version, REVERTED)
        since = (last.finished_at if last else None) or ""
        tally = self._store.verdicts.votes(version, since) + self._store.verdicts.thumbs(
            version, before, since
        )
        if not turned_against(tally.against, tally.in_favour):
            return None
        back = self._registry.rollback()
        if retire(self._store, self._registry):
            back = self._registry.current()
        reason = (
            f"People turned against {version}: of {tally.against + tally.in_favour} decided votes "
            f"and thumbs, {tally.against} preferred what was before. Chance alone does that to one "
            f"good adapter in {round(1 / ERROR_RATE)}. {back or 'The base model'} answers again."
        )
        log.warning("went back", version=version, to=back or "base", against=tally.against)
        run = self._store.runs.record(REVERTED, reason, version)
        self._announce(run)
        return run
