"""Builds the modals and reads what was filled in."""

import json
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import (
    DatePickerElement,
    InputBlock,
    PlainTextInputElement,
    PlainTextObject,
)
from slack_sdk.models.views import View

from bot.settings import ExampleSettings
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.mrkdwn import shorten

TEACH = "teach"
QUESTION = "question"
ANSWER = "answer"
LAST_DAY = "last_day"
INPUT = "text"
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


def teach_form(recipient: Recipient, limits: ExampleSettings, question: str = "") -> View:
    """Builds the form with fields for a question, its answer and the last day it is true.

    Args:
        recipient: who fills it in, and where they are told the outcome.
        limits: how long a question and an answer may be.
        question: what stands in the first field.
    """
    place = {
        "channel": recipient.channel,
        "response_url": recipient.response_url,
        "thread": recipient.thread,
    }
    return View(
        type="modal",
        callback_id=TEACH,
        title="Teach me",
        submit="Teach",
        close="Cancel",
        private_metadata=json.dumps(place),
        blocks=[
            field(
                QUESTION,
                "When somebody asks…",
                "How do I book a room?",
                limits.max_prompt_length,
                question,
            ),
            field(
                ANSWER,
                "…I should answer",
                "In the calendar, under Rooms.",
                limits.max_completion_length,
            ),
            InputBlock(
                block_id=LAST_DAY,
                label="True until, and on, this day",
                element=DatePickerElement(action_id=INPUT),
                optional=True,
            ),
        ],
    )


def lesson(view: dict[str, Any]) -> FormLesson:
    """Reads a submitted form from its view payload.

    Raises:
        KeyError: the payload is none of `teach_form`.
    """
    asked = json.loads(view["private_metadata"])
    values = view["state"]["values"]
    return FormLesson(
        values[QUESTION][INPUT]["value"] or "",
        values[ANSWER][INPUT]["value"] or "",
        asked["channel"],
        asked["response_url"],
        values.get(LAST_DAY, {}).get(INPUT, {}).get("selected_date"),
        asked.get("thread"),
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
