"""Which lesson takes the place of which: at once, once somebody agrees, or not any more.

A lesson is replaced by its author, by a teacher, or at the machine. Others propose: what they teach
waits, and takes the place of the old one as soon as somebody who may replace it agrees. What was
replaced can be brought back for a week. Knows no Slack.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from bot.errors import InputError
from bot.lessons.ownership import THUMB, by_thumb, take_out, tell_author
from bot.lessons.withdrawal import barred
from bot.permissions import Rights, RightsError
from bot.store import Example, Store
from bot.store.examples.rows import LIVE

UNDO = timedelta(days=7)
"""How long it can be undone that a lesson was replaced."""
NOT_YOURS = "Only who taught the lesson that it replaces, or a teacher, may decide that."
REVIEWED = "Lessons are reviewed here: a teacher decides that."
DECIDED = "Example {id} is not proposed in the place of another one, or that was decided already."
NOTHING_TO_UNDO = "Example {id} has replaced nothing in the last seven days."
GONE = "Example {id} was replaced itself meanwhile: nothing is undone."

LOST = "What example {id} has replaced cannot come back: its words were refused or deleted."


class Replacing:
    """Puts examples in the place of others, with the consent that it takes."""

    def __init__(self, store: Store, rights: Rights) -> None:
        self._store = store
        self._rights = rights

    def may_replace(self, who: str, source: str, old: Example) -> bool:
        """Returns whether a lesson takes the place of an example unasked.

        What only a thumb had made gives way to whatever somebody wrote.

        Args:
            who: the id of who teaches the lesson.
            source: the lesson's.
            old: the example.
        """
        liked_only = source != THUMB and by_thumb(self._store, old)
        return liked_only or self._rights.may_replace(who, old)

    def may_edit(self, who: str, old: Example) -> bool:
        """Returns whether what somebody makes of an example takes its place unasked.

        Whoever may replace it may, and who taught the lesson that it was made of. The author of a
        message in it may only propose.
        """
        return self.may_replace(who, "teach", old) or self._store.provenance.taught(old.id, who)

    def refused(self, who: str, source: str, older: Sequence[Example]) -> list[Example]:
        """Returns those of the approved examples that a lesson may not replace unasked."""
        return [
            old
            for old in older
            if old.status == "approved" and not self.may_replace(who, source, old)
        ]

    def replace(self, new: Example, older: Sequence[Example], who: str) -> tuple[int, ...]:
        """Puts an example in the place of others, whose authors are told; returns their ids."""
        in_force = [old.id for old in older if old.status == "approved"]
        for old in older:
            self._store.examples.change(old.id, "superseded", who, f"replaced by {new.id}")
            self._store.replacements.set(old.id, "declined", who)
            tell_author(self._store, old, "replaced", who, new.id)
        self._store.replacements.done(new.id, in_force, who)
        return tuple(old.id for old in older)

    def propose(
        self, new: Example, older: Sequence[Example], refused: Sequence[Example], who: str
    ) -> None:
        """Stores what a waiting example replaces once it is approved.

        Whoever may decide about the `refused` ones among `older` is told: their authors, and the
        teachers.
        """
        self._store.replacements.propose(new.id, [old.id for old in older], who)
        told: set[str] = set()
        for old in refused:
            if old.author not in told:
                tell_author(self._store, old, "proposed", who, new.id)
            told.add(old.author)
        if refused:
            for decider in self._rights.deciders():
                if decider not in told and decider != who:
                    self._store.notices.add(decider, "proposed", refused[0].id, who, new.id)

    def complete(self, new: Example, who: str, beside: Collection[int] = ()) -> tuple[int, ...]:
        """Puts an example, just approved, in the place of other answers to its question.

        So it does with what it was proposed for, whose proposer is told. What is not for the same
        people any more stays, and so do answers whose ids are in `beside`.

        Returns:
            The ids of those that it replaces.
        """
        older = [old for old in self.in_its_way(new) if old.id not in beside]
        if decided := self._store.replacements.set(new.id, "declined", who):
            tell_author(self._store, new, "taken", who, decided[0])
        return self.replace(new, older, who)

    def may_let_in(self, who: str, waiting: Example) -> bool:
        """Returns whether a person's word is enough to approve a waiting example."""
        reviewed = self._rights.needs_review(who, waiting.for_whom)
        return not reviewed and not self._unsettled(who, waiting, self.in_its_way(waiting))

    def in_its_way(self, new: Example) -> list[Example]:
        """Returns the approved examples that give way to one once it is approved itself.

        They answer its question, or it is proposed for them; all are for the same people.
        """
        same = self._store.examples.same_prompt(new.prompt, new.messages, new.for_whom)
        proposed = [self._store.examples.get(old) for old in self._proposed(new.id)]
        older = {old.id: old for old in [*same, *proposed]}
        return [
            old
            for old in older.values()
            if old.status == "approved" and old.for_whom == new.for_whom and old.id != new.id
        ]

    def take(self, example_id: int, who: str) -> Example:
        """Approves a proposal; see `Curation.take`."""
        with self._store.connections.write():
            new, older = self._proposal(example_id)
            if self._unsettled(who, new, [*older, *self.in_its_way(new)]):
                raise RightsError(NOT_YOURS)
            if self._rights.needs_review(who, new.for_whom):
                raise RightsError(REVIEWED)
            if why_not := barred(self._store, new):
                raise InputError(why_not)
            new = self._store.examples.change(new.id, "approved", who, "the proposal was taken")
            self.complete(new, who)
        return new

    def decline(self, example_id: int, who: str) -> Example:
        """Rejects a proposal; see `Curation.decline`."""
        with self._store.connections.write():
            new, older = self._proposal(example_id)
            if not any(self._rights.may_replace(who, old) for old in older):
                raise RightsError(NOT_YOURS)
            return take_out(self._store, new, "rejected", who, "the proposal was declined")

    def undo(self, example_id: int, who: str) -> list[Example]:
        """Brings back what an example has replaced; see `Curation.undo`."""
        since = (datetime.now(UTC) - UNDO).isoformat(timespec="milliseconds")
        with self._store.connections.write():
            new = self._store.examples.get(example_id)
            done = self._store.replacements.of(new.id, "done")
            if not self._store.replacements.undoable(new.id, since):
                raise InputError(NOTHING_TO_UNDO.format(id=new.id))
            if new.status == "superseded":
                raise InputError(GONE.format(id=new.id))
            older = [self._store.examples.get(one.old_id) for one in done]
            if who not in (new.author, *(one.who for one in done)) and not any(
                self._rights.may_replace(who, old) for old in older
            ):
                raise RightsError(NOT_YOURS)
            back = [old for old in older if self._can_return(old)]
            if not back:
                raise InputError(LOST.format(id=new.id))
            self._store.replacements.set(new.id, "undone", who)
            if new.status in LIVE:
                self._store.examples.change(new.id, "superseded", who, "undone")
                tell_author(self._store, new, "undone", who, older[0].id)
            return [self._bring_back(old, new, who) for old in back]

    def _proposal(self, example_id: int) -> tuple[Example, list[Example]]:
        """Returns a waiting example and what it is proposed for.

        Raises:
            NotFoundError: there is no such example.
            InputError: nothing is proposed, or it was decided already.
        """
        new = self._store.examples.get(example_id)
        older = [self._store.examples.get(old) for old in self._proposed(new.id)]
        if new.status != "pending" or not older:
            raise InputError(DECIDED.format(id=new.id))
        return new, older

    def _unsettled(self, who: str, new: Example, older: Sequence[Example]) -> list[Example]:
        """Returns the examples that neither `who` nor the author of the new one may replace."""
        return [
            old
            for old in older
            if not self.may_replace(who, new.source, old)
            and not self.may_replace(new.author, new.source, old)
        ]

    def _proposed(self, new_id: int) -> list[int]:
        return [one.old_id for one in self._store.replacements.of(new_id, "proposed")]

    def _can_return(self, old: Example) -> bool:
        return old.status == "superseded" and not barred(self._store, old)

    def _bring_back(self, old: Example, new: Example, who: str) -> Example:
        back = self._store.examples.change(old.id, "approved", who, f"instead of {new.id} again")
        tell_author(self._store, back, "undone", who, new.id)
        return back
