"""What teachers decide about answers of theirs that were proposed to them."""

from dataclasses import replace

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.models.views import View

from bot.errors import InputError
from bot.lessons.scoping import default_scope
from bot.settings import ExampleSettings
from bot.slack.lessons import forms
from bot.slack.lessons.forms import Proposal
from bot.slack.lessons.from_message import MessageLessons
from bot.slack.lessons.message_source import MessageSource, Passage
from bot.slack.messages import posting
from bot.slack.messages.mrkdwn import escape
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.places import SlackPlaces
from bot.slack.transport.errors import explain
from bot.slack.watching.experts import Watchable
from bot.slack.watching.proposal import EDIT, LEARN, NO, Proposed, proposed
from bot.store import Store

GONE = (
    "I cannot read these words any more, or one of those who wrote them keeps them to themselves."
)
NOT_YOURS = "Only the teacher who gave that answer can decide about it."
DECLINED = ":ok_hand: All right, I do not learn that, and ask no more about it."


class ProposalActions:
    """Listens for the buttons of proposals; the words are read again when one is pressed."""

    def __init__(
        self,
        store: Store,
        limits: ExampleSettings,
        client: WebClient,
        source: MessageSource,
        lessons: MessageLessons,
        places: SlackPlaces,
        watchable: Watchable,
    ) -> None:
        self._store = store
        self._limits = limits
        self._client = client
        self._source = source
        self._lessons = lessons
        self._places = places
        self._watchable = watchable

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons."""
        app.action(LEARN)(listener(dispatcher, self._learn))
        app.action(EDIT)(listener(dispatcher, self._edit))
        app.action(NO)(listener(dispatcher, self._decline))

    def _learn(self, click: Click) -> None:
        """Teaches the words as they stand; where something is taken out, a form shows it first."""
        proposal = self._proposal(click)
        taught = self._lessons.teach(proposal)
        if taught.status == "sensitive":
            form = self._lessons.preview(proposal, taught)
            self._client.views_open(trigger_id=click.trigger, view=form)
            return
        self._replace(click, self._lessons.outcome(proposal, taught, click.recipient))

    def _edit(self, click: Click) -> None:
        """Opens a form with the words; a trigger lives three seconds, so a note comes first."""
        opened = self._client.views_open(trigger_id=click.trigger, view=forms.waiting())
        self._client.views_update(view_id=opened["view"]["id"], view=self._form(click))

    def _form(self, click: Click) -> View:
        try:
            proposal = self._proposal(click)
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            return forms.unfit(escape(explain(error, "edit a proposal")))
        return forms.proposal_form(proposal, self._limits)

    def _decline(self, click: Click) -> None:
        self._replace(click, MessageContent(DECLINED))

    def _proposal(self, click: Click) -> Proposal:
        """Reads what was proposed to whoever presses a button of it, as a lesson.

        Raises:
            InputError: the words are gone or may not be kept, or they are no teacher's own.
        """
        where = proposed(click.value)
        passage = self._read(where) if where else None
        if where is None or passage is None or passage.question is None:
            raise InputError(GONE)
        said = passage.question.words, passage.answer.words
        user = click.recipient.user
        if said[1].person != user or not self._watchable.teacher(user):
            raise InputError(NOT_YOURS)
        if not all(self._watchable.person(words.person, words.ts) for words in said):
            raise InputError(GONE)
        self._places.ensure(where.channel)
        return Proposal(
            passage.question.text,
            passage.answer.text,
            said,
            passage.permalink,
            replace(click.recipient, channel=where.channel, thread=None, response_url=None),
            default_scope(self._store, where.channel, user),
            offered=(click.recipient.channel, click.ts) if click.ts else None,
        )

    def _read(self, where: Proposed) -> Passage | None:
        passage = self._source.exchange(where.channel, where.question, where.answer)
        return self._source.permalink(passage) if passage else None

    def _replace(self, click: Click, content: MessageContent) -> None:
        """Puts the outcome in the place of the proposal, so that it is decided once."""
        place = Place(click.recipient.channel, click.recipient.thread)
        posting.replace(self._client, place, click.ts or None, [content])
