"""Listeners for buttons: each acknowledges first, then checks who pressed it."""

import re

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from bot.errors import InputError
from bot.feedback.comparisons import ComparisonVotes
from bot.privacy.consent import Privacy
from bot.slack.answers import blind_comparison
from bot.slack.feedback import notices
from bot.slack.feedback.ratings import RatingRecorder
from bot.slack.lessons import from_message, marked_messages
from bot.slack.lessons.corrections import Corrections
from bot.slack.lessons.from_command import TypedLessons
from bot.slack.lessons.from_message import MessageLessons
from bot.slack.lessons.marked_messages import MarkedMessages
from bot.slack.messages import feedback_buttons, posting
from bot.slack.messages.buttons import number
from bot.slack.messages.ephemeral import replace_ephemeral, send_ephemeral
from bot.slack.messages.posting import Place
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.conflicts import CHOICES, REWORD, Conflicts
from bot.slack.transport.errors import SLACK_TROUBLE, code_of, log_failure
from bot.store import Store, StoredReply

log = structlog.get_logger(__name__)
UNKNOWN = "I do not know that answer any more."


class RatingActions:
    """Listens for the thumbs below an answer, and for the buttons of their notices."""

    def __init__(self, store: Store, recorder: RatingRecorder, corrections: Corrections) -> None:
        self._store = store
        self._recorder = recorder
        self._corrections = corrections

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons."""
        app.action(feedback_buttons.ACTION)(listener(dispatcher, self._thumb))
        app.action(notices.CORRECT)(listener(dispatcher, self._correct))
        app.action(notices.TAKE_BACK)(listener(dispatcher, self._take_back))
        app.action(notices.MEANT)(listener(dispatcher, self._meant))

    def _thumb(self, click: Click) -> None:
        pressed = feedback_buttons.pressed(click.value)
        if pressed is None:
            raise InputError(UNKNOWN)
        rating, identifier = pressed
        reply = self._here(click, identifier)
        if rating < 0:
            try:
                # The form is opened first: its trigger lives three seconds.
                self._corrections.open_form(click.recipient, click.trigger, reply)
            except SLACK_TROUBLE as error:
                # The notice has a button that opens the form, too.
                log_failure(error, "open the correction form")
        self._recorder.pressed(click.recipient, reply, rating, click.at)

    def _correct(self, click: Click) -> None:
        reply = self._here(click, number(click.value))
        self._corrections.open_form(click.recipient, click.trigger, reply)

    def _take_back(self, click: Click) -> None:
        reply = self._here(click, number(click.value))
        self._recorder.pressed(click.recipient, reply, 0, click.at)

    def _meant(self, click: Click) -> None:
        self._corrections.accept(click.recipient, self._here(click, number(click.value)))

    def _here(self, click: Click, reply: int) -> int:
        return _reply_here(self._store, click, reply).id


class TeachMeAction:
    """Listens for the button below an answer that nobody taught; it opens the form of /teach."""

    def __init__(self, store: Store, privacy: Privacy, typed: TypedLessons) -> None:
        self._store = store
        self._privacy = privacy
        self._typed = typed

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the button."""
        app.action(feedback_buttons.TEACH)(listener(dispatcher, self._open_form))

    def _open_form(self, click: Click) -> None:
        """Opens the form with the question filled in, where this person may teach here.

        Whether their lesson waits for a teacher is decided when they submit it.

        Raises:
            InputError: the button is one of another conversation, the words of its question are
                gone, the person has opted out, or the channel is switched off.
            NotFoundError: there is no such reply.
        """
        self._privacy.require_kept(click.recipient.user)
        self._privacy.require_listening(click.recipient.channel)
        reply = _reply_here(self._store, click, number(click.value))
        if not reply.question:
            raise InputError(UNKNOWN)
        self._typed.open_form(click.recipient, click.trigger, reply.question)


def _reply_here(store: Store, click: Click, reply_id: int) -> StoredReply:
    """Returns the reply of a button, which must be one of this conversation.

    Raises:
        InputError: it is one of another conversation.
        NotFoundError: there is no such reply.
    """
    if not reply_id:
        raise InputError(UNKNOWN)
    reply = store.replies.get(reply_id)
    if reply.channel != click.recipient.channel:
        raise InputError(UNKNOWN)
    return reply


class LessonActions:
    """Listens for the buttons of questions about lessons, and of lessons out of messages."""

    def __init__(
        self,
        client: WebClient,
        conflicts: Conflicts,
        marked: MarkedMessages,
        lessons: MessageLessons,
    ) -> None:
        self._client = client
        self._conflicts = conflicts
        self._marked = marked
        self._lessons = lessons

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons."""
        choices = re.compile("|".join(map(re.escape, CHOICES)))
        app.action(choices)(listener(dispatcher, self._decide))
        app.action(REWORD)(listener(dispatcher, self._reword))
        app.action(marked_messages.OFFER)(listener(dispatcher, self._teach))
        app.action(from_message.REFUSE)(listener(dispatcher, self._refuse))

    def _decide(self, click: Click) -> None:
        user, choice = click.recipient.user, CHOICES[click.action]
        decided = self._conflicts.decide(user, click.value, choice)
        if decided is None:
            raise InputError("Only who taught this can decide.")
        replace_ephemeral(self._client, click.recipient, decided)

    def _reword(self, click: Click) -> None:
        self._conflicts.reword(click.recipient, click.trigger, click.value)

    def _teach(self, click: Click) -> None:
        channel, _, ts = click.value.partition(":")
        if channel != click.recipient.channel:
            raise InputError("Press it where the words are.")
        self._marked.open_form(click.recipient, click.trigger, None, ts)

    def _refuse(self, click: Click) -> None:
        refused = self._lessons.refuse(click.recipient.user, number(click.value))
        if click.message:
            # The notice stands in their direct messages, so the message itself is replaced.
            place = Place(click.recipient.channel, click.recipient.thread)
            posting.replace(self._client, place, click.ts, [refused])
        else:
            replace_ephemeral(self._client, click.recipient, refused)


class VoteActions:
    """Listens for the buttons below a blind comparison."""

    def __init__(self, store: Store, votes: ComparisonVotes, client: WebClient) -> None:
        self._store = store
        self._votes = votes
        self._client = client

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons."""
        letters = re.compile(f"{blind_comparison.ACTION}\\w+")
        app.action(letters)(listener(dispatcher, self._vote))

    def _vote(self, click: Click) -> None:
        chosen = blind_comparison.chosen(click.value)
        if chosen is None:
            raise InputError("I do not know this comparison any more.")
        identifier, letter = chosen
        compared = self._store.comparisons.get(identifier)
        tuned = self._store.replies.get(compared.tuned_reply)
        if tuned.messages and tuned.channel != click.recipient.channel:
            raise InputError("Vote where it was asked.")
        choice = blind_comparison.meaning(letter, tuned_first=compared.tuned_first)
        voted = self._votes.vote(identifier, click.recipient.user, choice)
        send_ephemeral(self._client, click.recipient, blind_comparison.revelation(voted))
        if voted.first:
            self._recount(click, voted.voters)

    def _recount(self, click: Click, voters: int) -> None:
        """Updates the comparison with the number of voters; how they voted stays hidden."""
        try:
            self._client.chat_update(
                channel=click.recipient.channel,
                ts=click.ts,
                text=click.message.get("text") or "",
                blocks=blind_comparison.recounted(click.message.get("blocks") or [], voters),
                parse="none",
                link_names=False,
            )
        except SLACK_TROUBLE as error:
            name = type(error).__name__
            log.warning("votes were not counted up", error=name, code=code_of(error))
