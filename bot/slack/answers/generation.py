"""The model answers a question, and people see the answer grow."""

from contextlib import closing
from dataclasses import replace

from bot.answers.assistant import Assistant
from bot.answers.questions import Question, Reply
from bot.slack.answers.footer import ReplyFooter
from bot.slack.answers.streaming import LiveAnswer
from bot.slack.answers.thread_context import ThreadContext
from bot.slack.events.message import IncomingMessage
from bot.slack.state.in_flight import InFlightAnswer
from bot.store import Store


class GeneratedAnswers:
    """Asks the assistant and shows what it says."""

    def __init__(
        self, store: Store, assistant: Assistant, context: ThreadContext, footer: ReplyFooter
    ) -> None:
        self._store = store
        self._assistant = assistant
        self._context = context
        self._footer = footer

    def write(
        self,
        question: Question,
        message: IncomingMessage,
        answer: InFlightAnswer,
        live: LiveAnswer,
    ) -> None:
        """Answers `question`, which `message` asked, in `live`, until somebody ends `answer`.

        Raises:
            NightschoolError: the engine failed.
            SlackClientError, OSError: Slack refuses, or stayed away.
        """
        asked = replace(question, context=self._context.before(message))
        with closing(self._assistant.stream(asked)) as pieces:
            for piece in pieces:
                if isinstance(piece, Reply):
                    self._give(piece, message, answer, live)
                elif answer.ended:
                    return  # leaving the block frees the place at the model
                else:
                    live.add(piece)

    def _give(
        self, reply: Reply, message: IncomingMessage, answer: InFlightAnswer, live: LiveAnswer
    ) -> None:
        footer = self._footer.below(reply, message.files)
        if not answer.give():
            self._store.replies.blank(reply.id)  # nobody sees it, so nothing of it is kept
            return
        self._note_places(reply, answer)
        live.finish(reply.text, footer)
        self._note_places(reply, answer)

    def _note_places(self, reply: Reply, answer: InFlightAnswer) -> None:
        for ts in answer.stamps:
            self._assistant.posted(reply.id, answer.place.channel, ts)
