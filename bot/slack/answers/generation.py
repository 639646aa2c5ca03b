"""Generates the answer to a question and streams it into its thread."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial

from bot.answers.assistant import Assistant
from bot.answers.planning import AnswerPlan
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
        busy: Callable[[], bool],
    ) -> None:
        """`busy` says whether others wait for the model: what was taught does not wait for it."""
        self._store = store
        self._assistant = assistant
        self._context = context
        self._footer = footer
        self._review = review
        self._busy = busy

    def begin(
        self,
        question: Question,
        message: IncomingMessage,
        answer: InFlightAnswer,
        live: LiveAnswer,
    ) -> Callable[[], object] | None:
        """Answers `question` where that needs no model.

        Args:
            question: what the assistant is asked; the thread's context is added here.
            message: the message that asked.
            answer: the answer in flight.
            live: the display of `answer`.

        Returns:
            What is left to do where a model answers: it shows the answer until somebody ends it.
            None where the answer is given. Both raise the same.

        Raises:
            NightschoolError: the engine failed, or the store could not note the answer.
            SlackClientError, OSError: Slack refuses, or stayed away.
        """
        asked = replace(question, context=self._context.before(message))
        plan = self._assistant.plan(asked)
        if plan.lesson and self._busy():
            plan = plan.without_model()
        show = partial(self._show, asked, plan, message, answer, live)
        if plan.model is not None:
            return show
        show()
        return None

    def _show(
        self,
        asked: Question,
        plan: AnswerPlan,
        message: IncomingMessage,
        answer: InFlightAnswer,
        live: LiveAnswer,
    ) -> None:
        with closing(self._assistant.stream(asked, plan=plan)) as pieces:
            for piece in pieces:
                if isinstance(piece, Reply):
                    self._give(piece, message, answer, live)
                elif answer.ended:
                    return  # closing the stream stops the generation
                elif not plan.whole:
                    live.add(piece)

    def _give(
        self, reply: Reply, message: IncomingMessage, answer: InFlightAnswer, live: LiveAnswer
    ) -> None:
        footer = self._footer.below(reply, message.files)
        if not reply.text and reply.source == "none":  # it is declined in silence
            given = answer.give()
            if given:
                live.take_back()
        else:
            noted = partial(self._note_places, reply, answer)
            given = live.finish(reply.text, footer, noted)
        if not given:
            self._store.replies.blank(reply.id)  # nobody sees it, so nothing of it is kept
        elif reply.text or reply.source != "none":
            self._note_places(reply, answer)
            self._review.look()

    def _note_places(self, reply: Reply, answer: InFlightAnswer) -> None:
        for ts in answer.stamps:
            self._assistant.posted(reply.id, answer.place.channel, ts)
