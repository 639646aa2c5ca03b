"""Builds the modals and reads what was filled in."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    DatePickerElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    RadioButtonsElement,
)
from slack_sdk.models.views import View

from bot.settings import ExampleSettings
from bot.slack.messages import blocks
from bot.slack.messages.blocks import section
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.mrkdwn import shorten
from bot.store.examples.scope import Scope, ScopeKind

TEACH = "teach"
QUESTION = "question"
ANSWER = "answer"
SUBMIT, SUBMIT_SO = "Teach", "Teach it so"
"""What stands on the button of a form, and on that of one which shows what is kept of a lesson."""
LAST_DAY = "last_day"
SCOPE = "scope"
INPUT = "text"
WHOM: dict[ScopeKind, str] = {
    "everyone": "Everyone: told in every channel, and trained",
    "channel": "Only this channel",
    "person": "Only me",
}
"""What the field for the scope offers."""
INPUT_LIMIT = 3000
"""Characters that Slack takes in one input."""


@dataclass(frozen=True)
class FormLesson:
    """What a person filled in, and where they were when the form was opened."""

    prompt: str
    completion: str
    channel: str
    response_url: str | None
    last_day: str | None = None
    """The last day on which the lesson is true, as an ISO date; None where it has no end."""
    thread: str | None = None
    whom: str | None = None
    """The word of the scope that they chose; None where they chose none."""
    taken_out: tuple[str, ...] = ()
    """Kinds of what was taken out of these very words before they were shown the form."""
    question: str | None = None
    """The key of the open question that the form was opened for."""
    from_home: bool = False
    """Whether it was opened on the Home tab, away from the channel of the lesson."""
    gap: int | None = None
    """The gap that the lesson is to close."""


@dataclass(frozen=True)
class Draft:
    """What stands in the fields of the form of /teach when it is opened."""

    prompt: str = ""
    completion: str = ""
    last_day: str | None = None
    whom: Scope | None = None
    """The scope that is chosen already; without one, the place decides."""
    taken_out: tuple[str, ...] = ()
    """Kinds of what was taken out of question and answer, which are named above the fields."""
    question: str | None = None
    """The key of the open question that the form is opened for."""
    from_home: bool = False
    """Whether it is opened on the Home tab, away from the channel of the lesson."""
    gap: int | None = None
    """The gap that the lesson is to close."""


def teach_form(
    recipient: Recipient, limits: ExampleSettings, question: str = "", draft: Draft | None = None
) -> View:
    """Builds the form with fields for a question, its answer, whom it is for and its last day.

    Args:
        recipient: who fills it in, and where they are told the outcome.
        limits: how long a question and an answer may be.
        question: what stands in the first field.
        draft: what stands in the fields besides.
    """
    draft = draft or Draft(question)
    place = {
        "channel": recipient.channel,
        "response_url": recipient.response_url,
        "thread": recipient.thread,
        "question": draft.question,
        "from_home": draft.from_home,
        "gap": draft.gap,
        "shown": as_shown(draft.taken_out, draft.prompt, draft.completion),
    }
    return View(
        type="modal",
        callback_id=TEACH,
        title="Teach me",
        submit=SUBMIT_SO if draft.taken_out else SUBMIT,
        close="Cancel",
        private_metadata=json.dumps(place),
        blocks=[
            *notice_of(draft.taken_out),
            field(
                QUESTION,
                "When somebody asks…",
                "How do I book a room?",
                limits.max_prompt_length,
                draft.prompt,
            ),
            field(
                ANSWER,
                "…I should answer",
                "In the calendar, under Rooms.",
                limits.max_completion_length,
                draft.completion,
            ),
            scope_field(recipient.channel, draft.whom),
            InputBlock(
                block_id=LAST_DAY,
                label="True until, and on, this day",
                element=DatePickerElement(action_id=INPUT, initial_date=draft.last_day),
                optional=True,
            ),
        ],
    )


def notice_of(taken_out: Sequence[str]) -> list[Block]:
    """Builds the paragraph above a form that shows a lesson without what must not be stored.

    Args:
        taken_out: the kinds of what was taken out; without any there is no paragraph.
    """
    return [section(f":lock: {blocks.preview(taken_out)}")] if taken_out else []


def as_shown(taken_out: Sequence[str], *texts: str) -> list[str]:
    """Returns what a form's metadata says of the texts that it shows without what was taken out.

    It is a digest of them and the kinds: metadata has no room for two texts. `left_out` reads it.
    """
    return [_digest(texts), *taken_out] if taken_out else []


def left_out(shown: Sequence[str], *texts: str) -> tuple[str, ...]:
    """Returns the kinds of what was taken out of these texts before their author was shown them.

    Args:
        shown: what the form's metadata says, see `as_shown`.
        texts: as they were submitted; there is nothing if any was changed meanwhile.
    """
    return tuple(shown[1:]) if shown and shown[0] == _digest(texts) else ()


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps([text.strip() for text in texts]).encode()).hexdigest()


def scope_field(
    channel: str, whom: Scope | None = None, offered: Sequence[ScopeKind] = tuple(WHOM)
) -> InputBlock:
    """Builds the field for whom a lesson is for.

    Args:
        channel: the id of the channel in which the form is opened; a direct one is not offered.
        whom: the scope that is chosen already.
        offered: the scopes that are offered.
    """
    direct = not channel or channel.startswith("D")
    options = {
        kind: Option(value=kind, text=text)
        for kind, text in WHOM.items()
        if kind in offered and not (kind == "channel" and direct)
    }
    return InputBlock(
        block_id=SCOPE,
        label="Whom is it for?",
        element=RadioButtonsElement(
            action_id=INPUT,
            options=list(options.values()),
            initial_option=options.get(whom.kind) if whom else None,
        ),
        optional=True,
    )


def whom(view: dict[str, Any]) -> str | None:
    """Reads the scope that was chosen in a form; None where it has no such field, or none was."""
    given = view["state"]["values"].get(SCOPE, {}).get(INPUT, {}).get("selected_option")
    return str(given["value"]) if given else None


def lesson(view: dict[str, Any]) -> FormLesson:
    """Reads a submitted form from its view payload.

    Raises:
        KeyError: the payload is none of `teach_form`.
    """
    asked = json.loads(view["private_metadata"])
    values = view["state"]["values"]
    prompt, completion = (
        values[QUESTION][INPUT]["value"] or "",
        values[ANSWER][INPUT]["value"] or "",
    )
    return FormLesson(
        prompt,
        completion,
        asked["channel"],
        asked["response_url"],
        values.get(LAST_DAY, {}).get(INPUT, {}).get("selected_date"),
        asked.get("thread"),
        whom(view),
        left_out(asked.get("shown") or (), prompt, completion),
        asked.get("question"),
        bool(asked.get("from_home")),
        asked.get("gap"),
    )


def field_errors(errors: tuple[str, ...]) -> dict[str, str]:
    """Groups the errors of a lesson by the block id of the field that each is about."""
    by_field: dict[str, list[str]] = {}
    for error in errors:
        if "last day" in error:
            by_field.setdefault(LAST_DAY, []).append(error)
            continue
        about_answer = "completion" in error.lower() or "answer" in error.lower()
        by_field.setdefault(ANSWER if about_answer else QUESTION, []).append(error)
    return {block: " ".join(sentences) for block, sentences in by_field.items()}


def field(block: str, label: str, placeholder: str, limit: int, initial: str = "") -> InputBlock:
    """Builds an input of several lines.

    Args:
        block: its block id.
        label: what stands above it.
        placeholder: an example, shown while it is empty.
        limit: the most characters it takes, INPUT_LIMIT at most.
        initial: the text it begins with, cut to that length.
    """
    longest = min(limit, INPUT_LIMIT)
    return InputBlock(
        block_id=block,
        label=label,
        element=PlainTextInputElement(
            action_id=INPUT,
            multiline=True,
            placeholder=PlainTextObject(text=placeholder),
            max_length=longest,
            initial_value=shorten(initial, longest) or None,
        ),
    )
