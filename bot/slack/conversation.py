"""A person's message becomes an answer in its thread: who is meant, once, and never silence."""

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from bot.assistant import Question, Reply
from bot.privacy import MUTED
from bot.slack import blocks, comparing, posting
from bot.slack.answering import apologise, keep
from bot.slack.context import said_before
from bot.slack.foot import foot
from bot.slack.incoming import Incoming
from bot.slack.live import Live
from bot.slack.posting import Piece
from bot.slack.services import Services
from bot.slack.text import mentioned, readable
from bot.slack.underway import Answer
from bot.slack.whispering import Ear, whisper

HELLOS = ("", "help", "what can you do")
"""Answered by us: a model does not know what it can do."""
STOPS = ("stop", "stop it", "stop please", "please stop", "cancel", "never mind", "nevermind")
STOPPED = ":octagonal_sign: Stopped."
NOTHING_TO_STOP = "There is nothing to stop: I am not answering anything here."
ONLY_FILES = "I cannot read files, only words. Put your question into words, please."
_COMPARE = re.compile(r"compare\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)


def hear(services: Services, message: Incoming) -> None:
    """Takes a message that is meant for the bot, shows that it did, and leaves it to be answered.

    The message and the app_mention event of the same words both come here, in no fixed order;
    a redelivered one does too. The first takes it.
    """
    if not is_meant(services, message):
        services.threads.keep_early(message)
        if not is_meant(services, message):  # its thread may have begun just now
            return
    if not services.privacy.listens(message.channel):
        if services.store.events.claim(message.key):
            _say_muted(services, message)
        return
    taken = services.underway.take(message)
    if taken is None:
        return
    answer, newest = taken
    if newest is None or not (newest == message or is_meant(services, newest)):
        # Deleted, or turned to somebody else, before we heard of it.
        services.underway.finish(answer)
        return
    answer_to(services, newest, answer)
    for early in services.threads.take_early(newest):
        services.lanes.quick.submit(hear, services, early)


def _say_muted(services: Services, message: Incoming) -> None:
    """In a channel that is not switched on: a word to who named the bot, that only they see."""
    if services.identity.user in mentioned(message.text):
        ear = Ear(message.user, message.channel, message.thread if message.reply else None)
        whisper(services.client, ear, Piece(MUTED))


def is_meant(services: Services, message: Incoming) -> bool:
    """Whether a message is for the bot: it is named, or alone with somebody, or in its thread."""
    named = services.identity.user in mentioned(message.text)
    return named or message.direct or services.threads.follows_up(message)


def answer_to(
    services: Services, message: Incoming, answer: Answer, stamps: Sequence[str] = ()
) -> None:
    """Answers a message that was taken; in the messages `stamps` where there are some already."""
    live = Live(services, answer, stamps)
    try:
        _take(services, message, answer, live, stamps)
    except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
        with services.underway.finishing(answer):
            apologise(answer, error, "hear")


def _take(
    services: Services, message: Incoming, answer: Answer, live: Live, stamps: Sequence[str]
) -> None:
    services.threads.heard(message)
    text = readable(message.text, services.identity.user, services.people.name)
    plain = text.lower().rstrip("?!. ")
    if plain in STOPS:
        _say_at_once(services, answer, _stop(services, message, answer))
    elif not text and message.files:
        _say_at_once(services, answer, Piece(ONLY_FILES))
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


def _say_at_once(services: Services, answer: Answer, piece: Piece | None) -> None:
    with services.underway.finishing(answer):
        if piece is not None and answer.end():
            answer.say_last(piece)


def _stop(services: Services, message: Incoming, answer: Answer) -> Piece | None:
    """Stops what is being answered in this thread; said outside of one, whatever they asked."""
    others = services.underway.in_thread(answer.place)
    if not message.reply:
        others = services.underway.of_person(message.channel, message.user)
    stopped = False
    for other in others:
        if other is not answer and other.end():
            stopped = True
            other.say_last(Piece(STOPPED))
    return None if stopped else Piece(NOTHING_TO_STOP)


def _compare(
    services: Services, message: Incoming, answer: Answer, text: str, stamps: Sequence[str]
) -> None:
    place = answer.place
    question = Question(text, message.user, message.channel, None, source="slack", ts=message.ts)
    if not stamps and (placeholder := posting.sign_of_life(services.client, place)) is not None:
        services.underway.shown(answer, placeholder)

    def say_last(word: Piece) -> None:
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
        lambda: comparing.compare(services, question, text, place, answer),
        "compare",
    )


def _answer(
    services: Services, question: Question, message: Incoming, answer: Answer, live: Live
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


def _give(services: Services, reply: Reply, message: Incoming, answer: Answer, live: Live) -> None:
    below = foot(services, reply, message.files)
    if not answer.end():
        services.store.replies.blank(reply.id)  # nobody sees it, so nothing of it is kept
        return
    for ts in answer.stamps:
        services.assistant.posted(reply.id, answer.place.channel, ts)
    live.finish(reply.text, below)
    for ts in answer.stamps:
        services.assistant.posted(reply.id, answer.place.channel, ts)
