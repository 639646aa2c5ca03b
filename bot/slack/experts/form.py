"""The form in which an expert answers: the question, the answer, and whom it is for."""

import json
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import InputBlock, Option, RadioButtonsElement
from slack_sdk.models.views import View

from bot.feedback.experts.answering import Answer, Whom
from bot.settings import ExampleSettings
from bot.slack.experts.request_message import quoted
from bot.slack.messages import modals
from bot.slack.messages.blocks import section
from bot.slack.messages.ephemeral import Recipient
from bot.store.examples.scope import Scope
from bot.store.questions.expert_requests import ExpertRequest

CALLBACK = "expert_answer"
EVERYONE = "Everyone: told in every channel, and trained"
ONLY = {
    "everyone": "Only the channel where it was asked",
    "channel": "Only the channel where it was asked",
    "person": "Only who asked it",
}
"""What the narrower choice says, by who may read the question."""


@dataclass(frozen=True)
class ExpertAnswer:
    """A submitted form."""

    answer: Answer
    recipient: Recipient


def form(
    request: ExpertRequest,
    recipient: Recipient,
    limits: ExampleSettings,
    *,
    answer: str = "",
    whom: Whom | None = None,
    taken_out: tuple[str, ...] = (),
) -> View:
    """Builds the form.

    Args:
        request: what is answered.
        recipient: who answers, and where they are told what became of it.
        limits: how long an answer may be.
        answer: what stands in the field for the answer.
        whom: what is chosen already; without it, nobody is told who could not read the question.
        taken_out: kinds of what was taken out of the answer.
    """
    place = {
        "request": request.id,
        "channel": recipient.channel,
        "thread": recipient.thread,
        "shown": modals.as_shown(taken_out, answer),
    }
    return View(
        type="modal",
        callback_id=CALLBACK,
        title="Answer",
        submit="Answer so" if taken_out else "Answer",
        close="Cancel",
        private_metadata=json.dumps(place),
        blocks=[
            *modals.notice_of(taken_out),
            section(quoted(request.question)),
            modals.field(
                modals.ANSWER,
                "The answer",
                "In the calendar, under Rooms.",
                limits.max_completion_length,
                answer,
            ),
            _whom_field(request.scope, whom),
        ],
    )


def read(view: dict[str, Any], user: str) -> ExpertAnswer:
    """Reads the form that this user submitted."""
    asked = json.loads(view["private_metadata"])
    text = view["state"]["values"][modals.ANSWER][modals.INPUT]["value"] or ""
    taken_out = modals.left_out(asked.get("shown") or (), text)
    whom: Whom = "everyone" if modals.whom(view) == "everyone" else "place"
    answer = Answer(int(asked["request"]), user, text, whom, taken_out)
    return ExpertAnswer(answer, Recipient(user, str(asked["channel"]), asked.get("thread")))


def _whom_field(scope: Scope, whom: Whom | None) -> InputBlock:
    options = {
        "everyone": Option(value="everyone", text=EVERYONE),
        "place": Option(value="place", text=ONLY[scope.kind]),
    }
    chosen = whom or ("place" if scope.private else "everyone")
    return InputBlock(
        block_id=modals.SCOPE,
        label="Whom is it for?",
        element=RadioButtonsElement(
            action_id=modals.INPUT,
            options=list(options.values()),
            initial_option=options[chosen],
        ),
    )
