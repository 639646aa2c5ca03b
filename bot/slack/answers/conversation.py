"""A person's message becomes an answer in its thread: who is meant, once, and never silence."""

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from bot.answers.questions import Question, Reply
from bot.privacy.consent import MUTED
from bot.slack.answers import comparison
from bot.slack.answers.delivery import apologise, keep
from bot.slack.answers.footer import foot
from bot.slack.answers.streaming import LiveAnswer
from bot.slack.answers.thread_context import said_before
from bot.slack.dependencies import Services
from bot.slack.events.message import IncomingMessage
from bot.slack.messages import blocks, posting
from bot.slack.messages.ephemeral import Recipient, send_ephemeral
from bot.slack.messages.mrkdwn import mentioned, readable
from bot.slack.messages.posting import MessageContent
from bot.slack.state.in_flight import InFlightAnswer

HELLOS = ("", "help", "what can you do")
"""Answered by us: a model does not know what it can do."""
STOPS = ("stop", "stop it", "stop please", "please stop", "cancel", "never mind", "nevermind")
STOPPED = ":octagonal_sign: Stopped."
NOTHING_TO_STOP = "There is nothing to stop: I am not answering anything here."
ONLY_FILES = "I cannot read files, only words. Put your question into words, please."
_COMPARE = re.compile(r"compare\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)


def hear(services: Services, message: IncomingMessage) -> None:
    """Takes a message that is meant for the bot, shows that it did, and leaves it to be answered.

    The message and the app_mention event of the same words both come here, in no fixed order;
    a redelivered one does too. The first takes it.
    """
    if not is_meant(services, message):
        services.threads.keep_early(message)
        if not is_meant(services, message):  # its thread may have begun just now
            return
    if not services.privacy.listens(message.channel):
        if services.store.handled_events.claim(message.key):
            _say_muted(services, message)
        return
    taken = services.in_flight.take(message)
    if taken is None:
        return
    answer, newest = taken
    if newest is None or not (newest == message or is_meant(services, newest)):
        # Deleted, or turned to somebody else, before we heard of it.
        services.in_flight.finish(answer)
        return
    answer_to(services, newest, answer)
    for early in services.threads.take_early(newest):
        services.executors.quick.submit(hear, services, early)


def _say_muted(services: Services, message: IncomingMessage) -> None:
    """In a channel that is not switched on: a word to who named the bot, that only they see."""
    if services.identity.user in mentioned(message.text):
        recipient = Recipient(
            message.user, message.channel, message.thread if message.reply else None
        )
        send_ephemeral(services.client, recipient, MessageContent(MUTED))


def is_meant(services: Services, message: IncomingMessage) -> bool:
    """Whether a message is for the bot: it is named, or alone with somebody, or in its thread."""
    named = services.identity.user in mentioned(message.text)
    return named or message.direct or services.threads.follows_up(message)


def answer_to(
    services: Services, message: IncomingMessage, answer: InFlightAnswer, stamps: Sequence[str] = ()
) -> None:
    """Answers a message that was taken; in the messages `stamps` where there are some already."""
    live = LiveAnswer(services, answer, stamps)
    try:
        _take(services, message, answer, live, stamps)
    except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
        with services.in_flight.finishing(answer):
            apologise(answer, error, "hear")


def _take(
    services: Services,
    message: IncomingMessage,
    answer: InFlightAnswer,
    live: LiveAnswer,
    stamps: Sequence[str],
) -> None:
    services.threads.heard(message)
    text = readable(message.text, services.identity.user, services.member_names.name)
    plain = text.lower().rstrip("?!. ")
    if plain in STOPS:
        _say_at_once(services, answer, _stop(services, message, answer))
    elif not text and message.files:
        _say_at_once(services, answer, MessageContent(ONLY_FILES))
    elif plain in HELLOS:
        _say_at_once(services, answer, blocks.greeting())
    elif wanted := _COMPARE.fullmatch(text):
        _compare(services, message, answer, wanted[1], stamps)
    else:
        live.show_life()
        question = Question(
            text, message.user, message.channel, message.thread, source="slack", ts=message.ts
        )
        keep(services, answer, lambda: _answer(services, question, message, answer, live), "answer")


def _say_at_once(services: Services, answer: InFlightAnswer, piece: MessageContent | None) -> None:
    with services.in_flight.finishing(answer):
        if piece is not None and answer.end():
            answer.say_last(piece)


def _stop(
    services: Services, message: IncomingMessage, answer: InFlightAnswer
) -> MessageContent | None:
    """Stops what is being answered in this thread; said outside of one, whatever they asked."""
    others = services.in_flight.in_thread(answer.place)
    if not message.reply:
        others = services.in_flight.of_person(message.channel, message.user)
    stopped = False
    for other in others:
        if other is not answer and other.end():
            stopped = True
            other.say_last(MessageContent(STOPPED))
    return None if stopped else MessageContent(NOTHING_TO_STOP)


def _compare(
    services: Services,
    message: IncomingMessage,
    answer: InFlightAnswer,
    text: str,
    stamps: Sequence[str],
) -> None:
    place = answer.place
    question = Question(text, message.user, message.channel, None, source="slack", ts=message.ts)
    if not stamps and (placeholder := posting.sign_of_life(services.client, place)) is not None:
        services.in_flight.shown(answer, placeholder)

    def say_last(word: MessageContent) -> None:
        shown = list(answer.stamps)
        posting.replace(services.client, place, shown[0] if shown else None, [word])
        remove(shown[1:])

    def remove(shown: Sequence[str]) -> None:
        for ts in shown:
            posting.delete(services.client, place.channel, ts)

    answer.say_last = say_last
    answer.take_back = lambda: remove(answer.stamps)
    answer.hand_over = lambda: answer.stamps
    keep(
        services,
        answer,
        lambda: comparison.compare(services, question, text, place, answer),
        "compare",
    )


def _answer(
    services: Services,
    question: Question,
    message: IncomingMessage,
    answer: InFlightAnswer,
    live: LiveAnswer,
) -> None:
    asked = replace(question, context=said_before(services, message))
    with closing(services.assistant.stream(asked)) as pieces:
        for piece in pieces:
            if isinstance(piece, Reply):
                _give(services, piece, message, answer, live)
            elif answer.ended:
                return  # leaving the block frees the place at the model
            else:
                live.add(piece)


def _give(
    services: Services,
    reply: Reply,
    message: IncomingMessage,
    answer: InFlightAnswer,
    live: LiveAnswer,
) -> None:
    below = foot(services, reply, message.files)
    if not answer.end():
        services.store.replies.blank(reply.id)  # nobody sees it, so nothing of it is kept
        return
    for ts in answer.stamps:
        services.assistant.posted(reply.id, answer.place.channel, ts)
    live.finish(reply.text, below)
    for ts in answer.stamps:
        services.assistant.posted(reply.id, answer.place.channel, ts)
