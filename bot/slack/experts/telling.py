"""Posts answers where their questions were asked, each once. Called again and again.

Each is a stored reply with its lesson behind it, as if it had been asked for now: so it can be
rated and explained, and later turns of its thread know it.
"""

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block

from bot.answers.questions import QUOTED
from bot.answers.retrieval import in_force
from bot.errors import NotFoundError
from bot.messages import Completion
from bot.privacy.consent import Privacy
from bot.slack.answers.footer import ReplyFooter
from bot.slack.experts.posted import find_posted
from bot.slack.messages import feedback_buttons, posting
from bot.slack.messages.blocks import FALLBACK_LIMIT, SECTION_LIMIT, section
from bot.slack.messages.markdown import mrkdwn
from bot.slack.messages.mrkdwn import escape, name, shorten, split
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.member_names import MemberNames
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage
from bot.store import Example, Store, StoredReply
from bot.store.questions.expert_messages import ExpertDelivery
from bot.store.questions.gaps import covers
from bot.store.replies import TOLD, Origin

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
        if delivery.state == "sending" and (ts := self._there_already(delivery)) is not None:
            self._sent(delivery, ts, self._store.expert_deliveries.told(delivery))
            return
        known = self._known(delivery)
        if known is None:
            self._refused(delivery)
            return
        lesson, asked = known
        with self._store.connections.write():
            reply = self._stored(delivery, lesson, asked)
            self._store.expert_deliveries.move(delivery.id, "sending")
        place = Place(delivery.channel, delivery.thread or None)
        try:
            ts = posting.say(self._client, place, self._content(delivery, lesson, reply))
        except SLACK_TROUBLE as error:
            if is_outage(error):
                raise
            log.warning("an answer was refused", error=type(error).__name__, code=code_of(error))
            self._refused(delivery)
        else:
            self._sent(delivery, ts, reply)

    def _sent(self, delivery: ExpertDelivery, ts: str, reply: int | None) -> None:
        with self._store.connections.write():
            if reply is not None and self._store.replies.get(reply).messages:
                self._store.replies.posted(reply, delivery.channel, ts)
            self._store.expert_deliveries.move(delivery.id, "sent")

    def _refused(self, delivery: ExpertDelivery) -> None:
        """Stores that nobody is told: what was stored to be told was never said."""
        with self._store.connections.write():
            if (reply := self._store.expert_deliveries.told(delivery)) is not None:
                self._store.replies.blank(reply)
            self._store.expert_deliveries.move(delivery.id, "refused")

    def _known(self, delivery: ExpertDelivery) -> tuple[Example, StoredReply] | None:
        """Returns the lesson if it may still be told there, and the question if it still stands."""
        try:
            lesson = self._store.examples.get(delivery.lesson_id)
            reply = self._store.replies.get(delivery.reply_id)
        except NotFoundError:
            return None
        told = covers(lesson.for_whom, reply.source, delivery.channel, reply.person)
        open_ = reply.question and self._privacy.listens(delivery.channel)
        return (lesson, reply) if told and open_ and in_force(lesson) else None

    def _stored(self, delivery: ExpertDelivery, lesson: Example, asked: StoredReply) -> int | None:
        """Stores the answer as a reply to its question; None where who asked has opted out."""
        if not self._privacy.keeps(asked.person):
            return None
        if (told := self._store.expert_deliveries.told(delivery)) is not None:
            return told
        return self._store.replies.add(
            Completion(lesson.completion, QUOTED, None, 0, 0, 0.0, TOLD),
            asked.messages[-1:],
            source=asked.source,
            channel=asked.channel,
            thread=asked.thread,
            person=asked.person,
            question_ts=asked.question_ts,
            origin=Origin([lesson.id], "taught"),
        ).id

    def _there_already(self, delivery: ExpertDelivery) -> str | None:
        block, thread = _block_id(delivery), delivery.thread or None
        return find_posted(self._client, delivery.channel, thread, block, delivery.at)

    def _content(
        self, delivery: ExpertDelivery, lesson: Example, reply: int | None
    ) -> MessageContent:
        request = self._store.expert_requests.get(delivery.request_id)
        answered = request.answered_by == lesson.author
        named = self._names.name if answered else self._names.author
        who = shorten(escape(name(named(lesson.author))), 80)
        did = "answered" if answered else "taught me that meanwhile"
        text = f"*{who} {did}:*\n{mrkdwn(lesson.completion, self._store.places.named)}"
        blocks: list[Block] = [section(piece) for piece in split(text, SECTION_LIMIT)]
        blocks.append(self._footer.of_lesson(lesson, _block_id(delivery)))
        if reply is not None:
            blocks.append(feedback_buttons.buttons(reply))
        return MessageContent(shorten(text, FALLBACK_LIMIT), tuple(blocks))


def _block_id(delivery: ExpertDelivery) -> str:
    return f"expert_answer_{delivery.id}"
