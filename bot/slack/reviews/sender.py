"""Sends the weekly messages about due lessons, and keeps them up to date.

What is to be sent is a row of the store before, so that a failure of Slack, or a restart, loses
nothing: the next round goes on with it.
"""

import threading

import structlog
from slack_sdk import WebClient

from bot.lessons.reviews.due import DueLessons
from bot.slack.messages import posting
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.reviews.messages import Asked, review_message
from bot.slack.state.members import Members
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage
from bot.store import Store
from bot.store.examples.reviews import Review

log = structlog.get_logger(__name__)
AT_ONCE = 20
"""Messages that are sent or updated in one round at most."""


class ReviewSender:
    """Sends and updates the messages; safe from any thread."""

    def __init__(self, store: Store, due: DueLessons, client: WebClient, names: Members) -> None:
        self._store = store
        self._due = due
        self._client = client
        self._names = names
        self._sending = threading.Lock()

    def round(self) -> None:
        """Finds out what is due, asks whoever is to be asked, and updates what was decided."""
        with self._sending:
            self._due.look()
            self._due.prepare(self._names.gone)
            self._due.settle_decided()
            for review in self._store.reviews.unsent(AT_ONCE):
                if not self._sent(review):
                    return
            for review in self._store.reviews.outdated(self._due.answerable_since(), AT_ONCE):
                if not self._updated(review):
                    return

    def _sent(self, review: Review) -> bool:
        """Sends one message; returns False where Slack is away."""
        content, decided, waiting = self._content(review)
        place = ("", "")
        if waiting and not self._store.people.opted_out(review.recipient):
            try:
                place = posting.post(self._client, Place(review.recipient), content)
            except SLACK_TROUBLE as error:
                name = type(error).__name__
                log.warning("nobody was asked about lessons", error=name, code=code_of(error))
                if is_outage(error):
                    return False
        self._store.reviews.sent(review.id, *place)
        self._store.reviews.shows(review.id, decided)
        return True

    def _updated(self, review: Review) -> bool:
        """Writes into a message what was decided; returns False where Slack is away."""
        content, decided, _ = self._content(review)
        try:
            self._client.chat_update(
                channel=review.channel or "",
                ts=review.ts or "",
                text=content.text,
                blocks=list(content.blocks),
                parse="none",
                link_names=False,
            )
        except SLACK_TROUBLE as error:
            name = type(error).__name__
            log.warning("a message was not updated", error=name, code=code_of(error))
            if is_outage(error):
                return False
        self._store.reviews.shows(review.id, decided)
        return True

    def _content(self, review: Review) -> tuple[MessageContent, int, int]:
        """Returns the message, how many of its lessons are decided, and how many are shown."""
        lessons = self._store.reviews.lessons(review.id)
        waiting = self._due.shown(review.recipient, review.id)
        asked = Asked(review.id, review.recipient, waiting, lessons)
        content = review_message(asked, self._due.freshness, self._names.author)
        return content, sum(one.outcome is not None for one in lessons), len(waiting)
