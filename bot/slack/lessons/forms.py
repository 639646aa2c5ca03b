"""The forms that correct an answer and that teach a message; `modals` has the one of /teach."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    InputBlock,
    MarkdownTextObject,
    Option,
    RadioButtonsElement,
)
from slack_sdk.models.views import View

from bot.feedback.reply_lessons import ANYWHERE, Extent, turns_above
from bot.messages import Message
from bot.settings import ExampleSettings
from bot.slack.lessons.message_source import Passage
from bot.slack.lessons.scope_buttons import chosen_scope
from bot.slack.messages import modals
from bot.slack.messages.blocks import section
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.modals import ANSWER, INPUT, INPUT_LIMIT, QUESTION, field
from bot.slack.messages.mrkdwn import escape, shorten
from bot.store import StoredReply
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.scope import Scope
from trainer.reasoning import without_reasoning

CORRECTION = "correction"
TEACH_THIS = "teach_this_form"
SHOWN = 1200
"""Characters of what was asked and answered that a form shows."""
TALK = "talk"
"""The field that says when a correction holds."""
ALONE, IN_TALK = "question", "talk"
WHEN = {ALONE: "Only this question, whenever it is asked", IN_TALK: "Only in such a talk"}
TURNS = 6
"""Turns above an answer that its form shows: the newest."""
TURN = 300
"""Characters of each of them."""


@dataclass(frozen=True)
class Correction:
    """A submitted correction: what the bot should have said in place of a reply.

    Attributes:
        reply: the id of the reply.
        scope: whom it is for; None leaves that to the place.
        taken_out: kinds of what was taken out of these words before their author was shown them.
        in_talk: whether it holds only after the turns above the reply.
        question: the key of the open question that the form was opened for.
        review_days: days after which its author is asked whether it holds; None for the setting's.
    """

    reply: int
    text: str
    recipient: Recipient
    scope: Scope | None = None
    taken_out: tuple[str, ...] = ()
    in_talk: bool = False
    question: str | None = None
    review_days: int | None = None


@dataclass(frozen=True)
class Proposal:
    """A lesson out of messages of people, as the teacher edited it.

    Attributes:
        words: the messages that it was made of.
        scope: whom it is for; None leaves that to the place.
        taken_out: kinds of what was taken out of these words before the teacher was shown them.
        offered: where the message with the buttons stands that proposed it: its channel, its stamp.
    """

    prompt: str
    completion: str
    words: tuple[SourceMessage, ...]
    permalink: str | None
    recipient: Recipient
    scope: Scope | None = None
    taken_out: tuple[str, ...] = ()
    offered: tuple[str, str] | None = None


def correction_form(
    reply: StoredReply,
    recipient: Recipient,
    earlier: str | None,
    limits: ExampleSettings,
    extent: Extent | None = None,
    taken_out: Sequence[str] = (),
    *,
    question: str | None = None,
) -> View:
    """Returns the form that corrects a reply; its metadata holds the reply and the recipient.

    In the middle of a talk it shows the turns above, and asks whether the correction is one of the
    question or of such a talk.

    Args:
        reply: the reply; question and answer are shown, cut to SHOWN characters.
        recipient: who corrects.
        earlier: what stands in the field: their earlier correction, if there is one.
        limits: how long an answer may be.
        extent: where the correction holds, and for how long; without a scope the person is not
            asked whom it is for.
        taken_out: kinds of what was taken out of `earlier`.
        question: the key of the open question about it, if the form is opened for one.
    """
    extent = extent or ANYWHERE
    above = turns_above(reply)
    asked = {
        "reply": reply.id,
        "question": question,
        "recipient": asdict(recipient),
        "shown": modals.as_shown(taken_out, earlier or ""),
    }
    whom = [modals.scope_field(recipient.channel, extent.scope)] if extent.scope else []
    return View(
        type="modal",
        callback_id=CORRECTION,
        title="What should I have said?",
        submit=modals.SUBMIT_SO if taken_out else modals.SUBMIT,
        close="Cancel",
        private_metadata=json.dumps(asked),
        blocks=[
            *modals.notice_of(taken_out),
            *([section(f"*Before it*\n{_turns(above)}")] if above else []),
            section(f"*The question*\n{_shown(reply.question)}"),
            section(f"*My answer*\n{_shown(without_reasoning(reply.text))}"),
            field(
                ANSWER,
                "I should have said…",
                "In the calendar, under Rooms.",
                limits.max_completion_length,
                earlier or "",
            ),
            *([_when_field(IN_TALK if extent.in_talk else ALONE)] if above else []),
            *whom,
            modals.days_field(extent.review_days),
        ],
    )


def correction(view: dict[str, Any], user: str) -> Correction:
    """Reads the submitted correction of this user."""
    asked = json.loads(view["private_metadata"])
    recipient = replace(Recipient(**asked["recipient"]), user=user)
    text = _value(view, ANSWER)
    scope = chosen_scope(modals.whom(view), user, recipient.channel)
    taken_out = modals.left_out(asked.get("shown") or (), text)
    talk, question = _in_talk(view), asked.get("question")
    days = modals.review_days(view)
    return Correction(asked["reply"], text, recipient, scope, taken_out, talk, question, days)


def waiting() -> View:
    """Returns a form to open at once: a trigger lives three seconds, a thread takes longer."""
    return _plain("One moment…")


def unfit(why: str) -> View:
    """Returns a form that says why nothing can be taught here; `why` is escaped already."""
    return _plain(why)


def teach_this_form(
    passage: Passage, recipient: Recipient, limits: ExampleSettings, scope: Scope | None = None
) -> View:
    """Returns the form with the question and the answer that were found, both to be edited.

    Args:
        passage: what was found.
        recipient: who teaches it.
        limits: how long a question and an answer may be.
        scope: whom it is for, where nothing else is chosen.
    """
    messages = [said for said in (passage.question, passage.answer) if said is not None]
    found = Proposal(
        passage.question.text if passage.question else "",
        passage.answer.text,
        tuple(said.words for said in messages),
        passage.permalink,
        recipient,
        scope,
    )
    return proposal_form(found, limits, cut=any(len(said.text) > INPUT_LIMIT for said in messages))


def proposal_form(proposed: Proposal, limits: ExampleSettings, *, cut: bool = False) -> View:
    """Returns the form that teaches messages of people.

    Its metadata holds the messages, the permalink and the recipient.

    Args:
        proposed: what stands in its fields, and the messages that it was made of.
        limits: how long a question and an answer may be.
        cut: whether the messages were too long for a form.
    """
    taken_out = proposed.taken_out
    asked = {
        "words": [asdict(words) for words in proposed.words],
        "permalink": proposed.permalink,
        "recipient": asdict(proposed.recipient),
        "offered": proposed.offered,
        "shown": modals.as_shown(taken_out, proposed.prompt, proposed.completion),
    }
    blocks: list[Block] = [
        *modals.notice_of(taken_out),
        field(
            QUESTION,
            "When somebody asks…",
            "How do I book a room?",
            limits.max_prompt_length,
            proposed.prompt,
        ),
        field(
            ANSWER,
            "…I should answer",
            "In the calendar, under Rooms.",
            limits.max_completion_length,
            proposed.completion,
        ),
        modals.scope_field(proposed.recipient.channel, proposed.scope),
    ]
    notes = ["Whoever wrote these words is told, and can refuse."]
    if cut:
        notes.append("What was too long for a lesson is cut.")
    blocks.append(ContextBlock(elements=[MarkdownTextObject(text=" ".join(notes), verbatim=True)]))
    return View(
        type="modal",
        callback_id=TEACH_THIS,
        title="Teach this",
        submit=modals.SUBMIT_SO if taken_out else modals.SUBMIT,
        close="Cancel",
        private_metadata=json.dumps(asked),
        blocks=blocks,
    )


def proposal(view: dict[str, Any], user: str) -> Proposal:
    """Reads the submitted lesson of this user out of messages of people."""
    proposed = json.loads(view["private_metadata"])
    recipient = replace(Recipient(**proposed["recipient"]), user=user)
    prompt, completion = _value(view, QUESTION), _value(view, ANSWER)
    offered = proposed.get("offered")
    return Proposal(
        prompt,
        completion,
        tuple(SourceMessage(**words) for words in proposed["words"]),
        proposed["permalink"],
        recipient,
        chosen_scope(modals.whom(view), user, recipient.channel),
        modals.left_out(proposed.get("shown") or (), prompt, completion),
        (str(offered[0]), str(offered[1])) if offered else None,
    )


def _plain(text: str) -> View:
    return View(
        type="modal",
        callback_id=f"{TEACH_THIS}_note",
        title="Teach this",
        close="Close",
        blocks=[section(text)],
    )


def _turns(turns: Sequence[Message]) -> str:
    """Returns the newest turns of a talk as escaped mrkdwn, each on its own line."""
    before = len(turns) - TURNS
    left_out = [f"_and {before} before, all kept with such a talk_"] if before > 0 else []
    names = {"user": "_Asked:_", "assistant": "_I said:_"}
    lines = [
        f"{names.get(turn.role, '')} {shorten(escape(' '.join(_said(turn).split())), TURN)}"
        for turn in turns[-TURNS:]
    ]
    return "\n".join([*left_out, *lines])


def _when_field(chosen: str) -> InputBlock:
    """Builds the field that says when a correction holds."""
    options = {value: Option(value=value, text=text) for value, text in WHEN.items()}
    return InputBlock(
        block_id=TALK,
        label="When does that hold?",
        element=RadioButtonsElement(
            action_id=INPUT, options=list(options.values()), initial_option=options[chosen]
        ),
        optional=True,
    )


def _in_talk(view: dict[str, Any]) -> bool:
    given = view["state"]["values"].get(TALK, {}).get(INPUT, {}).get("selected_option")
    return bool(given) and given["value"] == IN_TALK


def _value(view: dict[str, Any], block: str) -> str:
    return view["state"]["values"][block][INPUT]["value"] or ""


def _said(turn: Message) -> str:
    """Returns the words of a turn; an old answer may still hold reasoning."""
    return without_reasoning(turn.content) if turn.role == "assistant" else turn.content


def _shown(text: str) -> str:
    return shorten(escape(text.strip()), SHOWN) or "…"
