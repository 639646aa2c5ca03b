"""Buttons that change whom a lesson is for, below notices and cards, and `examples everyone 12`."""

import re

from slack_bolt import App
from slack_sdk import WebClient

from bot.errors import InputError
from bot.lessons.curation import Curation
from bot.lessons.scoping import scope_word
from bot.permissions import Rights
from bot.slack.lessons.scope_buttons import (
    ACTION,
    ALL_HERE,
    EVERYBODY,
    LABELS,
    chosen_scope,
    place_of,
    scope_buttons,
    widens,
)
from bot.slack.messages.buttons import button, number
from bot.slack.messages.ephemeral import Recipient, replace_ephemeral, with_buttons
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.dispatcher import Dispatcher
from bot.store import Example, Store
from bot.store.examples.scope import EVERYONE, Scope, ScopeKind

WORDS: dict[str, ScopeKind] = {"everyone": "everyone", "here": "channel", "me": "person"}
"""What people write behind `examples`, and the scope that it means."""
NO_CHANNEL = "That is no channel: do it in the channel that the lesson is for."
ONLY_AUTHOR = "Only who taught a lesson can keep it for themselves."
KEPT_UNTIL = " Adapters that learned it keep it until the next night."


class LessonScopes:
    """Changes whom lessons are for, for people who may."""

    def __init__(self, store: Store, curation: Curation, rights: Rights, client: WebClient) -> None:
        self._store = store
        self._curation = curation
        self._rights = rights
        self._client = client

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons."""
        pressed = re.compile(f"^{ACTION}({'|'.join(LABELS)})$")
        app.action(pressed)(listener(dispatcher, self._pressed))

    def command(self, recipient: Recipient, word: str, example: Example) -> MessageContent:
        """Runs `examples everyone 12`, `examples here 12` or `examples me 12`.

        Where more people would be told, it shows a button that asks first.

        Args:
            recipient: who wants it, and where.
            word: one of WORDS.
            example: the lesson, which they may see.

        Raises:
            RightsError: they may not.
            InputError: it is out of use, or this is no channel.
        """
        kind = WORDS[word]
        scope = self._scope(kind, recipient, example)
        if not widens(example.for_whom, scope):
            return self._changed(recipient, example.id, scope)
        sure = EVERYBODY if scope == EVERYONE else ALL_HERE
        ask = button(LABELS[kind], f"{ACTION}{kind}", str(example.id), sure=sure)
        whom = scope_word(scope, recipient.channel, recipient.user)
        return with_buttons(f"Shall I tell example {example.id} to {whom}?", ask)

    def change(self, recipient: Recipient, example_id: int, scope: Scope) -> Example:
        """Gives a lesson another scope.

        Raises:
            RightsError: this person may not.
            NotFoundError: there is no such lesson.
            InputError: it is out of use.
        """
        place = place_of(recipient.user, recipient.channel)
        return self._curation.rescope(example_id, scope, recipient.user, place)

    def _pressed(self, click: Click) -> None:
        example = self._store.examples.get(number(click.value))
        kind = next(kind for kind in LABELS if click.action == f"{ACTION}{kind}")
        scope = self._scope(kind, click.recipient, example)
        changed = self._changed(click.recipient, example.id, scope)
        replace_ephemeral(self._client, click.recipient, changed)

    def _scope(self, kind: ScopeKind, recipient: Recipient, example: Example) -> Scope:
        if kind == "person" and example.author != recipient.user:
            raise InputError(ONLY_AUTHOR)
        scope = chosen_scope(kind, recipient.user, recipient.channel)
        if scope is None:
            raise InputError(NO_CHANNEL)
        return scope

    def _changed(self, recipient: Recipient, example_id: int, scope: Scope) -> MessageContent:
        user, channel = recipient.user, recipient.channel
        before = self._store.examples.get(example_id)
        example = self.change(recipient, example_id, scope)
        text = f"Example {example.id} is for {scope_word(example.for_whom, channel, user)} now"
        if example.for_whom.private:
            text += ": it is told only there, and not trained."
            text += "" if before.for_whom.private else KEPT_UNTIL
        elif example.status == "pending":
            text += ", once a teacher or who taught the earlier lesson has agreed."
        else:
            text += ": it is told in every channel, and trained tonight."
        return with_buttons(text, *scope_buttons(self._rights, example, user, channel))
