"""Goes back to the adapter before when people turn against the one that answers.

The exam cannot know everything: an adapter that passed it may still be worse to those who use it.
Knows no Slack; whoever wants to hear of it listens to the nights.
"""

from collections.abc import Callable
from math import comb

import structlog

from bot.privacy.unlearning import retire
from bot.store import Run, Store
from trainer.adapters.registry import Registry

log = structlog.get_logger(__name__)
REVERTED = "reverted"
"""The status of the run that tells of it."""


class AutoRollback:
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
        tally = self._store.adapter_ratings.votes(
            version, since
        ) + self._store.adapter_ratings.thumbs(version, before, since)
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


ERROR_RATE = 0.05
"""Chance that an adapter that people like at least as much is ever taken back."""


def evidence(against: int, in_favour: int) -> float:
    """How much likelier the votes are if more than half are against than if half are.

    The likelihood ratio, averaged over all shares between a half and one (Robbins, "Statistical
    methods related to the law of the iterated logarithm", 1970). As long as at most half are
    against, its expectation never rises above 1, so that by Ville's inequality the chance that it
    ever comes to 1 / a is at most a, however often one looks. Seven in a row are enough for 0.05.

    With n votes, k of them against, the average 2 ∫ (2p)^k (2 - 2p)^(n - k) dp over p from a half
    to one is the sum of C(n + 1, j) over j from 0 to k, over (n + 1) C(n, k).
    """
    votes = against + in_favour
    tail = sum(comb(votes + 1, j) for j in range(against + 1))
    return tail / ((votes + 1) * comb(votes, against))


def turned_against(against: int, in_favour: int, error_rate: float = ERROR_RATE) -> bool:
    """Whether the votes are enough to go back."""
    return evidence(against, in_favour) >= 1 / error_rate
