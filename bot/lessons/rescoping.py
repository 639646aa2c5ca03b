"""Whom a lesson is for is changed. Knows no Slack.

Nobody gets round the review, or round the author of another answer, by teaching in private first:
what becomes known to more people waits like any other lesson.
"""

from bot.errors import InputError
from bot.lessons.conflicts.replacing import Replacing
from bot.lessons.ownership import tell_author
from bot.lessons.scoping import narrower, told_scope
from bot.messages import is_talk
from bot.permissions import Rights, RightsError
from bot.privacy.consent import CHANNEL
from bot.settings import MEMBER
from bot.store import Example, Store
from bot.store.examples.rows import LIVE
from bot.store.examples.scope import Audience, Scope

NOT_YOURS = "Only who taught it, or a teacher who reads it here, may change whom it is for."
ONLY_ITS_AUTHOR = "Only who taught it may keep it for themselves."
ELSEWHERE = "It can be made for another channel only there."
TALK = (
    "In the talk of example {id} stands a lesson for fewer people: teach its last question by "
    "itself."
)
NO_CHANNEL = "'{id}' is no channel's id, say C0123ABCD: in Slack, the channel's details show it."


class Rescoping:
    """Changes the scope of lessons, and what follows from that."""

    def __init__(self, store: Store, rights: Rights) -> None:
        self._store = store
        self._rights = rights
        self._replacing = Replacing(store, rights)

    def rescope(
        self, example_id: int, scope: Scope, who: str, audience: Audience | None
    ) -> Example:
        """Changes whom a lesson is for; see `Curation.rescope`."""
        with self._store.connections.write():
            before = self._store.examples.get(example_id)
            self._require_right(before, scope, who, audience)
            if before.status not in LIVE:
                raise InputError(f"Example {before.id} is {before.status}: it is told to nobody.")
            if before.for_whom == scope:
                return before
            self._require_told_to(before, scope)
            self._require_new(before, scope)
            declined = self._store.replacements.set(before.id, "declined", who)
            still = [old for old in declined if self._store.examples.get(old).for_whom == scope]
            self._store.replacements.propose(before.id, still, who)
            example = self._store.examples.set_scope(before.id, scope, who)
            tell_author(self._store, example, "scope", who)
            return self._in_its_place(before, example, who)

    def _require_right(
        self, example: Example, scope: Scope, who: str, audience: Audience | None
    ) -> None:
        """Checks that a person may make a lesson one for these people.

        Raises:
            RightsError: they may not.
            InputError: there is no such channel.
        """
        if not self._rights.may_rescope(who, example, audience):
            raise RightsError(NOT_YOURS)
        if scope.kind == "channel" and not CHANNEL.fullmatch(scope.id or ""):
            raise InputError(NO_CHANNEL.format(id=scope.id))
        if not MEMBER.fullmatch(who):
            return
        if scope.kind == "person" and not who == example.author == scope.id:
            raise RightsError(ONLY_ITS_AUTHOR)
        here = (example.channel, audience.channel if audience else None)
        if scope.kind == "channel" and scope.id not in here:
            raise RightsError(ELSEWHERE)

    def _require_told_to(self, example: Example, scope: Scope) -> None:
        """Raises InputError where the turns of a talk tell a lesson that is for fewer people."""
        if not is_talk(example.messages) or example.reply_id is None:
            return
        told = told_scope(self._store, self._store.replies.get(example.reply_id))
        if scope != told and narrower(told, scope) == told:
            raise InputError(TALK.format(id=example.id))

    def _require_new(self, example: Example, scope: Scope) -> None:
        """Raises InputError where an approved example says the same to these people."""
        pair = (example.prompt, example.completion, example.messages)
        known = self._store.examples.same_pair(*pair, scope)
        if known is not None and known.status == "approved":
            raise InputError(f"I was taught the same there already (example {known.id}).")

    def _in_its_place(self, before: Example, example: Example, who: str) -> Example:
        """Puts a lesson among those for the same people, or lets it wait for consent."""
        scope = example.for_whom
        if example.status == "quarantined":
            return example
        older = self._replacing.in_its_way(example)
        refused = self._replacing.refused(who, example.source, older)
        more_people = before.for_whom.private and scope.kind != "person"
        reviewed = more_people and self._rights.needs_review(who, scope)
        if reviewed or refused:
            self._replacing.propose(example, older, refused, who)
            return self._store.examples.change(example.id, "pending", who, "it waits there")
        if example.status == "pending" and self._rights.needs_review(example.author, scope):
            return example
        example = self._store.examples.change(example.id, "approved", who, "nothing is in its way")
        self._replacing.complete(example, who)
        return example
