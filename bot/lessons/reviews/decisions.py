"""A lesson is confirmed, retired, handed over, or gets another interval. Knows no Slack."""

from collections.abc import Callable

from bot.errors import InputError
from bot.lessons.curation import Curation
from bot.lessons.reviews.freshness import Freshness
from bot.lessons.teaching import LONGEST_INTERVAL
from bot.permissions import Act, Rights, RightsError
from bot.privacy.consent import THEIRS
from bot.settings import MEMBER
from bot.store import Example, Store

NOT_YOURS = "Only who owns the lesson or taught it, or a teacher, may do that."
NOT_IN_USE = "Example {id} is {status}: only a lesson that is in use can be confirmed or handed on."
FOR_ONE = "Example {id} is for one person alone: nobody else can own it."
NO_READER = (
    "Example {id} is for one channel alone, and they are not in it: only who reads a lesson can "
    "own it."
)
NO_MEMBER = "'{person}' is no member id, say U0123ABCD: in Slack, profile, ..., Copy member ID"
OUTSIDE = "They are a guest, or of another organisation: a member owns a lesson."
BAD_DAYS = f"The days must be a whole number from 0 (never) to {LONGEST_INTERVAL}."
RETIRED = "no longer true"
Reads = Callable[[str, str], bool]
"""Whether a channel is read by a person, by their ids."""


class ReviewDecisions:
    """Carries out what people decide about due lessons; safe from any thread."""

    def __init__(
        self, store: Store, curation: Curation, rights: Rights, freshness: Freshness
    ) -> None:
        self._store = store
        self._curation = curation
        self._rights = rights
        self._freshness = freshness

    def confirm(self, example_id: int, who: str, *, only_due: bool = False) -> bool:
        """Stores that a lesson still holds.

        Args:
            example_id: its id.
            who: the id of who says so.
            only_due: whether nothing is stored where it was confirmed lately.

        Returns:
            Whether that was stored.

        Raises:
            NotFoundError: there is no such lesson.
            RightsError: this person may not.
            InputError: it is not in use.
        """
        with self._store.connections.write():
            example = self._in_use(example_id, who)
            if only_due and self._freshness.state(example) == "fresh":
                return False
            self._store.freshness.confirm(example_id, who)
            self._store.reviews.settle([example_id], "confirmed", who)
        return True

    def retire(self, example_id: int, who: str) -> bool:
        """Withdraws a lesson that holds no more; returns whether it was in use until now.

        Raises:
            NotFoundError: there is no such lesson.
            RightsError: this person may not.
        """
        with self._store.connections.write():
            example = self._theirs(example_id, who)
            in_use = example.status == "approved"
            if in_use:
                self._curation.withdraw(example_id, who, RETIRED)
            self._store.reviews.settle([example_id], "retired", who)
        return in_use

    def hand_over(self, example_id: int, person: str, who: str, reads: Reads) -> Example:
        """Gives a lesson to another owner.

        Args:
            example_id: its id.
            person: the id of the new owner.
            who: the id of who hands it over.
            reads: says who reads a channel, so that nobody owns what they may not see.

        Raises:
            NotFoundError: there is no such lesson.
            RightsError: this person may not.
            InputError: it is not in use, or the new owner cannot own it.
        """
        example = self._in_use(example_id, who)
        if not MEMBER.fullmatch(person):
            raise InputError(NO_MEMBER.format(person=person[:40]))
        if self._store.people.opted_out(person):
            raise InputError(THEIRS)
        if self._rights.is_outsider(person) and not self._rights.may(person, Act.TEACH):
            raise InputError(OUTSIDE)
        self._require_reader(example, person, reads)
        self._store.freshness.hand_over(example_id, person, who)
        return self._store.examples.get(example_id)

    def set_interval(self, example_id: int, days: int | None, who: str) -> Example:
        """Gives a lesson its own interval, in days; 0 stands for never, None for the setting's.

        Raises:
            NotFoundError: there is no such lesson.
            RightsError: this person may not.
            InputError: it is not in use, or the days are none.
        """
        self._in_use(example_id, who)
        if days is not None and not 0 <= days <= LONGEST_INTERVAL:
            raise InputError(BAD_DAYS)
        self._store.freshness.set_interval(example_id, days, who)
        return self._store.examples.get(example_id)

    def _require_reader(self, example: Example, person: str, reads: Reads) -> None:
        """Raises InputError where a lesson is for others than its new owner."""
        if person == example.author or not example.for_whom.private:
            return
        if example.scope == "person" and person != example.scope_id:
            raise InputError(FOR_ONE.format(id=example.id))
        if example.scope == "channel" and not reads(example.scope_id or "", person):
            raise InputError(NO_READER.format(id=example.id))

    def _in_use(self, example_id: int, who: str) -> Example:
        example = self._theirs(example_id, who)
        if example.status != "approved":
            raise InputError(NOT_IN_USE.format(id=example_id, status=example.status))
        return example

    def _theirs(self, example_id: int, who: str) -> Example:
        """Returns a lesson over which somebody has a say.

        Raises:
            NotFoundError: there is no such lesson.
            RightsError: it is none of theirs.
        """
        example = self._store.examples.get(example_id)
        mine = who in (example.author, example.owned_by)
        if not mine and MEMBER.fullmatch(who) and not self._rights.is_teacher(who):
            raise RightsError(NOT_YOURS)
        return example
