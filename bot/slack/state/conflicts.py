"""What people are asked about their lessons, and have not decided: messages with buttons.

A lesson contradicts earlier ones (replace them, keep both, cancel), or something was taken out of
it, or its answer says nothing (teach it so, put it otherwise, cancel). What they stand for is kept
in the store, so that a restart loses none of it: see `bot.feedback.open_questions`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from slack_sdk.models.blocks import ButtonElement

from bot.errors import InputError, NotFoundError
from bot.feedback.open_questions import (
    NO_ANSWER,
    OF_ITSELF,
    Choice,
    Decisions,
    QuestionKind,
    kind_of,
)
from bot.lessons.teaching import Lesson, Taught
from bot.messages import is_talk
from bot.permissions import Rights
from bot.slack.messages import blocks
from bot.slack.messages.ephemeral import Recipient, with_buttons
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.store import Example, Store
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.scope import Audience, sees
from bot.store.open_questions import OpenQuestion

REPLACE, KEEP, CANCEL = "settle_replace", "settle_keep", "settle_cancel"
ACCEPT, REWORD = "settle_accept", "settle_reword"
CHOICES: dict[str, Choice] = {
    REPLACE: "replace",
    KEEP: "keep",
    ACCEPT: "accept",
    CANCEL: "cancel",
}
"""Action ids of the buttons that decide. REWORD is none: it opens the form it was taught in."""
ON_HOME = {action: action.replace("settle_", "home:") for action in (*CHOICES, REWORD)}
"""The same buttons as they are called on the Home tab, which shows what was decided there."""
CANCELLED = MessageContent("Nothing was changed.")
GONE = MessageContent("I no longer know what this was about: please teach it again.")
SHOWN = 3
"""Earlier lessons that the question quotes."""
SAYS_NOTHING = (
    ":thinking_face: That says only that I do not know. Nothing is stored: shall I learn it as the "
    "answer, or will you put it otherwise?"
)
IN_A_TALK = " (only in such a talk)"
QUOTED_CHARACTERS = 300
"""Characters of each quoted prompt or completion."""
Outcome = Callable[[OpenQuestion, Taught], MessageContent]
"""Tells whom it concerns what became of a lesson, and returns the notice for its teacher."""
Rewording = Callable[[Recipient, str, OpenQuestion, bool], None]
"""Opens the form of a lesson to who was asked, by Slack's trigger; tells whether on Home."""


class Conflicts:
    """Asks people about their lessons, and carries out what they decide; safe from any thread."""

    def __init__(self, store: Store, rights: Rights, decisions: Decisions) -> None:
        self._store = store
        self._rights = rights
        self._decisions = decisions
        self._outcomes: dict[QuestionKind, Outcome] = {}
        self._rewordings: dict[QuestionKind, Rewording] = {}

    def on_decided(self, kind: QuestionKind, outcome: Outcome) -> None:
        """Has `outcome` called when something was decided about a lesson of this kind."""
        self._outcomes[kind] = outcome

    def on_reword(self, kind: QuestionKind, rewording: Rewording) -> None:
        """Has `rewording` called when somebody would put a lesson of this kind otherwise.

        Without one, a question about such a lesson has no button for it.
        """
        self._rewordings[kind] = rewording

    def reword(
        self, recipient: Recipient, trigger: str, key: str, *, from_home: bool = False
    ) -> None:
        """Opens the form with the lesson of an open question, to be put otherwise.

        Args:
            recipient: who was asked.
            trigger: Slack's permission to open a form; it lives three seconds.
            key: the question's key.
            from_home: whether they do so on the Home tab: they may have left the channel.

        Raises:
            InputError: the question is gone, or was put to somebody else.
            SlackClientError: the trigger is too old.
        """
        asked = self._store.open_questions.get(key)
        rewording = self._rewordings.get(kind_of(asked)) if asked else None
        if asked is None or asked.person != recipient.user or rewording is None:
            raise InputError(GONE.text)
        channel = str(asked.lesson.get("channel") or recipient.channel)
        rewording(replace(recipient, channel=channel), trigger, asked, from_home)

    def ask(
        self,
        kind: QuestionKind,
        lesson: Lesson,
        taught: Taught,
        words: Sequence[SourceMessage] = (),
        reply_id: int | None = None,
        audience: Audience | None = None,
    ) -> MessageContent:
        """Stores a question to the author of a lesson, and builds the message that asks it.

        Args:
            kind: how the lesson was taught.
            lesson: the lesson.
            taught: what teaching it came to: one of `bot.lessons.teaching.UNDECIDED`.
            words: the messages that it was made of.
            reply_id: the answer that it corrects.
            audience: who reads the question; as in `content`.
        """
        return self._asked(self._decisions.ask(kind, lesson, taught, words, reply_id), audience)

    def decide(
        self, person: str, key: str, choice: Choice, audience: Audience | None = None
    ) -> MessageContent | None:
        """Carries a decision out, once.

        Args:
            person: whoever clicked.
            key: the value of the button.
            choice: what they chose.
            audience: who reads what they are asked next; as in `content`.

        Returns:
            The notice about it; None where `person` was not the one who was asked.

        Raises:
            NightschoolError: the lesson cannot be taught any more.
        """
        asked = self._store.open_questions.get(key)
        if asked is None:
            return GONE
        if asked.person != person:
            return None
        decided = self._decisions.decide(key, person, choice)
        if decided is None:
            return GONE
        if decided.taught is None:
            return CANCELLED
        if decided.next_key is not None:
            return self._asked(decided.next_key, audience)
        return self._outcomes[kind_of(decided.question)](decided.question, decided.taught)

    def of(self, person: str) -> list[OpenQuestion]:
        """Returns what a person was asked and has not decided, oldest first."""
        return self._decisions.of(person)

    def content(
        self, question: OpenQuestion, audience: Audience | None = None, *, home: bool = False
    ) -> MessageContent:
        """Builds the message that asks a person to decide.

        Args:
            question: what they are asked.
            audience: who reads it, so that lessons of other places are not quoted; None where the
                lesson is taught, as only lessons for the same people contradict it.
            home: whether it stands on the Home tab.
        """

        def choice(label: str, action: str, style: str | None = None) -> ButtonElement:
            action = ON_HOME[action] if home else action
            return ButtonElement(text=label, action_id=action, value=question.key, style=style)

        cancel = choice("Cancel", CANCEL)
        if question.kind in OF_ITSELF:
            accept = choice("Teach it so", ACCEPT, "primary")
            known = kind_of(question) in self._rewordings
            reword = [choice("Reword", REWORD)] if known else []
            return with_buttons(_shown(question), accept, *reword, cancel)
        conflicts = self._conflicts(question)
        shown = [
            example
            for example in conflicts
            if audience is None or sees(audience, example.for_whom, example.author)
        ]
        text = f"{_quoted_lessons(shown)}\nYours: {_own(question)}"
        if all(self._rights.may_replace(question.person, example) for example in conflicts):
            text += "\nShall yours replace it, or are both right?"
            instead, both = choice("Replace", REPLACE, "primary"), choice("Keep both", KEEP)
            return with_buttons(text, instead, both, cancel)
        text += "\nOnly who taught it and teachers may replace it: shall I ask them?"
        return with_buttons(text, choice("Propose", REPLACE, "primary"), cancel)

    def _asked(self, key: str, audience: Audience | None) -> MessageContent:
        question = self._store.open_questions.get(key)
        return self.content(question, audience) if question is not None else GONE

    def _conflicts(self, question: OpenQuestion) -> list[Example]:
        """Returns the earlier lessons that are in use still."""
        examples = []
        for example_id in question.conflicts:
            try:
                example = self._store.examples.get(example_id)
            except NotFoundError:
                continue
            if example.status in ("approved", "pending"):
                examples.append(example)
        return examples


def _shown(question: OpenQuestion) -> str:
    if question.kind == NO_ANSWER:
        return f"{SAYS_NOTHING}\n• {_own(question)}"
    kinds = question.lesson.get("taken_out") or ()
    return f":lock: {blocks.preview([str(kind) for kind in kinds])}\n• {_own(question)}"


def _own(question: OpenQuestion) -> str:
    lesson = question.lesson
    said = f"{_quoted(str(lesson['prompt']))} → {_quoted(str(lesson['completion']))}"
    return said + (IN_A_TALK if lesson.get("messages") else "")


def _quoted_lessons(conflicts: Sequence[Example]) -> str:
    lines = [
        f"• {_quoted(example.prompt)} → {_quoted(example.completion)}"
        f"{IN_A_TALK if is_talk(example.messages) else ''} (example {example.id})"
        for example in conflicts[:SHOWN]
    ]
    if len(conflicts) > SHOWN:
        lines.append(f"• and {len(conflicts) - SHOWN} more")
    return "\n".join([":left_right_arrow: I was taught another answer to that:", *lines])


def _quoted(text: str) -> str:
    return shorten(escape(" ".join(text.split())), QUOTED_CHARACTERS)
