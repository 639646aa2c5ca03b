"""A vote on a blind comparison, and the preference pair that follows from it. Knows no Slack."""

from dataclasses import dataclass

from bot.errors import InputError
from bot.feedback.ratings import NOTHING_KEPT
from bot.feedback.votes import VoteTally
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.store import Store
from bot.store.comparisons import StoredComparison


@dataclass(frozen=True)
class Voted:
    """A vote as it stands. `first` is False where an earlier one of the same person stands.

    `tally` has all votes on the adapter version, `voters` counts those on this comparison.
    """

    compared: StoredComparison
    choice: str
    first: bool
    adapter: str | None
    tally: VoteTally
    voters: int


class ComparisonVotes:
    """Takes votes between the base model and the newest adapter."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._privacy = Privacy(store, settings)

    def vote(self, comparison_id: int, person: str, choice: str) -> Voted:
        """Keeps a vote between base and tuned, and the preference pair that follows from it.

        A person's first vote on a comparison stands: who has voted was told which was which.

        Args:
            comparison_id: what was compared.
            person: who votes.
            choice: base, tuned, tie or bad (both are).

        Raises:
            NotFoundError: there is no such comparison.
            InputError: nothing of it is kept.
        """
        self._privacy.require_kept(person)
        with self._store.connections.write():
            compared = self._store.comparisons.get(comparison_id)
            tuned = self._store.replies.get(compared.tuned_reply)
            if not tuned.messages:
                raise InputError(NOTHING_KEPT)
            self._privacy.require_listening(tuned.channel)
            earlier = self._store.comparisons.choice_of(comparison_id, person)
            if earlier is None:
                self._store.comparisons.vote(comparison_id, person, choice)
                self._prefer(compared, person, choice)
            tally = VoteTally(**self._store.comparisons.votes(tuned.adapter))
            voters = self._store.comparisons.voters(comparison_id)
        first = earlier is None
        return Voted(compared, earlier or choice, first, tuned.adapter, tally, voters)

    def _prefer(self, compared: StoredComparison, person: str, choice: str) -> None:
        base = self._store.replies.get(compared.base_reply).text.strip()
        tuned = self._store.replies.get(compared.tuned_reply).text.strip()
        if choice in ("base", "tuned") and base and tuned and base != tuned:
            chosen, rejected = (tuned, base) if choice == "tuned" else (base, tuned)
            self._store.ratings.prefer(
                compared.prompt, chosen, rejected, "vote", person, compared.tuned_reply
            )
