"""`/nightschool examples` searches, shows and changes lessons, by command and by button.

Everybody sees the approved lessons and their own; teachers see all. What is for one channel or one
person is seen only there, and by its author in their direct messages. The author of a lesson may
edit and withdraw it, teachers may also approve and reject.
"""

import re

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.models.blocks import ButtonElement

from bot.lessons.curation import Curation
from bot.lessons.reviews.freshness import Freshness
from bot.lessons.scoping import scope_word
from bot.lessons.withdrawal import barred, may_bring_back
from bot.permissions import Act, Rights, RightsError
from bot.slack.admin import lesson_cards
from bot.slack.admin.lesson_cards import PAGE, SEARCH_LIMIT, Filter
from bot.slack.admin.scopes import WORDS, LessonScopes
from bot.slack.lessons.edits import EDIT, LessonEdits, read
from bot.slack.lessons.lesson_access import LessonAccess
from bot.slack.lessons.scope_buttons import place_of, scope_buttons
from bot.slack.messages.buttons import button, number
from bot.slack.messages.ephemeral import Recipient, replace_ephemeral, send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads import acts, submission
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.command import Command
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.member_names import MemberNames
from bot.store import Example, Store
from bot.store.examples.rows import STATUSES

_NAMED = re.compile(
    rf"(show|edit|approve|reject|withdraw|{'|'.join(WORDS)})\s+#?(\d+)", re.IGNORECASE
)


class LessonCommands:
    """Shows and changes lessons for people who have the right to."""

    def __init__(
        self,
        store: Store,
        curation: Curation,
        rights: Rights,
        client: WebClient,
        names: MemberNames,
        access: LessonAccess,
        scopes: LessonScopes,
        edits: LessonEdits,
    ) -> None:
        self._store = store
        self._curation = curation
        self._rights = rights
        self._client = client
        self._names = names
        self._access = access
        self._scopes = scopes
        self._edits = edits
        self._freshness = Freshness(curation.settings)

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons of lists and cards, and the submission of the form."""
        changes = re.compile(r"lessons:(approve|reject|withdraw)")
        app.action(re.compile(r"lessons:(newer|older)"))(listener(dispatcher, self._turn))
        app.action("lessons:show")(listener(dispatcher, self._show))
        app.action("lessons:edit")(listener(dispatcher, self._edit))
        app.action(changes)(listener(dispatcher, self._change))
        form = submission.listener(
            dispatcher, read, self._edits.teach, self._edits.outcome, self._edits.preview
        )
        app.view(EDIT)(form)

    def command(self, command: Command) -> None:
        """Runs `examples`, `examples show 12`, `examples everyone 12`, or searches for words.

        Raises:
            RightsError: this person may not see lessons, or not see or change that one.
            NotFoundError: there is no such lesson.
            InputError: the lesson cannot be changed so.
        """
        rest, recipient = acts.behind(command.text), command.recipient
        named = _NAMED.fullmatch(rest)
        if named is None or named[1].lower() != "withdraw":
            self._rights.require(command.user, Act.LIST)
        if named:
            does, identifier = named[1].lower(), number(named[2])
            if does == "edit":
                self._edits.open_form(recipient, command.trigger, identifier)
                return
            if does == "show":
                content = self._card(recipient, identifier)
            elif does in WORDS:
                example = self._access.visible(recipient, identifier)
                content = self._scopes.command(recipient, does, example)
            else:
                content = self._changed(recipient, identifier, does)
        else:
            content = self._page(recipient, _filter(rest))
        send_ephemeral(self._client, recipient, content)

    def change(self, recipient: Recipient, identifier: int, does: str) -> Example:
        """Changes the status of a lesson, if this person may.

        Args:
            recipient: who changes it, and where; without a channel on the Home tab.
            identifier: the id of the lesson.
            does: `approve`, `reject` or `withdraw`.

        Raises:
            RightsError: this person may not.
            NotFoundError: there is no such lesson.
            InputError: it was forgotten or refused, or is out already.
        """
        user = recipient.user
        example = self._store.examples.get(identifier)
        if does != "withdraw" or not self._access.is_theirs(user, example):
            # What is somebody's own they take back wherever they are.
            example = self._access.visible(recipient, identifier)
        if does == "withdraw":
            self._access.require_say(user, example)
        else:
            self._rights.require(user, Act.APPROVE)
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

    def _page(self, recipient: Recipient, chosen: Filter) -> MessageContent:
        user, channel = recipient.user, recipient.channel
        teacher = self._rights.is_teacher(user)
        examples = self._store.examples.search(
            status=chosen.status,
            text=chosen.text or None,
            limit=PAGE + 1,
            offset=chosen.offset,
            author=user if chosen.mine else None,
            seen_by=None if teacher else user,
            audience=place_of(user, channel),
        )
        counts = self._store.examples.counts(user if chosen.mine else None)
        if not teacher and not chosen.mine:
            counts = {"approved": counts["approved"], "pending": counts["pending"]}
        return lesson_cards.page(
            examples, chosen, counts, lambda example: self._whom(example, channel, user)
        )

    def _card(self, recipient: Recipient, identifier: int, note: str = "") -> MessageContent:
        user, channel = recipient.user, recipient.channel
        example = self._access.visible(recipient, identifier)
        runs = self._store.runs.of_example(identifier)
        return lesson_cards.card(
            example,
            self._store.examples.history(identifier),
            [run.version for run in runs if run.version],
            self._buttons(user, example),
            self._names.author,
            note,
            self._whom(example, channel, user),
            scope_buttons(self._rights, example, user, channel),
        )

    def _whom(self, example: Example, channel: str, user: str) -> str:
        """Returns whom a lesson is for, and the mark of one that is due."""
        since = self._freshness.since(example)
        return scope_word(example.for_whom, channel, user) + (f", {since}" if since else "")

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
        if live and self._access.has_say(user, example):
            sure = "The next night trains without this lesson."
            offered.append(button("Withdraw", "lessons:withdraw", value, style="danger", sure=sure))
        if example.status not in ("superseded", "withdrawn") and self._access.has_say(
            user, example
        ):
            offered.append(button("Edit", "lessons:edit", value))
        return offered

    def _changed(self, recipient: Recipient, identifier: int, does: str) -> MessageContent:
        example = self.change(recipient, identifier, does)
        hidden = example.status != "approved" and not self._access.has_say(recipient.user, example)
        if hidden or not self._access.is_shown(recipient, example):
            return MessageContent(f"Example {identifier} is {example.status}.")
        return self._card(recipient, identifier, f"Example {identifier} is {example.status} now.")

    def _turn(self, click: Click) -> None:
        page = self._page(click.recipient, Filter.from_value(click.value))
        replace_ephemeral(self._client, click.recipient, page)

    def _show(self, click: Click) -> None:
        card = self._card(click.recipient, number(click.value))
        send_ephemeral(self._client, click.recipient, card)

    def _change(self, click: Click) -> None:
        does = click.action.partition(":")[2]
        changed = self._changed(click.recipient, number(click.value), does)
        replace_ephemeral(self._client, click.recipient, changed)

    def _edit(self, click: Click) -> None:
        self._edits.open_form(click.recipient, click.trigger, number(click.value))


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
