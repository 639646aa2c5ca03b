"""Decides what a message asks for: an answer, a comparison, a stop, or the list of commands."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from bot.answers.questions import Question
from bot.slack.answers.comparison import ModelComparisons
from bot.slack.answers.delivery import AnswerDelivery, apologise
from bot.slack.answers.generation import GeneratedAnswers
from bot.slack.answers.streaming import LiveAnswer, StreamingContext
from bot.slack.events.message import IncomingMessage
from bot.slack.messages import blocks
from bot.slack.messages.posting import MessageContent
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.in_flight_answer import InFlightAnswer
from bot.slack.state.member_names import MemberNames
from bot.slack.state.sessions import thread_title
from bot.slack.state.threads import Threads
from bot.slack.transport.errors import ClosedError

HELLOS = ("", "help", "what can you do")
"""Texts answered with the greeting: a model does not know what the bot can do."""
STOPS = ("stop", "stop it", "stop please", "please stop", "cancel", "never mind", "nevermind")
STOPPED = ":octagonal_sign: Stopped."
NOTHING_TO_STOP = "There is nothing to stop: I am not answering anything here."
ONLY_FILES = (
    "I cannot open files, only read words. Paste what it says, as text or as a text snippet, and "
    "ask me about it; or ask in words, and I look whether somebody taught me. To teach me what is "
    "in it: `/teach question => answer`. Many questions and answers at once, whoever runs me "
    "imports from a file: `nightschool examples import`."
)
_NAMED = re.compile(r"<(?:@|#|!subteam\^)")
_COMPARE = re.compile(r"compare\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)


class Conversation:
    """Answers the messages that `MessageIntake` and `MessageEdits` have taken."""

    def __init__(
        self,
        streaming: StreamingContext,
        in_flight: InFlightAnswers,
        names: MemberNames,
        threads: Threads,
        delivery: AnswerDelivery,
        generated: GeneratedAnswers,
        comparisons: ModelComparisons,
        later: Callable[[Callable[[], object]], object],
    ) -> None:
        """`later` runs what nobody waits for."""
        self._streaming = streaming
        self._in_flight = in_flight
        self._names = names
        self._threads = threads
        self._delivery = delivery
        self._generated = generated
        self._comparisons = comparisons
        self._later = later

    def answer(
        self, message: IncomingMessage, answer: InFlightAnswer, stamps: Sequence[str] = ()
    ) -> None:
        """Answers a message in the thread; never raises.

        Args:
            message: what a person wrote.
            answer: its answer in flight; it is finished here, or later in an executor.
            stamps: time stamps of messages that show an earlier answer, and are overwritten.
        """
        try:
            live = LiveAnswer(self._streaming, answer, stamps)
            self._take(message, answer, live, again=bool(stamps))
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            with self._in_flight.finishing(answer):
                apologise(answer, error, "hear")

    def _take(
        self,
        message: IncomingMessage,
        answer: InFlightAnswer,
        live: LiveAnswer,
        *,
        again: bool,
    ) -> None:
        self._threads.heard(message)
        # Slack may have to be asked for names: the sign does not wait for them, and has no title.
        untitled = self._has_names(message)
        if untitled:
            live.show_life()
        text = self._names.readable(message.text)
        plain = text.lower().rstrip("?!. ")
        if plain in STOPS:
            self._say_at_once(answer, self._stop(message, answer))
        elif not text and message.files:
            self._say_at_once(answer, MessageContent(ONLY_FILES))
        elif plain in HELLOS:
            self._say_at_once(answer, blocks.greeting())
        elif compared := _COMPARE.fullmatch(text):
            self._compare(message, answer, compared[1])
        else:
            answer.title = "" if message.reply else thread_title(text)
            question = Question(
                text, message.user, message.channel, message.thread, source="slack", ts=message.ts
            )
            begin = partial(self._generated.begin, question, message, answer, live)
            live.begin(lambda: self._delivery.keep_quick(answer, begin, "answer"))
            name = partial(
                self._streaming.sessions.name,
                answer.place,
                answer.title,
                direct=message.direct,
                again=again or untitled,
            )
            with suppress(ClosedError):  # the service stops
                self._later(name)

    def _has_names(self, message: IncomingMessage) -> bool:
        """Whether a question mentions others, or a channel; a comparison has its own sign."""
        text = message.text.replace(f"<@{self._names.own}>", "")
        return bool(_NAMED.search(text)) and not _COMPARE.match(text.strip())

    def _say_at_once(self, answer: InFlightAnswer, content: MessageContent | None) -> None:
        if content is not None and answer.give():
            answer.display.say_last(content)
        self._in_flight.finish(answer)

    def _stop(self, message: IncomingMessage, answer: InFlightAnswer) -> MessageContent | None:
        """Stops every answer in this thread; outside of one, every answer this person waits for.

        Returns:
            What to say where nothing was stopped; None where the stopped answers say it.
        """
        others = self._in_flight.in_thread(answer.place)
        if not message.reply:
            others = self._in_flight.of_person(message.channel, message.user)
        stopped = False
        for other in others:
            if other is not answer and other.stop(MessageContent(STOPPED)):
                stopped = True
                self._streaming.sessions.end(other.place)
        return None if stopped else MessageContent(NOTHING_TO_STOP)

    def _compare(self, message: IncomingMessage, answer: InFlightAnswer, text: str) -> None:
        question = Question(
            text, message.user, message.channel, None, source="slack", ts=message.ts
        )
        self._comparisons.promise(answer, question, "compare")
