"""Teaching: a question and an answer are checked, cleaned and stored. Knows no Slack.

The steps are, in this order: validation; redaction of secrets and personal data; the search for a
duplicate; the search for another answer to the same question.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

from bot import redaction
from bot.messages import Message, as_dicts, is_talk
from bot.permissions import Rights
from bot.settings import ExampleSettings, Settings
from bot.store import Example, Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from trainer.dataset.validation import validate_example
from trainer.similarity import near_duplicate, normalise

ARROW = "=>"
CANDIDATES = 20
"""At most so many examples that share words with a question are compared with it."""
OnConflict = Literal["replace", "keep", "ask"]
Redaction = Literal["accept", "ask"]


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


@dataclass(frozen=True)
class Taught:
    """The result of teaching a lesson.

    `status` is the example's (approved, pending, quarantined), or `duplicate` (known already, `id`
    is the known one), `contradiction` (`conflicts` answer the question otherwise; nothing was
    stored), `sensitive` (something would be taken out, `preview` is what would be stored; nothing
    was) or `refused` (`errors` says why, nothing was stored); of a thumb also those of
    `bot.feedback.ratings`, `missing` being how many more must like it. `replaced` are the ids of
    examples that this one supersedes, `redacted` the kinds of things that were taken out.

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


def parse_lesson(text: str) -> tuple[str, str] | None:
    """Returns the two parts of `question => answer`, or None where a text has another form."""
    prompt, arrow, completion = text.partition(ARROW)
    if not (arrow and prompt.strip() and completion.strip()):
        return None
    return prompt.strip(), completion.strip()


class Teaching:
    """Checks and cleans lessons, and adds them to the store."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings.examples
        self._rights = Rights(store, settings)

    def teach(
        self,
        lesson: Lesson,
        on_conflict: OnConflict = "replace",
        given_up: Collection[int] = (),
    ) -> Taught:
        """Adds a lesson, unless it is refused, a duplicate or a contradiction.

        Args:
            lesson: the lesson; white space around its texts is removed.
            on_conflict: what to do about another answer to the same question: `replace`
                supersedes it, `keep` lets both stand, `ask` stores nothing and returns the
                conflicts (those of nearly the same question too).
            given_up: ids of examples that count as no conflict, as this one takes their place.
        """
        lesson = replace(lesson, prompt=lesson.prompt.strip(), completion=lesson.completion.strip())
        if errors := self._errors(lesson):
            return Taught(None, "refused", errors)
        lesson, kinds = _cleaned(lesson, self._settings)
        if kinds and self._settings.sensitive == "refuse":
            return Taught(None, "refused", (f"it contains {_listed(kinds)}; teach it without",))
        with self._store.connections.write():
            return replace(self._keep(lesson, kinds, on_conflict, given_up), redacted=kinds)

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
        return (*dict.fromkeys(errors), *_date_errors(lesson.expires_on))

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
        with self._store.connections.write():
            taught = self.teach(lesson, choice, given_up)
            if choice != "replace" or taught.status != "approved":
                return taught
            replaced = dict.fromkeys(taught.replaced)
            for conflict in conflicts:
                current = self._store.examples.get(conflict.id)
                if conflict.id != taught.id and current.status in ("approved", "pending"):
                    why = f"replaced by {taught.id}"
                    self._store.examples.change(conflict.id, "superseded", lesson.author, why)
                    replaced[conflict.id] = None
            return replace(taught, replaced=tuple(replaced))

    def cleaned(self, text: str) -> str:
        """Returns a text as it may be stored: without secrets and personal data."""
        return clean(text, self._settings)[0]

    def _keep(
        self,
        lesson: Lesson,
        kinds: Sequence[str],
        on_conflict: OnConflict,
        given_up: Collection[int],
    ) -> Taught:
        examples = self._store.examples
        waits = self._rights.needs_review(lesson.author)
        said = (lesson.prompt, lesson.completion, lesson.messages)
        known = examples.same_pair(*said)
        if known is None and lesson.from_file:
            known = examples.ever_said(*said)
        if known:
            if known.status == "pending" and not waits:
                return self.let_in(known, lesson.author, "taught by a teacher too")
            return Taught(known.id, "duplicate")
        older = [
            example
            for example in examples.same_prompt(lesson.prompt, lesson.messages)
            if example.id not in given_up
        ]
        if lesson.source == "reaction" and (
            written := [e for e in older if e.source != "reaction" and e.status == "approved"]
        ):
            # A thumbs-up on generated text does not supersede what a person wrote.
            return Taught(written[-1].id, "duplicate")
        if on_conflict == "ask" and (conflicts := self._conflicts(lesson, older, given_up)):
            return Taught(None, "contradiction", conflicts=conflicts)
        quarantined = bool(kinds) and self._settings.sensitive == "quarantine"
        example = examples.add(
            NewExample(
                lesson.prompt,
                lesson.completion,
                lesson.source,
                lesson.author,
                status="quarantined" if quarantined else "pending" if waits else "approved",
                messages=lesson.messages,
                channel=lesson.channel,
                permalink=lesson.permalink,
                reply_id=lesson.reply_id,
                reason=f"{_listed(kinds)} taken out" if kinds else None,
                expires_on=lesson.expires_on,
            )
        )
        if on_conflict == "keep" or quarantined:
            return Taught(example.id, example.status)
        if waits:
            # Approved answers stand until a teacher decides; one's own waiting ones are replaced.
            older = [e for e in older if e.status == "pending" and e.author == lesson.author]
        for old in older:
            examples.change(old.id, "superseded", lesson.author, f"replaced by {example.id}")
        return Taught(example.id, example.status, replaced=tuple(old.id for old in older))

    def let_in(self, waiting: Example, who: str, why: str) -> Taught:
        """Approves a waiting example, if `who` may; otherwise it stays `pending`."""
        if self._rights.needs_review(who):
            return Taught(waiting.id, "pending")
        self._store.examples.change(waiting.id, "approved", who, why)
        return Taught(waiting.id, "approved", replaced=supersede(self._store, waiting, who))

    def _conflicts(
        self, lesson: Lesson, older: Sequence[Example], given_up: Collection[int]
    ) -> tuple[Example, ...]:
        if is_talk(lesson.messages):
            return tuple(older)
        answer = normalise(lesson.completion)
        near = [
            example
            for example in self._store.examples.similar(lesson.prompt, CANDIDATES)
            if not is_talk(example.messages)
            and example.id not in given_up
            and near_duplicate(example.prompt, lesson.prompt)
            and normalise(example.completion) != answer
        ]
        return tuple({example.id: example for example in [*older, *near]}.values())


def supersede(
    store: Store, example: Example, who: str, beside: Collection[int] = ()
) -> tuple[int, ...]:
    """Supersedes the other approved answers to the question of `example`; returns their ids.

    Answers whose ids are in `beside` stay.
    """
    same = store.examples.same_prompt(example.prompt, example.messages)
    older = [e.id for e in same if e.status == "approved" and e.id not in (example.id, *beside)]
    for old in older:
        store.examples.change(old, "superseded", who, f"replaced by {example.id}")
    return tuple(older)


def clean(text: str, settings: ExampleSettings) -> tuple[str, tuple[str, ...]]:
    """Returns a text without secrets and personal data, and the kinds that were removed."""
    findings = [f for f in redaction.find(text) if f.kind not in settings.allowed]
    kinds = tuple(dict.fromkeys(finding.kind for finding in findings))
    return redaction.redact(text, findings), kinds


def _cleaned(lesson: Lesson, settings: ExampleSettings) -> tuple[Lesson, tuple[str, ...]]:
    prompt, in_prompt = clean(lesson.prompt, settings)
    completion, in_completion = clean(lesson.completion, settings)
    kinds = [*in_prompt, *in_completion]
    messages = lesson.messages
    if messages is not None:
        cleaned = [(m.role, *clean(m.content, settings)) for m in messages]
        kinds += [kind for _, _, taken_out in cleaned for kind in taken_out]
        messages = tuple(Message(role, content) for role, content, _ in cleaned)
    changed = replace(lesson, prompt=prompt, completion=completion, messages=messages)
    return changed, tuple(dict.fromkeys(kinds))


def _listed(kinds: Sequence[str]) -> str:
    return " and ".join(kinds)
