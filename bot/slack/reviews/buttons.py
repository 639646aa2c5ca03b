"""The buttons below due lessons: "Still true", "Edit", "Retire", "All still true"."""

from collections.abc import Callable

from slack_bolt import App
from slack_sdk import WebClient

from bot.errors import InputError
from bot.lessons.reviews.decisions import ReviewDecisions
from bot.lessons.reviews.due import DueLessons
from bot.slack.lessons.edits import LessonEdits
from bot.slack.lessons.lesson_access import LessonAccess
from bot.slack.messages.buttons import number
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.reviews.messages import ALL_TRUE, EDIT, RETIRE, SHOWN, TRUE
from bot.store import Store

GONE = "I do not know any more which lessons that was about."


class ReviewButtons:
    """Carries out what is pressed; the next round, which follows at once, updates the messages."""

    def __init__(
        self,
        store: Store,
        due: DueLessons,
        decisions: ReviewDecisions,
        access: LessonAccess,
        edits: LessonEdits,
        client: WebClient,
        redraw_home: Callable[[str], object] = lambda _user: None,
    ) -> None:
        """`redraw_home` draws the Home tab of a person anew, by their id."""
        self._store = store
        self._due = due
        self._decisions = decisions
        self._access = access
        self._edits = edits
        self._client = client
        self._redraw_home = redraw_home

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons."""
        app.action(TRUE)(listener(dispatcher, self._confirm))
        app.action(ALL_TRUE)(listener(dispatcher, self._confirm_all))
        app.action(EDIT)(listener(dispatcher, self._edit))
        app.action(RETIRE)(listener(dispatcher, self._retire))

    def _confirm(self, click: Click) -> None:
        example_id = number(click.value)
        self._access.visible(click.recipient, example_id)
        news = self._decisions.confirm(example_id, click.recipient.user, only_due=True)
        self._tell(click, f"Example {example_id} is still true.", news=news)

    def _confirm_all(self, click: Click) -> None:
        """Confirms the lessons that the message shows; those after them nobody has read yet."""
        review = self._store.reviews.get(number(click.value))
        recipient = click.recipient
        if review is None or review.recipient not in (recipient.user, recipient.channel):
            raise InputError(GONE)
        for example in self._due.shown(review.recipient, review.id)[:SHOWN]:
            self._access.visible(recipient, example.id)
            self._decisions.confirm(example.id, recipient.user, only_due=True)

    def _edit(self, click: Click) -> None:
        self._edits.open_form(click.recipient, click.trigger, number(click.value))

    def _retire(self, click: Click) -> None:
        example_id = number(click.value)
        if not self._access.is_theirs(click.recipient.user, self._store.examples.get(example_id)):
            self._access.visible(click.recipient, example_id)
        news = self._decisions.retire(example_id, click.recipient.user)
        self._tell(click, f"Example {example_id} is retired.", news=news)

    def _tell(self, click: Click, sentence: str, *, news: bool) -> None:
        """Tells whoever pressed a button of what stands in no message, or was decided before."""
        if not news:
            sentence = f"That was decided already. {sentence}"
        if not news or not click.ts:
            send_ephemeral(self._client, click.recipient, MessageContent(sentence))
        if not click.recipient.channel:
            self._redraw_home(click.recipient.user)
