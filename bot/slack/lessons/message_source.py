"""Reads a marked message of a person, and the question in its thread that it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from slack_sdk import WebClient

from bot.slack.events.message import TAKEN_SUBTYPES
from bot.slack.events.reaction import moment
from bot.slack.messages.permalinks import Permalinks
from bot.slack.state.member_names import MemberNames
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store.examples.provenance import SourceMessage

log = structlog.get_logger(__name__)
READ = 200
"""Messages of a thread that are searched for the question."""


@dataclass(frozen=True)
class ReadMessage:
    """A message of a person; `text` has names in place of user ids."""

    words: SourceMessage
    text: str


@dataclass(frozen=True)
class Passage:
    """A message and the question it answers, None where none was found.

    `permalink` leads to the answer.
    """

    answer: ReadMessage
    question: ReadMessage | None
    thread: str | None
    permalink: str | None = None


def is_of_a_person(message: dict[str, Any]) -> bool:
    """Returns whether a member wrote this message (no bot, no notice) and it has a text."""
    if message.get("bot_id") or message.get("bot_profile"):
        return False
    written = message.get("subtype") in TAKEN_SUBTYPES
    return bool(written and message.get("user") and (message.get("text") or "").strip())


class MessageSource:
    """Reads messages of people out of Slack."""

    def __init__(self, client: WebClient, names: MemberNames, permalinks: Permalinks) -> None:
        self._client = client
        self._names = names
        self._permalinks = permalinks

    def fetch(self, channel: str, ts: str) -> dict[str, Any] | None:
        """Returns one message as Slack sends it, in a thread or not; None where Slack refuses.

        `reactions.get` is the one method that returns any message by its time stamp.
        """
        try:
            answer = self._client.reactions_get(channel=channel, timestamp=ts)
        except SLACK_TROUBLE as error:
            log.info("a message was not read", error=type(error).__name__, code=code_of(error))
            return None
        message = answer.get("message")
        return message if isinstance(message, dict) and message.get("ts") == ts else None

    def passage(self, channel: str, message: dict[str, Any]) -> Passage:
        """Returns a message as the answer, with the question before it in its thread."""
        thread, ts = message.get("thread_ts"), message["ts"]
        before = self._before(channel, thread, ts) if thread and thread != ts else []
        asked = _question(before, message["user"])
        return Passage(
            self._read(channel, message),
            self._read(channel, asked) if asked else None,
            thread,
            self._permalinks.of(channel, ts),
        )

    def exchange(self, channel: str, question: str, answer: str) -> Passage | None:
        """Reads a question and its answer by their time stamps; None where one is gone.

        The permalink is left out: whoever teaches it asks Slack for it.
        """
        asked, answered = self.fetch(channel, question), self.fetch(channel, answer)
        if not (asked and answered and is_of_a_person(asked) and is_of_a_person(answered)):
            return None
        return Passage(
            self._read(channel, answered), self._read(channel, asked), answered.get("thread_ts")
        )

    def permalink(self, passage: Passage) -> Passage:
        """Returns a passage with the permalink of its answer, as far as Slack tells it."""
        words = passage.answer.words
        return replace(passage, permalink=self._permalinks.of(words.channel, words.ts))

    def _before(self, channel: str, thread: str, ts: str) -> list[dict[str, Any]]:
        try:
            answer = self._client.conversations_replies(
                channel=channel, ts=thread, latest=ts, limit=READ
            )
        except SLACK_TROUBLE as error:
            log.info("a thread was not read", error=type(error).__name__, code=code_of(error))
            return []
        messages = answer.get("messages") or []
        return [m for m in messages if moment(m.get("ts")) < moment(ts)]

    def _read(self, channel: str, message: dict[str, Any]) -> ReadMessage:
        text = self._names.readable(message["text"])
        return ReadMessage(SourceMessage(channel, message["ts"], message["user"]), text)


def _question(before: Sequence[dict[str, Any]], author: str) -> dict[str, Any] | None:
    """Returns the question that a message of `author` answers.

    It is the last message with a question mark, one of somebody else if there is any; without a
    question mark it is the first message of the thread.
    """
    people = [m for m in before if is_of_a_person(m)]
    asking = [m for m in people if "?" in m["text"]]
    others = [m for m in asking if m["user"] != author]
    return next(iter(others[-1:] or asking[-1:] or people[:1]), None)
