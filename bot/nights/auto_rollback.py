"""Goes back to the adapter before when people prefer it to the one in use.

An adapter that passed its exam may still be worse to the people who use it. This module knows
nothing of Slack: it announces a run, as a night does.
"""

from collections.abc import Callable
from math import comb

import structlog

from bot.privacy.unlearning import retire
from bot.store import Run, Store
from trainer.adapters.registry import Registry

log = structlog.get_logger(__name__)
REVERTED = "reverted"
"""The status of the run that records a rollback."""


class AutoRollback:
    """Compares the adapter in use with the one before it by votes and thumbs.

    `look` may be called as often as one likes without more wrong decisions.
    """

    def __init__(self, store: Store, registry: Registry, announce: Callable[[Run], None]) -> None:
        self._store = store
        self._registry = registry
        self._announce = announce

    def look(self) -> Run | None:
        """Goes back to the adapter before if people prefer it, and announces that.

        Returns:
            The run that records it; None where the adapter stays or none is in use.
        """
        version = self._registry.current()
        if version is None or not self._registry.can_roll_back():
            return None
        before = self._registry.before()
        # Somebody may have promoted it again: only opinions since the last rollback count.
        last = self._store.runs.latest_of(version, REVERTED)
        since = (last.finished_at if last else None) or ""
        tally = self._store.adapter_ratings.votes(
            version, since
        ) + self._store.adapter_ratings.thumbs(version, before, since)
        if not turned_against(tally.against, tally.in_favour):
            return None
        back = self._registry.rollback()
        if retire(self._store, self._registry):
            back = (
                self._registry.current()
            )  # that one had learned what was erased or made private since
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
"""Greatest chance that an adapter which people like at least as much is ever taken back."""


def evidence(against: int, in_favour: int) -> float:
    """Returns how much likelier the votes are if more than half are against than if half are.

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
    """Returns whether the numbers of votes are evidence enough to go back."""
    return evidence(against, in_favour) >= 1 / error_rate
