"""Listeners for the buttons and the form by which somebody is asked and answers."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.models.views import View

from bot.errors import InputError
from bot.feedback.experts.answering import ExpertAnswers
from bot.feedback.experts.asking import GONE, ExpertAsking, Wanted
from bot.lessons.teaching import UNDECIDED, Taught
from bot.permissions import Rights
from bot.slack.experts import buttons, form
from bot.slack.experts.form import ExpertAnswer
from bot.slack.lessons.confirmation import Confirmations
from bot.slack.lessons.scope_buttons import place_of
from bot.slack.messages.blocks import section
from bot.slack.messages.ephemeral import replace_ephemeral, send_ephemeral, with_buttons
from bot.slack.messages.mrkdwn import escape, name, shorten
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.payloads.submission import listener as form_listener
from bot.slack.state.conflicts import Conflicts
from bot.slack.state.member_names import MemberNames
from bot.store import Store
from bot.store.questions.expert_messages import ExpertMessage
from bot.store.questions.expert_requests import ExpertRequest

ENDED = "That waits for no answer any more: thank you all the same."
OTHERS_MAY = "All right: others here may know it."
SENT = "It is posted where it was asked."
LATER = "Once a teacher has approved it, it is posted where it was asked."
GapOf = Callable[[int], int | None]
"""Takes the id of a reply, and returns the gap of its question; None where there is none."""


@dataclass(frozen=True)
class Requests:
    """What becomes of a question to somebody: who is asked, what they answer, and its gap."""

    asking: ExpertAsking
    answers: ExpertAnswers
    gap_of: GapOf


class ExpertActions:
    """Has somebody asked, opens the form of an answer and takes it."""

    def __init__(
        self,
        store: Store,
        client: WebClient,
        requests: Requests,
        names: MemberNames,
        conflicts: Conflicts,
        rights: Rights,
        redraw_home: Callable[[str], object] = lambda _user: None,
    ) -> None:
        """`redraw_home` draws the Home tab of a person anew, by their id."""
        self._store = store
        self._client = client
        self._asking = requests.asking
        self._answers = requests.answers
        self._gap_of = requests.gap_of
        self._names = names
        self._redraw_home = redraw_home
        self._conflicts = conflicts
        self._confirmations = Confirmations(store, rights)

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons and the form."""
        app.action(buttons.ASK)(listener(dispatcher, self._ask))
        app.action(buttons.AGREE)(listener(dispatcher, self._agree))
        app.action(buttons.ANSWER)(listener(dispatcher, self._open_form))
        app.action(buttons.NOT_MINE)(listener(dispatcher, self._pass_on))
        app.action(buttons.NEVER_MIND)(listener(dispatcher, self._close))
        app.view(form.CALLBACK)(
            form_listener(dispatcher, form.read, self._teach, self._outcome, self._preview)
        )

    def _ask(self, click: Click) -> None:
        wanted = self._want(click, consent=False)
        if wanted.outcome == "consent":
            asks = with_buttons(escape(wanted.sentence), buttons.agree(click.value))
            send_ephemeral(self._client, click.recipient, asks)
            return
        send_ephemeral(self._client, click.recipient, MessageContent(escape(wanted.sentence)))
        if not click.recipient.channel:
            self._redraw_home(click.recipient.user)

    def _agree(self, click: Click) -> None:
        wanted = self._want(click, consent=True)
        replace_ephemeral(self._client, click.recipient, MessageContent(escape(wanted.sentence)))

    def _want(self, click: Click, *, consent: bool) -> Wanted:
        """Has somebody asked, where whoever clicked sees the question.

        Raises:
            InputError: the button is one of another conversation, or its question is gone.
            NotFoundError: there is no such reply or gap here.
        """
        read = buttons.wanted(click.value)
        if read is None:
            raise InputError(GONE)
        kind, key = read
        user, channel = click.recipient.user, click.recipient.channel
        gap: int | None = key
        if kind == "reply":
            if self._store.replies.get(key).channel != channel:
                raise InputError(GONE)
            gap = self._gap_of(key)
        if gap is None:
            raise InputError(GONE)
        reply = key if kind == "reply" else None
        place = place_of(user, channel)
        return self._asking.want(gap, user, reply, place, consent=consent)

    def _open_form(self, click: Click) -> None:
        request, _ = self._request(click)
        if not request.open:
            raise InputError(self._ended(request))
        view = form.form(request, click.recipient, self._answers.limits)
        self._client.views_open(trigger_id=click.trigger, view=view)

    def _pass_on(self, click: Click) -> None:
        """Looks for the next best expert; in a channel, where others may answer, for nobody."""
        request, message = self._request(click)
        if not request.open:
            raise InputError(self._ended(request))
        if message.target == message.channel:
            send_ephemeral(self._client, click.recipient, MessageContent(OTHERS_MAY))
            return
        with self._store.connections.write():
            if self._store.expert_requests.move(request.id, "wanted", of=("asked",)):
                self._store.expert_messages.move(message.id, "passed")

    def _close(self, click: Click) -> None:
        request, _ = self._request(click)
        if not self._store.expert_requests.move(request.id, "closed"):
            raise InputError(self._ended(self._store.expert_requests.get(request.id)))

    def _request(self, click: Click) -> tuple[ExpertRequest, ExpertMessage]:
        """Returns the request of a button, which must stand in the message that was pressed.

        Raises:
            InputError: it does not, or somebody else was asked.
        """
        recipient = click.recipient
        request_id = buttons.request_of(click.value)
        message = self._store.expert_messages.at(request_id, recipient.channel, click.ts)
        if message is None or message.target not in (recipient.channel, recipient.user):
            raise InputError(GONE)
        return self._store.expert_requests.get(request_id), message

    def _ended(self, request: ExpertRequest) -> str:
        if request.answered_by is None:
            return ENDED
        return f"{self._name(request.answered_by)} has answered that already: thank you."

    def _teach(self, filled: ExpertAnswer) -> Taught:
        return self._answers.teach(filled.answer)

    def _outcome(self, filled: ExpertAnswer, taught: Taught) -> MessageContent:
        """Returns what the expert is told: the result, or buttons where they are asked."""
        request = self._store.expert_requests.get(filled.answer.request_id)
        person, others = filled.answer.person, ""
        if request.answered_by not in (None, person):
            others = f"{escape(self._name(request.answered_by or ''))} has answered it meanwhile."
        if taught.status in UNDECIDED:
            lesson = self._answers.lesson(filled.answer)
            audience = place_of(person, filled.recipient.channel)
            asked = self._conflicts.ask("typed", lesson, taught, audience=audience)
            if not others:
                return asked
            return MessageContent(f"{others}\n{asked.text}", (section(others), *asked.blocks))
        text = self._confirmations.text(taught, filled.recipient)
        if not others and taught.status in ("approved", "duplicate"):
            others = SENT
        elif not others and taught.status in ("pending", "quarantined"):
            others = LATER
        return MessageContent(f"{text} {others}".strip())

    def _preview(self, filled: ExpertAnswer, taught: Taught) -> View:
        request = self._store.expert_requests.get(filled.answer.request_id)
        _, answer = taught.preview or ("", filled.answer.text)
        return form.form(
            replace(request, question=taught.preview[0] if taught.preview else request.question),
            filled.recipient,
            self._answers.limits,
            answer=answer,
            whom=filled.answer.whom,
            taken_out=taught.redacted,
        )

    def _name(self, person: str) -> str:
        return shorten(name(self._names.name(person)), 80)
