"""The form that edits a lesson, and its submission: a new lesson takes the place of the old one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from slack_sdk import WebClient
from slack_sdk.models.views import View

from bot.errors import InputError
from bot.lessons.curation import Curation
from bot.lessons.editing import edit
from bot.lessons.reviews.decisions import ReviewDecisions
from bot.lessons.teaching import Redaction, Taught
from bot.permissions import Rights
from bot.settings import ExampleSettings
from bot.slack.lessons.confirmation import Confirmations
from bot.slack.lessons.lesson_access import LessonAccess
from bot.slack.lessons.scope_buttons import chosen_scope, place_of, widens
from bot.slack.messages import modals
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.mrkdwn import shorten
from bot.slack.messages.posting import MessageContent
from bot.store import Example, Store
from bot.store.examples.scope import Scope, ScopeKind

EDIT = "edit_lesson"
TOO_LONG = "Example {id} is too long for a form: edit it in the console."
ASK_FIRST = "For more people: press the button on the lesson's card, which asks first."


@dataclass(frozen=True)
class EditedLesson:
    """What a person submitted in the form that edits a lesson.

    Attributes:
        scope: whom it is for from now on; None leaves that as it is.
        taken_out: kinds of what was taken out of these words before they were shown them.
        review_days: days after which its owner is asked whether it holds; None for the setting's.
    """

    id: int
    prompt: str
    completion: str
    recipient: Recipient
    scope: Scope | None = None
    taken_out: tuple[str, ...] = ()
    review_days: int | None = None


class LessonEdits:
    """Opens the form, and teaches what was submitted in it."""

    def __init__(
        self,
        store: Store,
        curation: Curation,
        limits: ExampleSettings,
        rights: Rights,
        client: WebClient,
        access: LessonAccess,
        confirmations: Confirmations,
        decisions: ReviewDecisions,
    ) -> None:
        self._store = store
        self._curation = curation
        self._limits = limits
        self._rights = rights
        self._client = client
        self._access = access
        self._confirmations = confirmations
        self._decisions = decisions

    def open_form(self, recipient: Recipient, trigger: str, identifier: int) -> None:
        """Opens the form with a lesson.

        Raises:
            RightsError: this person may not edit it.
            NotFoundError: there is no such lesson.
            InputError: it is too long for a form.
            SlackClientError: the trigger is too old.
        """
        example = self._editable(recipient, identifier)
        if max(len(example.prompt), len(example.completion)) > modals.INPUT_LIMIT:
            raise InputError(TOO_LONG.format(id=identifier))
        self._client.views_open(trigger_id=trigger, view=self._form(recipient, example))

    def teach(self, edited: EditedLesson) -> Taught:
        """Teaches the new words in the place of the old ones; stores nothing where it asks first.

        Raises:
            RightsError: this person may not edit it.
            InputError: nothing was changed, or the lesson is out of use.
        """
        recipient, scope = edited.recipient, edited.scope
        example = self._editable(recipient, edited.id)
        if self._only_interval(edited, example):
            return self._looked_at(edited)
        if scope is None or scope == example.for_whom:
            return self._edited(edited)
        if widens(example.for_whom, scope):
            raise InputError(ASK_FIRST)
        texts = (edited.prompt.strip(), edited.completion.strip())
        if texts == (example.prompt, example.completion):
            return self._narrowed(recipient, Taught(example.id, example.status), scope)
        with self._store.connections.write():
            taught = self._edited(edited)
            if taught.id not in (None, edited.id) and self._stands(edited.id):
                # The new words wait for consent; that fewer people are told the old ones does not.
                place = place_of(recipient.user, recipient.channel)
                self._curation.rescope(edited.id, scope, recipient.user, place)
            return self._narrowed(recipient, taught, scope)

    def _only_interval(self, edited: EditedLesson, example: Example) -> bool:
        """Returns whether the interval is all that was changed."""
        texts = (edited.prompt.strip(), edited.completion.strip())
        same = texts == (example.prompt, example.completion)
        whom = edited.scope in (None, example.for_whom)
        return same and whom and edited.review_days != example.review_days

    def _looked_at(self, edited: EditedLesson) -> Taught:
        """Gives a lesson another interval; whoever edits it says that it holds."""
        user = edited.recipient.user
        example = self._decisions.set_interval(edited.id, edited.review_days, user)
        self._decisions.confirm(edited.id, user)
        return Taught(example.id, example.status, scope=example.for_whom)

    def outcome(self, edited: EditedLesson, taught: Taught) -> MessageContent:
        """Returns the notice for whoever edited it."""
        return self._confirmations.of(taught, edited.recipient)

    def preview(self, edited: EditedLesson, taught: Taught) -> View:
        """Returns the form with what would be stored, where something was taken out."""
        example = self._editable(edited.recipient, edited.id)
        prompt, completion = taught.preview or (edited.prompt, edited.completion)
        shown = replace(
            example, prompt=prompt, completion=completion, review_days=edited.review_days
        )
        return self._form(edited.recipient, shown, taught.redacted)

    def _editable(self, recipient: Recipient, identifier: int) -> Example:
        example = self._access.visible(recipient, identifier)
        self._access.require_say(recipient.user, example)
        return example

    def _form(self, recipient: Recipient, example: Example, taken_out: Sequence[str] = ()) -> View:
        offered = self._narrower(recipient, example)
        return edit_form(example, recipient.channel, self._limits, offered, taken_out)

    def _narrower(self, recipient: Recipient, example: Example) -> list[ScopeKind]:
        """Returns the scopes that the form offers: no wider one, as a button asks before that."""
        user, channel = recipient.user, recipient.channel
        if not self._rights.may_rescope(user, example, place_of(user, channel)):
            return []
        offered: list[ScopeKind] = []
        for kind in modals.WHOM:
            scope = chosen_scope(kind, user, channel)
            mine = kind != "person" or example.author == user
            if scope is not None and mine and not widens(example.for_whom, scope):
                offered.append(kind)
        return offered if len(offered) > 1 and example.scope in offered else []

    def _edited(self, edited: EditedLesson) -> Taught:
        redaction: Redaction = "accept" if edited.taken_out else "ask"
        user, texts = edited.recipient.user, (edited.prompt, edited.completion)
        return edit(
            self._store,
            self._curation,
            edited.id,
            *texts,
            user,
            redaction,
            edited.review_days,
        )

    def _stands(self, identifier: int) -> bool:
        """Returns whether an edited lesson is in force for now."""
        return self._store.examples.get(identifier).status == "approved"

    def _narrowed(self, recipient: Recipient, taught: Taught, scope: Scope) -> Taught:
        """Gives an edited lesson another scope, where it was stored."""
        if taught.id is None or taught.status == "duplicate":
            return taught
        place = place_of(recipient.user, recipient.channel)
        example = self._curation.rescope(taught.id, scope, recipient.user, place)
        return replace(taught, status=example.status, scope=example.for_whom)


def edit_form(
    example: Example,
    channel: str,
    limits: ExampleSettings,
    offered: Sequence[ScopeKind] = (),
    taken_out: Sequence[str] = (),
) -> View:
    """Returns the form that edits a lesson.

    Args:
        example: the lesson, with the texts that stand in the fields.
        channel: the id of the channel in which it is edited.
        limits: how long a question and an answer may be.
        offered: the scopes that may be chosen, its own among them; without any there is no field.
        taken_out: kinds of what was taken out of its texts.
    """
    asked = {
        "id": example.id,
        "channel": channel,
        "shown": modals.as_shown(taken_out, example.prompt, example.completion),
    }
    whom = [modals.scope_field(channel, example.for_whom, offered)] if offered else []
    return View(
        type="modal",
        callback_id=EDIT,
        title=shorten(f"Example {example.id}", 24),
        submit="Save it so" if taken_out else "Save",
        close="Cancel",
        private_metadata=json.dumps(asked),
        blocks=[
            *modals.notice_of(taken_out),
            modals.field(
                modals.QUESTION,
                "When somebody asks…",
                "The question",
                limits.max_prompt_length,
                example.prompt,
            ),
            modals.field(
                modals.ANSWER,
                "…I should answer",
                "The answer",
                limits.max_completion_length,
                example.completion,
            ),
            *whom,
            modals.days_field(example.review_days),
        ],
    )


def read(view: dict[str, Any], user: str) -> EditedLesson:
    """Reads the form that this user submitted."""
    asked = json.loads(view["private_metadata"])
    values = view["state"]["values"]
    prompt = values[modals.QUESTION][modals.INPUT]["value"] or ""
    completion = values[modals.ANSWER][modals.INPUT]["value"] or ""
    channel = str(asked["channel"])
    return EditedLesson(
        int(asked["id"]),
        prompt,
        completion,
        Recipient(user, channel),
        chosen_scope(modals.whom(view), user, channel),
        modals.left_out(asked.get("shown") or (), prompt, completion),
        modals.review_days(view),
    )
