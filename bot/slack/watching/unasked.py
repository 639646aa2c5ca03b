"""Answers without a mention, in channels where an admin has switched that on.

Only a message that begins a thread, is for nobody in particular and asks something is looked at.
It is answered where somebody has taught that and it is sure enough, once, in its thread; else the
bot is silent and nothing is stored. Each answer that gets a thumb down makes the channel stricter.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block, ContextBlock, MarkdownTextObject

from bot.answers.assistant import Assistant
from bot.answers.planning import AnswerPlan
from bot.answers.questions import Question, Reply
from bot.errors import NightschoolError
from bot.feedback.message_changes import MessageChanges
from bot.feedback.watching.questions import is_question
from bot.slack.answers.footer import ReplyFooter
from bot.slack.answers.intake import AnsweredPeople
from bot.slack.answers.streaming import with_footer
from bot.slack.events.message import IncomingMessage
from bot.slack.messages import posting
from bot.slack.messages.markdown import mrkdwn
from bot.slack.messages.mrkdwn import ChannelOf, mentioned, split
from bot.slack.messages.multipart import MultipartMessage
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.member_names import MemberNames
from bot.slack.transport.errors import (
    SLACK_TROUBLE,
    BusyError,
    ClosedError,
    code_of,
    log_failure,
)
from bot.slack.transport.executors import Executors
from bot.slack.transport.retry import is_outage, outlast
from bot.store import Store
from bot.store.channels import AutoMode

log = structlog.get_logger(__name__)
LATE_SECONDS = 300.0
"""A question that is heard of so long after it was written is left to people."""
KEPT = 2000
"""Messages and threads in memory, of which the oldest are dropped beyond that."""
TOLD_AT_ONCE = 20
"""Thumbs down whose consequence is told in one round at most."""
UNASKED = "I was not asked: a thumb down makes me stricter here"
GROUP = "<!subteam^"
STRICTER = (
    ":straight_ruler: Thank you, I take the hint: without a mention I answer in this channel only "
    "where I am at least {:.0%} sure, from now on."
)
ENDED = (
    ":zipper_mouth_face: Thank you, I take the hint: in this channel I answer only where I am "
    "asked, from now on. An admin may let me try again: `/nightschool channels auto reset`."
)


@dataclass(frozen=True)
class UnaskedParts:
    """What such answers are given with.

    Attributes:
        answered: says who is answered where.
        footer: builds what stands below an answer.
        changes: forgets what came of a wording that was edited.
        executors: run what finds a lesson, and what waits for the model.
        closing: is set when the service stops.
        channel_of: knows the channels whose names become links.
        clock: tells the time as Unix seconds.
    """

    store: Store
    assistant: Assistant
    client: WebClient
    names: MemberNames
    in_flight: InFlightAnswers
    answered: AnsweredPeople
    footer: ReplyFooter
    changes: MessageChanges
    executors: Executors
    closing: threading.Event
    channel_of: ChannelOf
    clock: Callable[[], float] = time.time


@dataclass(frozen=True)
class _Found:
    """A question that was taught, how sure that has to be, and how it is answered."""

    question: Question
    floor: float
    plan: AnswerPlan


class UnaskedAnswers:
    """Answers taught questions that are put to nobody in particular; safe from any thread."""

    def __init__(self, parts: UnaskedParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._joined: OrderedDict[tuple[str, str], None] = OrderedDict()
        """Threads in which somebody has replied."""
        self._guard = threading.Lock()
        self._revising = threading.Lock()

    def hear(self, message: IncomingMessage) -> None:
        """Looks at any message that people write; never raises for what Slack or a model does.

        Who is already helped by somebody in the thread is left to them.
        """
        if message.direct or self._mode(message.channel) is None:
            return
        if message.reply:
            with self._guard:
                _note(self._joined, (message.channel, message.thread))
            return
        if not self._is_for_anybody(message):
            return
        with self._guard:
            if not _note(self._seen, (message.channel, message.ts)):
                return
        with suppress(BusyError, ClosedError):  # nobody waits for it
            self._parts.executors.answers.submit(self._answer, message)

    def revise(self, message: IncomingMessage) -> None:
        """Follows the edit of a question that was answered so, which may be repeated.

        The answer is replaced where the new wording was taught as well, and taken back else.
        """
        if self._given(message):
            with suppress(BusyError, ClosedError):
                self._parts.executors.slow.submit(self._answer_again, message)

    def tell_stricter(self) -> None:
        """Says in their threads what follows from thumbs down; others wait for the next round."""
        channels = self._store.channels
        for number in channels.found_bad(TOLD_AT_ONCE):
            reply = self._store.replies.get(number)
            mode = channels.auto(reply.channel)
            if mode is not None and reply.messages:
                place = Place(reply.channel, reply.thread)
                text = ENDED if mode.floor is None else STRICTER.format(mode.floor)
                try:
                    posting.say(self._parts.client, place, MessageContent(text))
                except SLACK_TROUBLE as error:
                    log_failure(error, "say that I am stricter")
                    if is_outage(error):
                        return
            channels.told(number)

    def _is_for_anybody(self, message: IncomingMessage) -> bool:
        """Whether a message asks something of nobody in particular, and has just been written."""
        if message.files or mentioned(message.text) or GROUP in message.text:
            return False
        late = self._parts.clock() - float(message.ts) > LATE_SECONDS
        return not late and is_question(message.text)

    def _mode(self, channel: str) -> AutoMode | None:
        """Returns how strict a channel is; None where nothing is answered unasked."""
        mode = self._store.channels.auto(channel)
        return mode if mode is not None and mode.floor is not None else None

    def _answer(self, message: IncomingMessage) -> None:
        """Looks a question up, and answers it at once where that needs no model."""
        found = self._found(message)
        if found is None:
            return
        if self._parts.executors.busy:
            found = replace(found, plan=found.plan.without_model())
        if found.plan.model is None:
            self._answer_found(message, found)
            return
        with suppress(BusyError, ClosedError):  # nobody waits for it
            self._parts.executors.slow.submit(self._answer_found, message, found)

    def _answer_found(self, message: IncomingMessage, found: _Found) -> None:
        def wanted() -> bool:
            with self._guard:
                if (message.channel, message.thread) in self._joined:
                    return False
            newest = self._parts.in_flight.is_newest(message)
            return newest and self._store.handled_events.claim(message.key)

        reply = self._taught(found, wanted)
        if reply is not None:
            self._give(reply, message, ())

    def _answer_again(self, message: IncomingMessage) -> None:
        """Answers a new wording in the messages of the old answer, or deletes them."""
        with self._revising:  # so that the newest of several edits is the last
            given = self._given(message)
            if not given or not self._parts.in_flight.is_newest(message):
                return
            stamps = [ts for reply in given for _, ts in self._store.replies.places(reply)]
            self._parts.changes.question_edited(message.channel, message.ts)
            reply = None
            if self._is_for_anybody(message) and (found := self._found(message)) is not None:
                reply = self._taught(found, lambda: self._parts.in_flight.is_newest(message))
            if reply is not None:
                self._give(reply, message, stamps)
            else:
                self._delete(message.channel, stamps)

    def _given(self, message: IncomingMessage) -> list[int]:
        """Returns the replies to a message that it was given unasked, as far as they are shown."""
        replies = self._store.replies
        found = replies.to_question(message.channel, message.ts)
        return [one for one in found if self._store.channels.unasked(one) and replies.places(one)]

    def _found(self, message: IncomingMessage) -> _Found | None:
        """Returns how a question is answered; None where nobody taught it, or it may not be."""
        mode = self._mode(message.channel)
        if mode is None or mode.floor is None or self._parts.answered.refusal(message):
            return None
        question = Question(
            self._parts.names.readable(message.text),
            message.user,
            message.channel,
            message.thread,
            source="slack",
            ts=message.ts,
        )
        try:
            plan = self._parts.assistant.plan_if_taught(question, mode.floor)
        except NightschoolError as error:
            log.info("not looked up unasked", error=type(error).__name__)
            return None
        return _Found(question, mode.floor, plan) if plan is not None else None

    def _taught(self, found: _Found, wanted: Callable[[], bool]) -> Reply | None:
        """Returns the answer of a question, stored; None where it is not sure any more."""
        try:
            return self._parts.assistant.ask_if_taught(
                found.question, found.floor, wanted, found.plan
            )
        except NightschoolError as error:
            log.info("not looked up unasked", error=type(error).__name__)
            return None

    def _give(self, reply: Reply, message: IncomingMessage, stamps: Sequence[str]) -> None:
        """Posts an answer in the thread of its question; where Slack refuses, nothing is kept."""
        parts, place = self._parts, Place(message.channel, message.thread)

        def shown(ts: str) -> None:
            parts.assistant.posted(reply.id, message.channel, ts)

        self._store.channels.note_unasked(reply.id, message.channel)
        for ts in stamps:
            shown(ts)
        shows = MultipartMessage(parts.client, place, parts.names.own, message.ts, shown, stamps)
        pieces = with_footer(
            split(mrkdwn(reply.text, parts.channel_of).strip()), self._below(reply)
        )
        try:
            outlast(lambda: shows.put(pieces), parts.closing)
        except SLACK_TROUBLE as error:
            log.warning("no answer unasked", error=type(error).__name__, code=code_of(error))
            posted = False
        else:
            posted = parts.in_flight.is_newest(message)
        if not posted:
            self._delete(message.channel, shows.stamps)
            self._store.replies.blank(reply.id)

    def _below(self, reply: Reply) -> tuple[Block, ...]:
        source, *buttons = self._parts.footer.below(reply)
        note = ContextBlock(elements=[MarkdownTextObject(text=UNASKED, verbatim=True)])
        return source, note, *buttons

    def _delete(self, channel: str, stamps: Sequence[str]) -> None:
        for ts in stamps:
            posting.delete(self._parts.client, channel, ts)


def _note(kept: OrderedDict[tuple[str, str], None], key: tuple[str, str]) -> bool:
    """Notes a key; returns whether it is new. The oldest is dropped beyond KEPT."""
    new = key not in kept
    kept[key] = None
    kept.move_to_end(key)
    if len(kept) > KEPT:
        kept.popitem(last=False)
    return new
