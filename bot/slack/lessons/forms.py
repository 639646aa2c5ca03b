"""The forms that correct an answer and that teach a message; `modals` has the one of /teach."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from slack_sdk.models.blocks import Block, ContextBlock, MarkdownTextObject
from slack_sdk.models.views import View

from bot.settings import ExampleSettings
from bot.slack.lessons.message_source import Passage
from bot.slack.messages.blocks import section
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.modals import ANSWER, INPUT, INPUT_LIMIT, QUESTION, field
from bot.slack.messages.mrkdwn import escape, shorten
from bot.store import StoredReply
from bot.store.examples.provenance import SourceMessage

CORRECTION = "correction"
TEACH_THIS = "teach_this_form"
SHOWN = 1200
"""Characters of what was asked and answered that a form shows."""


@dataclass(frozen=True)
class Correction:
    """A submitted correction: what the bot should have said in place of a reply."""

    reply: int
    """The id of the reply."""
    text: str
    recipient: Recipient


@dataclass(frozen=True)
class Proposal:
    """A submitted lesson out of messages of people, as the teacher edited it."""

    prompt: str
    completion: str
    words: tuple[SourceMessage, ...]
    """The messages that it was made of."""
    permalink: str | None
    recipient: Recipient


def correction_form(
    reply: StoredReply, recipient: Recipient, earlier: str | None, limits: ExampleSettings
) -> View:
    """Returns the form that corrects a reply; its metadata holds the reply and the recipient.

    Args:
        reply: the reply; question and answer are shown, cut to SHOWN characters.
        recipient: who corrects.
        earlier: the text of their earlier correction, if there is one.
        limits: how long an answer may be.
    """
    return View(
        type="modal",
        callback_id=CORRECTION,
        title="What should I have said?",
        submit="Teach",
        close="Cancel",
        private_metadata=json.dumps({"reply": reply.id, "recipient": asdict(recipient)}),
        blocks=[
            section(f"*The question*\n{_shown(reply.question)}"),
            section(f"*My answer*\n{_shown(reply.text)}"),
            field(
                ANSWER,
                "I should have said…",
                "In the calendar, under Rooms.",
                limits.max_completion_length,
                earlier or "",
            ),
        ],
    )


def correction(view: dict[str, Any], user: str) -> Correction:
    """Reads the submitted correction of this user."""
    asked = json.loads(view["private_metadata"])
    recipient = replace(Recipient(**asked["recipient"]), user=user)
    return Correction(asked["reply"], _value(view, ANSWER), recipient)


def waiting() -> View:
    """Returns a form to open at once: a trigger lives three seconds, a thread takes longer."""
    return _plain("One moment…")


def unfit(why: str) -> View:
    """Returns a form that says why nothing can be taught here; `why` is escaped already."""
    return _plain(why)


def teach_this_form(passage: Passage, recipient: Recipient, limits: ExampleSettings) -> View:
    """Returns the form with the question and the answer that were found, both to be edited.

    Its metadata holds the messages, the permalink and the recipient.
    """
    messages = [said for said in (passage.question, passage.answer) if said is not None]
    proposal = {
        "words": [asdict(said.words) for said in messages],
        "permalink": passage.permalink,
        "recipient": asdict(recipient),
    }
    blocks: list[Block] = [
        field(
            QUESTION,
            "When somebody asks…",
            "How do I book a room?",
            limits.max_prompt_length,
            passage.question.text if passage.question else "",
        ),
        field(
            ANSWER,
            "…I should answer",
            "In the calendar, under Rooms.",
            limits.max_completion_length,
            passage.answer.text,
        ),
    ]
    notes = ["Whoever wrote these words is told, and can refuse."]
    if any(len(said.text) > INPUT_LIMIT for said in messages):
        notes.append("What was too long for a lesson is cut.")
    blocks.append(ContextBlock(elements=[MarkdownTextObject(text=" ".join(notes), verbatim=True)]))
    return View(
        type="modal",
        callback_id=TEACH_THIS,
        title="Teach this",
        submit="Teach",
        close="Cancel",
        private_metadata=json.dumps(proposal),
        blocks=blocks,
    )


def proposal(view: dict[str, Any], user: str) -> Proposal:
    """Reads the submitted lesson of this user out of messages of people."""
    proposed = json.loads(view["private_metadata"])
    return Proposal(
        _value(view, QUESTION),
        _value(view, ANSWER),
        tuple(SourceMessage(**words) for words in proposed["words"]),
        proposed["permalink"],
        replace(Recipient(**proposed["recipient"]), user=user),
    )


def _plain(text: str) -> View:
    return View(
        type="modal",
        callback_id=f"{TEACH_THIS}_note",
        title="Teach this",
        close="Close",
        blocks=[section(text)],
    )


def _value(view: dict[str, Any], block: str) -> str:
    return view["state"]["values"][block][INPUT]["value"] or ""


def _shown(text: str) -> str:
    return shorten(escape(text.strip()), SHOWN) or "…"
