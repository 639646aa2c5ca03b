"""Buttons below what authors and teachers are told: they take a proposal, or undo a replacement.

About a lesson for one channel a teacher decides there: nobody decides about what they cannot read.
"""

from slack_bolt import App
from slack_sdk import WebClient

from bot.lessons.curation import Curation
from bot.permissions import RightsError
from bot.slack.lessons.author_notices import (
    DECLINE,
    TAKE,
    UNDO_REPLACEMENT,
    may_be_undone,
    undo_button,
)
from bot.slack.lessons.lesson_access import ELSEWHERE, LessonAccess
from bot.slack.messages import posting
from bot.slack.messages.buttons import number
from bot.slack.messages.ephemeral import replace_ephemeral, with_buttons
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.dispatcher import Dispatcher
from bot.store import Store


class Proposals:
    """Decides about proposals, and undoes replacements, for people who may."""

    def __init__(
        self, store: Store, curation: Curation, access: LessonAccess, client: WebClient
    ) -> None:
        self._store = store
        self._curation = curation
        self._access = access
        self._client = client

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons."""
        app.action(TAKE)(listener(dispatcher, self._take))
        app.action(DECLINE)(listener(dispatcher, self._decline))
        app.action(UNDO_REPLACEMENT)(listener(dispatcher, self._undo))

    def _take(self, click: Click) -> None:
        new = self._curation.take(self._readable(click), click.recipient.user)
        older = ", ".join(str(one.old_id) for one in self._store.replacements.of(new.id, "done"))
        text = f":mortar_board: Taken: example {new.id} replaces example {older}."
        offered = [undo_button(new.id)] if may_be_undone(self._store, new.id) else []
        self._replace(click, with_buttons(text, *offered))

    def _decline(self, click: Click) -> None:
        new = self._curation.decline(self._readable(click), click.recipient.user)
        kept = f"Kept as it was: example {new.id} is not taken."
        self._replace(click, MessageContent(kept))

    def _undo(self, click: Click) -> None:
        new_id = self._readable(click)
        back = self._curation.undo(new_id, click.recipient.user)
        listed = ", ".join(str(example.id) for example in back)
        text = f":leftwards_arrow_with_hook: Undone: example {new_id} is not in use any more."
        if back:
            text += f" In use again: example {listed}."
        self._replace(click, MessageContent(text))

    def _readable(self, click: Click) -> int:
        """Returns the id of the newer lesson of a button.

        Raises:
            RightsError: who clicked has no part in it, and cannot read it where they are.
            NotFoundError: there is no such lesson.
        """
        new = self._store.examples.get(number(click.value))
        rows = self._store.replacements.of(new.id)
        authors = {self._store.examples.get(row.old_id).author for row in rows}
        part = {new.author, *authors, *(row.who for row in rows)}
        if click.recipient.user not in part and not self._access.is_shown(click.recipient, new):
            raise RightsError(ELSEWHERE.format(id=new.id))
        return new.id

    def _replace(self, click: Click, content: MessageContent) -> None:
        """Replaces the message of the button, which stands in direct messages."""
        if click.message:
            place = Place(click.recipient.channel, click.recipient.thread)
            posting.replace(self._client, place, click.ts, [content])
        else:
            replace_ephemeral(self._client, click.recipient, content)
