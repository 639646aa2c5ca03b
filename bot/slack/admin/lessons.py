"""`/nightschool examples` searches, shows and changes lessons, by command and by button.

Everybody sees the approved lessons and their own; teachers see all. The author of a lesson may edit
and withdraw it, teachers may also approve and reject.
"""

import re
from dataclasses import dataclass
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.models.blocks import ButtonElement

from bot.errors import InputError
from bot.lessons.curation import Curation
from bot.lessons.editing import edit
from bot.lessons.teaching import Taught
from bot.lessons.withdrawal import barred, may_bring_back
from bot.permissions import Rights, RightsError
from bot.settings import ExampleSettings
from bot.slack.admin import lesson_cards
from bot.slack.admin.lesson_cards import PAGE, SEARCH_LIMIT, Filter
from bot.slack.messages import blocks, modals
from bot.slack.messages.buttons import button, number
from bot.slack.messages.ephemeral import Recipient, replace_ephemeral, send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads import submission
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.command import Command
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.member_names import MemberNames
from bot.store import Example, Store
from bot.store.examples.rows import STATUSES

EDIT = "edit_lesson"
NOT_YOURS = "That is for teachers and for who wrote the lesson."
TOO_LONG = "Example {id} is too long for a form: edit it in the console."
_NAMED = re.compile(r"(show|edit|approve|reject|withdraw)\s+#?(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class EditedLesson:
    """What a person submitted in the form that edits a lesson."""

    id: int
    prompt: str
    completion: str
    recipient: Recipient


class LessonCommands:
    """Shows and changes lessons for people who have the right to."""

    def __init__(
        self,
        store: Store,
        curation: Curation,
        limits: ExampleSettings,
        rights: Rights,
        client: WebClient,
        names: MemberNames,
    ) -> None:
        self._store = store
        self._curation = curation
        self._limits = limits
        self._rights = rights
        self._client = client
        self._names = names

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons of lists and cards, and the submission of the form."""
        changes = re.compile(r"lessons:(approve|reject|withdraw)")
        app.action(re.compile(r"lessons:(newer|older)"))(listener(dispatcher, self._turn))
        app.action("lessons:show")(listener(dispatcher, self._show))
        app.action("lessons:edit")(listener(dispatcher, self._edit))
        app.action(changes)(listener(dispatcher, self._change))
        form = submission.listener(
            dispatcher, _read, self._teach, lambda _, taught: blocks.taught(taught)
        )
        app.view(EDIT)(form)

    def command(self, command: Command) -> None:
        """Runs `examples`, `examples show 12` or `examples approve 12`, or searches for words.

        Raises:
            RightsError: this person may not see or change that lesson.
            NotFoundError: there is no such lesson.
            InputError: the lesson cannot be changed so.
        """
        rest = command.text.partition(" ")[2].strip()
        user = command.user
        if named := _NAMED.fullmatch(rest):
            does, identifier = named[1].lower(), number(named[2])
            if does == "edit":
                self._open_form(command.recipient, command.trigger, identifier)
                return
            if does == "show":
                content = self._card(user, identifier)
            else:
                content = self._changed(user, identifier, does)
        else:
            content = self._page(user, _filter(rest))
        send_ephemeral(self._client, command.recipient, content)

    def change(self, user: str, identifier: int, does: str) -> Example:
        """Changes the status of a lesson, if this person may.

        Args:
            user: the Slack user id of the person.
            identifier: the id of the lesson.
            does: `approve`, `reject` or `withdraw`.

        Raises:
            RightsError: this person may not.
            NotFoundError: there is no such lesson.
            InputError: it was forgotten or refused, or is out already.
        """
        example = self._visible(user, identifier)
        if does == "withdraw":
            self._require_say(user, example)
        else:
            self._rights.require_teacher(user)
        open_to_some = does == "approve" and not barred(self._store, example)
        if open_to_some and not may_bring_back(self._store, example, user):
            raise RightsError(
                "It was withdrawn: only who wrote it or withdrew it can bring it back."
            )
        curation = self._curation
        act = {
            "approve": curation.approve,
            "reject": curation.reject,
            "withdraw": curation.withdraw,
        }[does]
        return act(identifier, user, "in Slack")

    def _page(self, user: str, chosen: Filter) -> MessageContent:
        teacher = self._rights.is_teacher(user)
        examples = self._store.examples.search(
            status=chosen.status,
            text=chosen.text or None,
            limit=PAGE + 1,
            offset=chosen.offset,
            author=user if chosen.mine else None,
            seen_by=None if teacher else user,
        )
        counts = self._store.examples.counts(user if chosen.mine else None)
        if not teacher and not chosen.mine:
            counts = {"approved": counts["approved"], "pending": counts["pending"]}
        return lesson_cards.page(examples, chosen, counts)

    def _visible(self, user: str, identifier: int) -> Example:
        example = self._store.examples.get(identifier)
        if example.status != "approved" and not self._has_say(user, example):
            raise RightsError(f"Example {identifier} is {example.status}: {NOT_YOURS}")
        return example

    def _has_say(self, user: str, example: Example) -> bool:
        return (
            example.author == user
            or self._rights.is_teacher(user)
            or self._store.provenance.wrote(example.id, user)
        )

    def _require_say(self, user: str, example: Example) -> None:
        if not self._has_say(user, example):
            raise RightsError(NOT_YOURS)

    def _card(self, user: str, identifier: int, note: str = "") -> MessageContent:
        example = self._visible(user, identifier)
        runs = self._store.runs.of_example(identifier)
        return lesson_cards.card(
            example,
            self._store.examples.history(identifier),
            [run.version for run in runs if run.version],
            self._buttons(user, example),
            self._names.author,
            note,
        )

    def _buttons(self, user: str, example: Example) -> list[ButtonElement]:
        value, offered = str(example.id), []
        teacher = self._rights.is_teacher(user)
        live = example.status in ("approved", "pending")
        may_bring = may_bring_back(self._store, example, user)
        closed = barred(self._store, example) or not may_bring
        if teacher and example.status != "approved" and not closed:
            offered.append(button("Approve", "lessons:approve", value, style="primary"))
        if teacher and example.status in ("pending", "quarantined", "approved"):
            offered.append(button("Reject", "lessons:reject", value))
        if live and self._has_say(user, example):
            sure = "The next night trains without this lesson."
            offered.append(button("Withdraw", "lessons:withdraw", value, style="danger", sure=sure))
        if example.status not in ("superseded", "withdrawn") and self._has_say(user, example):
            offered.append(button("Edit", "lessons:edit", value))
        return offered

    def _changed(self, user: str, identifier: int, does: str) -> MessageContent:
        example = self.change(user, identifier, does)
        if example.status != "approved" and not self._has_say(user, example):
            return MessageContent(f"Example {identifier} is {example.status}.")
        return self._card(user, identifier, f"Example {identifier} is {example.status} now.")

    def _turn(self, click: Click) -> None:
        page = self._page(click.recipient.user, Filter.from_value(click.value))
        replace_ephemeral(self._client, click.recipient, page)

    def _show(self, click: Click) -> None:
        card = self._card(click.recipient.user, number(click.value))
        send_ephemeral(self._client, click.recipient, card)

    def _change(self, click: Click) -> None:
        does = click.action.partition(":")[2]
        changed = self._changed(click.recipient.user, number(click.value), does)
        replace_ephemeral(self._client, click.recipient, changed)

    def _edit(self, click: Click) -> None:
        self._open_form(click.recipient, click.trigger, number(click.value))

    def _open_form(self, recipient: Recipient, trigger: str, identifier: int) -> None:
        example = self._visible(recipient.user, identifier)
        self._require_say(recipient.user, example)
        if max(len(example.prompt), len(example.completion)) > modals.INPUT_LIMIT:
            raise InputError(TOO_LONG.format(id=identifier))
        form = lesson_cards.edit_form(EDIT, example, recipient.channel, self._limits)
        self._client.views_open(trigger_id=trigger, view=form)

    def _teach(self, edited: EditedLesson) -> Taught:
        user = edited.recipient.user
        self._require_say(user, self._visible(user, edited.id))
        return edit(self._store, self._curation, edited.id, edited.prompt, edited.completion, user)


def _filter(rest: str) -> Filter:
    words = rest.split()
    if words and words[0].lower() in ("search", "list"):
        words = words[1:]
    status, mine = None, False
    if words and words[0].lower() in STATUSES:
        status, words = words[0].lower(), words[1:]
    elif words and words[0].lower() == "mine":
        mine, words = True, words[1:]
    return Filter(status, mine, " ".join(words)[:SEARCH_LIMIT])


def _read(view: dict[str, Any], user: str) -> EditedLesson:
    identifier, _, channel = view["private_metadata"].partition(" ")
    values = view["state"]["values"]
    return EditedLesson(
        number(identifier),
        values[modals.QUESTION][modals.INPUT]["value"] or "",
        values[modals.ANSWER][modals.INPUT]["value"] or "",
        Recipient(user, channel),
    )
