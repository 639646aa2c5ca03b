"""Posts answers where their questions were asked, each once. Called again and again."""

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block

from bot.answers.retrieval import in_force
from bot.errors import NotFoundError
from bot.privacy.consent import Privacy
from bot.slack.answers.footer import ReplyFooter
from bot.slack.experts.posted import find_posted
from bot.slack.messages import posting
from bot.slack.messages.blocks import FALLBACK_LIMIT, SECTION_LIMIT, section
from bot.slack.messages.markdown import mrkdwn
from bot.slack.messages.mrkdwn import escape, name, shorten, split
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.member_names import MemberNames
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage
from bot.store import Example, Store
from bot.store.questions.expert_messages import ExpertDelivery
from bot.store.questions.gaps import covers

log = structlog.get_logger(__name__)
AT_ONCE = 50
"""Answers that one round posts at most."""


class AnswerTeller:
    """Tells answers to those who wait; called by one thread."""

    def __init__(
        self,
        store: Store,
        client: WebClient,
        names: MemberNames,
        footer: ReplyFooter,
        privacy: Privacy,
    ) -> None:
        self._store = store
        self._client = client
        self._names = names
        self._footer = footer
        self._privacy = privacy

    def tell(self) -> None:
        """Posts what is due.

        Raises:
            SlackClientError, OSError: Slack is away; the next round goes on.
        """
        for delivery in self._store.expert_deliveries.due(AT_ONCE):
            self._tell(delivery)

    def _tell(self, delivery: ExpertDelivery) -> None:
        deliveries = self._store.expert_deliveries
        if delivery.state == "sending" and self._there_already(delivery):
            deliveries.move(delivery.id, "sent")
            return
        lesson = self._lesson(delivery)
        if lesson is None:
            deliveries.move(delivery.id, "refused")
            return
        deliveries.move(delivery.id, "sending")
        place = Place(delivery.channel, delivery.thread or None)
        try:
            posting.say(self._client, place, self._content(delivery, lesson))
        except SLACK_TROUBLE as error:
            if is_outage(error):
                raise
            log.warning("an answer was refused", error=type(error).__name__, code=code_of(error))
            deliveries.move(delivery.id, "refused")
        else:
            deliveries.move(delivery.id, "sent")

    def _lesson(self, delivery: ExpertDelivery) -> Example | None:
        """Returns the lesson if it may still be told there, to a question that still stands."""
        try:
            lesson = self._store.examples.get(delivery.lesson_id)
            reply = self._store.replies.get(delivery.reply_id)
        except NotFoundError:
            return None
        told = covers(lesson.for_whom, reply.source, delivery.channel, reply.person)
        open_ = reply.question and self._privacy.listens(delivery.channel)
        return lesson if told and open_ and in_force(lesson) else None

    def _there_already(self, delivery: ExpertDelivery) -> bool:
        block = _block_id(delivery)
        thread = delivery.thread or None
        return find_posted(self._client, delivery.channel, thread, block, delivery.at) is not None

    def _content(self, delivery: ExpertDelivery, lesson: Example) -> MessageContent:
        request = self._store.expert_requests.get(delivery.request_id)
        answered = request.answered_by == lesson.author
        named = self._names.name if answered else self._names.author
        who = shorten(escape(name(named(lesson.author))), 80)
        did = "answered" if answered else "taught me that meanwhile"
        text = f"*{who} {did}:*\n{mrkdwn(lesson.completion, self._store.places.named)}"
        blocks: list[Block] = [section(piece) for piece in split(text, SECTION_LIMIT)]
        blocks.append(self._footer.of_lesson(lesson, _block_id(delivery)))
        return MessageContent(shorten(text, FALLBACK_LIMIT), tuple(blocks))


def _block_id(delivery: ExpertDelivery) -> str:
    return f"expert_answer_{delivery.id}"
