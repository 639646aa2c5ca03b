"""Teaching: a question and an answer are checked, cleaned and stored. Knows no Slack.

The steps are, in this order: a model's reasoning is left out; validation; redaction of secrets and
personal data; the search for a duplicate; the search for another answer to the same question. A
lesson is only compared with those that are for the same people, so that nobody hears of one that is
for others.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

from bot import redaction
from bot.lessons.conflicts import earlier
from bot.lessons.conflicts.earlier import Statement
from bot.lessons.conflicts.replacing import Replacing
from bot.lessons.ownership import THUMB, by_thumb
from bot.lessons.review import ReviewBySize
from bot.lessons.scoping import default_scope
from bot.lessons.texts.no_answer import answers_nothing
from bot.messages import Message, as_dicts, asked_before
from bot.permissions import Rights
from bot.settings import MEMBER, ExampleSettings, Settings
from bot.store import Example, Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, Scope
from trainer.dataset.validation import validate_example
from trainer.reasoning import without_reasoning, without_typed_reasoning

ONLY_REASONING = "it is nothing but a model's reasoning: teach the answer that follows it"
LONGEST_INTERVAL = 3650
"""Days after which a lesson is looked at again, at most."""
EXPERT = "expert"
"""The source of a lesson by which an expert has answered a question that somebody else asked."""
OnConflict = Literal["replace", "keep", "ask"]
Redaction = Literal["accept", "ask"]
UNDECIDED = ("contradiction", "sensitive", "no_answer")
"""The statuses of a lesson of which nothing is stored before its author has decided."""


@dataclass(frozen=True)
class Lesson:
    """A question and an answer to be taught; `messages` has all turns where there are several."""

    prompt: str
    completion: str
    author: str
    source: str = "teach"
    channel: str | None = None
    permalink: str | None = None
    reply_id: int | None = None
    messages: tuple[Message, ...] | None = None
    expires_on: str | None = None
    """The last day (ISO date) on which it is true."""
    finish_reason: str | None = None
    """Why the model that wrote the answer stopped, if known; `length` means that it is cut off."""
    from_file: bool = False
    """Whether it is imported: then a known example stays as it is, even a withdrawn one."""
    scope: Scope | None = None
    """Whom it is for; None leaves that to the place where it is taught."""
    redaction: Redaction = "accept"
    """Whether what must not be stored is taken out at once, or shown to the person first."""
    taken_out: tuple[str, ...] = ()
    """Kinds of things that were taken out of it before, with the person's consent."""
    proposed: bool = False
    """Whether it waits for approval, whoever its author is."""
    sure: bool = True
    """Whether the answer is meant so, though it may say nothing; else the person is asked."""
    review_days: int | None = None
    """Days after which its owner is asked whether it holds, 0 for never; None for the setting's."""
    owner: str | None = None
    """Whose it is, where that is not its author."""

    @property
    def for_whom(self) -> Scope:
        """Whom it is for; everyone where that was left open."""
        return self.scope or EVERYONE

    @property
    def typed(self) -> bool:
        """Whether a person wrote the answer: no model, and no file that may be a model's."""
        liked = self.source == THUMB and self.reply_id is not None
        return not (self.from_file or liked)


@dataclass(frozen=True)
class Taught:
    """The result of teaching a lesson.

    `status` is the example's (approved, pending, quarantined), or `duplicate` (known already, `id`
    is the known one), `contradiction` (`conflicts` answer the question otherwise; nothing was
    stored), `sensitive` (something would be taken out, `preview` is what would be stored; nothing
    was), `no_answer` (the answer says that nothing is known; nothing was stored) or `refused`
    (`errors` says why, nothing was stored); of a thumb also those of `bot.feedback.ratings`,
    `missing` being how many more must like it. `replaced` are the ids of examples that this one
    supersedes, `redacted` the kinds of things that were taken out.

    `scope` is whom the example is for, or would be. `proposed_for` are the ids of examples that
    this person may not replace: a `pending` example takes their place once their author or a
    teacher agrees, and after a `contradiction` it can only be proposed. `preview` is the question
    and the answer as they would be stored.
    """

    id: int | None
    status: str
    errors: tuple[str, ...] = ()
    replaced: tuple[int, ...] = ()
    conflicts: tuple[Example, ...] = ()
    redacted: tuple[str, ...] = ()
    missing: int = 0
    scope: Scope | None = None
    proposed_for: tuple[int, ...] = ()
    preview: tuple[str, str] | None = None


def _date_errors(last_day: str | None) -> tuple[str, ...]:
    """Returns what is wrong with a last day, which must be an ISO date and not over (UTC)."""
    if not last_day:
        return ()
    try:
        over = date.fromisoformat(last_day) < datetime.now(UTC).date()
    except ValueError:
        return (f"the last day must be a date such as 2027-01-31, not {last_day[:20]!r}",)
    return (f"the last day, {last_day}, is over",) if over else ()


def _days_errors(days: int | None) -> tuple[str, ...]:
    """Returns what is wrong with the days after which a lesson is looked at again."""
    if days is None or 0 <= days <= LONGEST_INTERVAL:
        return ()
    return (f"the days until it is looked at again must be from 0 to {LONGEST_INTERVAL}",)


def _scope_errors(lesson: Lesson) -> tuple[str, ...]:
    """Returns what is wrong with a scope: members of Slack have no say over others' own lessons."""
    scope = lesson.scope
    others = scope is not None and scope.kind == "person" and scope.id != lesson.author
    if lesson.source == EXPERT:
        return ()  # what was asked in direct messages, and answered for that person
    if others and MEMBER.fullmatch(lesson.author):
        return ("a lesson for one person alone is taught by that person",)
    return ()


class Teaching:
    """Checks and cleans lessons, and adds them to the store."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings.examples
        self._rights = Rights(store, settings)
        self._replacing = Replacing(store, self._rights)
        self._review = ReviewBySize(store, settings)

    def teach(
        self,
        lesson: Lesson,
        on_conflict: OnConflict = "replace",
        given_up: Collection[int] = (),
        conflicts: Collection[int] = (),
    ) -> Taught:
        """Adds a lesson, unless it is refused, a duplicate or a contradiction.

        Args:
            lesson: the lesson; white space around its texts is removed.
            on_conflict: what to do about another answer to the same question: `replace`
                supersedes it, `keep` lets both stand, `ask` stores nothing and returns the
                conflicts (those of nearly the same question too). Where the author may not replace
                it, the lesson waits as a proposal: next to another answer, the newer one is told.
            given_up: ids of examples that count as no conflict, as this one takes their place.
            conflicts: ids of other examples that `replace` supersedes.
        """
        cleared = without_typed_reasoning if lesson.typed else without_reasoning
        answer = cleared(lesson.completion).strip()
        if lesson.completion.strip() and not answer:
            return Taught(None, "refused", (ONLY_REASONING,))
        lesson = replace(
            lesson,
            prompt=lesson.prompt.strip(),
            completion=answer,
            messages=_turns_without_reasoning(lesson.messages, answer),
            scope=lesson.scope or default_scope(self._store, lesson.channel, lesson.author),
        )
        if errors := self._errors(lesson):
            return Taught(None, "refused", errors)
        lesson, found = cleaned(lesson, self._settings)
        if found and self._settings.sensitive == "refuse":
            return Taught(None, "refused", (f"it contains {_listed(found)}; teach it without",))
        kinds = tuple(dict.fromkeys((*lesson.taken_out, *found)))
        if found and lesson.redaction == "ask" and self._settings.sensitive == "redact":
            preview = (lesson.prompt, lesson.completion)
            taught = Taught(None, "sensitive", preview=preview)
        elif on_conflict == "ask" and not lesson.sure and answers_nothing(lesson.completion):
            taught = Taught(None, "no_answer")
        else:
            with self._store.connections.write():
                taught = self._keep(lesson, kinds, on_conflict, given_up, conflicts)
        return replace(taught, redacted=kinds, scope=taught.scope or lesson.scope)

    def _errors(self, lesson: Lesson) -> tuple[str, ...]:
        """Returns the reasons for which a night would leave the lesson out."""
        row: dict[str, Any] = {"prompt": lesson.prompt, "completion": lesson.completion}
        if lesson.messages is not None:
            row = {"messages": as_dicts(lesson.messages)}
        if lesson.finish_reason:
            row["finish_reason"] = lesson.finish_reason
        if lesson.source == "reaction" and lesson.reply_id is not None:
            # The bot's own words: they end in the middle where it reached its limit of tokens.
            row["finish_reason"] = self._store.replies.get(lesson.reply_id).finish_reason
        errors = validate_example(
            row,
            max_prompt_length=self._settings.max_prompt_length,
            max_completion_length=self._settings.max_completion_length,
        )
        errors += [*_date_errors(lesson.expires_on), *_days_errors(lesson.review_days)]
        return (*dict.fromkeys(errors), *_scope_errors(lesson))

    def settle(
        self,
        lesson: Lesson,
        choice: OnConflict,
        conflicts: Sequence[Example],
        given_up: Collection[int] = (),
    ) -> Taught:
        """Teaches a lesson that contradicts others, as the person has chosen.

        Args:
            lesson: the lesson.
            choice: `replace` supersedes the conflicts, `keep` lets both stand.
            conflicts: the examples that it contradicts; those superseded meanwhile stay so.
            given_up: ids of examples that count as no conflict.
        """
        return self.teach(lesson, choice, given_up, [conflict.id for conflict in conflicts])

    def cleaned(self, text: str) -> str:
        """Returns a typed answer as it is stored: without reasoning, secrets and personal data."""
        return clean(without_typed_reasoning(text).strip(), self._settings)[0]

    def let_in(
        self,
        waiting: Example,
        who: str,
        why: str,
        on_conflict: OnConflict = "replace",
    ) -> Taught:
        """Approves a waiting example, if the word of `who` is enough; otherwise it stays `pending`.

        Unless `on_conflict` is `keep`, it takes the place of other answers to its question.
        """
        if not self._replacing.may_let_in(who, waiting):
            proposed = self._store.replacements.of(waiting.id, "proposed")
            ids = tuple(one.old_id for one in proposed)
            return Taught(waiting.id, "pending", proposed_for=ids, scope=waiting.for_whom)
        example = self._store.examples.change(waiting.id, "approved", who, why)
        replaced: tuple[int, ...] = ()
        if on_conflict == "keep":
            self._store.replacements.set(waiting.id, "declined", who)
        else:
            replaced = self._replacing.complete(example, who)
        return Taught(waiting.id, "approved", replaced=replaced, scope=waiting.for_whom)

    def _keep(
        self,
        lesson: Lesson,
        kinds: Sequence[str],
        on_conflict: OnConflict,
        given_up: Collection[int],
        conflicts: Collection[int],
    ) -> Taught:
        """Stores a lesson that is checked and cleaned, unless it is known or a contradiction."""
        if MEMBER.fullmatch(lesson.author):
            self._review.look()
        said = Statement(lesson.prompt, lesson.completion, lesson.messages, lesson.for_whom)
        if same := earlier.known(self._store, said, ever=lesson.from_file):
            return self._again(same, lesson, on_conflict, conflicts)
        older = earlier.same_question(self._store, said, given_up)
        written = [e for e in older if e.status == "approved" and not by_thumb(self._store, e)]
        if lesson.source == THUMB and written:
            # A thumbs-up on generated text does not supersede what a person wrote.
            return Taught(written[-1].id, "duplicate")
        beside = {*given_up, *(example.id for example in older)}
        if on_conflict == "replace":
            others = [one for one in conflicts if one not in beside]
            older += earlier.still_in_use(self._store, others, said.scope)
        if on_conflict == "ask":
            older += earlier.nearly_same_question(self._store, said, beside)
            if asked := self._worth_asking(lesson, older):
                refused = self._replacing.refused(lesson.author, lesson.source, asked)
                ids = tuple(old.id for old in refused)
                return Taught(None, "contradiction", conflicts=tuple(asked), proposed_for=ids)
        return self._add(lesson, kinds, older, on_conflict)

    def _again(
        self, known: Example, lesson: Lesson, on_conflict: OnConflict, conflicts: Collection[int]
    ) -> Taught:
        """A lesson that is known already lets in one that waits, if its author's word is enough."""
        author = lesson.author
        waits = known.status == "pending" and not lesson.proposed
        if waits and self._replacing.may_let_in(author, known):
            others = earlier.still_in_use(self._store, conflicts, known.for_whom)
            allowed = [e for e in others if self._replacing.may_replace(author, lesson.source, e)]
            self._replacing.propose(known, allowed, (), author)
            return self.let_in(known, author, "taught by a teacher too", on_conflict)
        return Taught(known.id, "duplicate", scope=known.for_whom)

    def _worth_asking(self, lesson: Lesson, older: Sequence[Example]) -> list[Example]:
        """Returns the conflicts that a person decides about.

        What only thumbs made gives way without a question, but not to a lesson of another kind: in
        the place of one for a talk, one for whenever it is asked would say less or more than that.
        """
        liked, in_talk = lesson.source == THUMB, bool(asked_before(lesson.messages))
        return [
            old
            for old in older
            if liked
            or not by_thumb(self._store, old)
            or bool(asked_before(old.messages)) != in_talk
        ]

    def _add(
        self,
        lesson: Lesson,
        kinds: Sequence[str],
        older: Sequence[Example],
        on_conflict: OnConflict,
    ) -> Taught:
        """Stores a lesson, and puts it in the place of older ones or proposes to.

        Args:
            lesson: the lesson.
            kinds: what was taken out of it.
            older: the examples that answer its question otherwise.
            on_conflict: `keep` lets those stand that the author might replace.
        """
        author, source = lesson.author, lesson.source
        refused = self._replacing.refused(author, source, older)
        reviewed = lesson.proposed or self._rights.needs_review(author, lesson.for_whom)
        waits = bool(refused) or reviewed
        quarantined = bool(kinds) and self._settings.sensitive == "quarantine"
        status = "quarantined" if quarantined else "pending" if waits else "approved"
        example = self._store.examples.add(_new_example(lesson, kinds, status))
        if on_conflict == "keep":
            older = refused
        if quarantined:
            return Taught(example.id, status)
        if waits:
            in_force = [old for old in older if old.status == "approved"]
            self._replacing.propose(example, in_force, refused, author)
            # Approved answers stand until somebody decides; one's own waiting ones are replaced.
            older = [old for old in older if old.status == "pending" and old.author == author]
        given_way = [old for old in older if self._replacing.may_replace(author, source, old)]
        replaced = self._replacing.replace(example, given_way, author)
        ids = tuple(old.id for old in refused)
        return Taught(example.id, status, replaced=replaced, proposed_for=ids)


def _new_example(lesson: Lesson, kinds: Sequence[str], status: str) -> NewExample:
    return NewExample(
        lesson.prompt,
        lesson.completion,
        lesson.source,
        lesson.author,
        status=status,
        messages=lesson.messages,
        channel=lesson.channel,
        permalink=lesson.permalink,
        reply_id=lesson.reply_id,
        reason=f"{_listed(kinds)} taken out" if kinds else None,
        expires_on=lesson.expires_on,
        scope=lesson.for_whom,
        owner=lesson.owner,
        review_days=lesson.review_days,
    )


def _turns_without_reasoning(
    messages: tuple[Message, ...] | None, answer: str
) -> tuple[Message, ...] | None:
    """Returns the turns of a talk that ends with an answer, none with reasoning before it."""
    if messages is None:
        return None
    before = (
        replace(turn, content=without_reasoning(turn.content)) if turn.role == "assistant" else turn
        for turn in messages[:-1]
    )
    return (*before, replace(messages[-1], content=answer))


def clean(text: str, settings: ExampleSettings) -> tuple[str, tuple[str, ...]]:
    """Returns a text without secrets and personal data, and the kinds that were removed."""
    findings = [
        f for f in redaction.find(text, settings.phone_regions) if f.kind not in settings.allowed
    ]
    kinds = tuple(dict.fromkeys(finding.kind for finding in findings))
    return redaction.redact(text, findings), kinds


def cleaned(lesson: Lesson, settings: ExampleSettings) -> tuple[Lesson, tuple[str, ...]]:
    """Returns a lesson as it may be stored, and the kinds of things that were taken out of it."""
    prompt, in_prompt = clean(lesson.prompt, settings)
    completion, in_completion = clean(lesson.completion, settings)
    kinds = [*in_prompt, *in_completion]
    messages = lesson.messages
    if messages is not None:
        turns = [(m.role, *clean(m.content, settings)) for m in messages]
        kinds += [kind for _, _, taken_out in turns for kind in taken_out]
        messages = tuple(Message(role, content) for role, content, _ in turns)
    changed = replace(lesson, prompt=prompt, completion=completion, messages=messages)
    return changed, tuple(dict.fromkeys(kinds))


def _listed(kinds: Sequence[str]) -> str:
    return " and ".join(kinds)
