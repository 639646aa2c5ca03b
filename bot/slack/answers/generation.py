"""Generates the answer to a question and streams it into its thread."""

from contextlib import closing
from dataclasses import replace

from bot.answers.assistant import Assistant
from bot.answers.questions import Question, Reply
from bot.lessons.review import ReviewBySize
from bot.slack.answers.footer import ReplyFooter
from bot.slack.answers.streaming import LiveAnswer
from bot.slack.answers.thread_context import ThreadContext
from bot.slack.events.message import IncomingMessage
from bot.slack.state.in_flight_answer import InFlightAnswer
from bot.store import Store


class GeneratedAnswers:
    """Asks the assistant, and shows the pieces of its answer as they come."""

    def __init__(
        self,
        store: Store,
        assistant: Assistant,
        context: ThreadContext,
        footer: ReplyFooter,
        review: ReviewBySize,
    ) -> None:
        self._store = store
        self._assistant = assistant
        self._context = context
        self._footer = footer
        self._review = review

    def write(
        self,
        question: Question,
        message: IncomingMessage,
        answer: InFlightAnswer,
        live: LiveAnswer,
    ) -> None:
        """Generates the answer to `question` and shows it, until somebody ends `answer`.

        Args:
            question: what the assistant is asked; the thread's context is added here.
            message: the message that asked.
            answer: the answer in flight.
            live: the display of `answer`.

        Raises:
            NightschoolError: the engine failed, or the store could not note the answer.
            SlackClientError, OSError: Slack refuses, or stayed away.
        """
        asked = replace(question, context=self._context.before(message))
        with closing(self._assistant.stream(asked)) as pieces:
            for piece in pieces:
                if isinstance(piece, Reply):
                    self._give(piece, message, answer, live)
                elif answer.ended:
                    return  # closing the stream stops the generation
                else:
                    live.add(piece)

    def _give(
        self, reply: Reply, message: IncomingMessage, answer: InFlightAnswer, live: LiveAnswer
    ) -> None:
        footer = self._footer.below(reply, message.files)
        if not answer.give():
            self._store.replies.blank(reply.id)  # nobody sees it, so nothing of it is kept
            return
        if not reply.text and reply.source == "none":
            live.take_back()  # it is declined in silence
            return
        self._note_places(reply, answer)
        live.finish(reply.text, footer)
        self._note_places(reply, answer)
        self._review.look()

    def _note_places(self, reply: Reply, answer: InFlightAnswer) -> None:
        for ts in answer.stamps:
            self._assistant.posted(reply.id, answer.place.channel, ts)
