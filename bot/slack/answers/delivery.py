"""A promise of an answer: the slow work, a last word whatever comes of it, and what a restart owes.

Somebody who asked hears something: the answer, an apology, or that the bot was switched off.
"""

import contextlib
from collections.abc import Callable

from slack_sdk.errors import SlackApiError

from bot.slack.dependencies import Services
from bot.slack.messages import blocks, posting
from bot.slack.messages.multipart import MultipartMessage
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.in_flight import InFlightAnswer
from bot.slack.transport.errors import SLACK_TROUBLE, explain
from bot.slack.transport.executors import BUSY, SLOW, SLOW_WAITING, BusyError, ClosedError
from bot.slack.transport.retry import is_outage, outlast
from bot.store.pending_answers import PendingAnswer

SWITCHED_OFF = ":zzz: I was switched off before I could answer. Please ask me again."
SLACK_WAS_AWAY = ":zzz: Slack was away when I had the answer. Please ask me again."
OPEN = SLOW + SLOW_WAITING
"""Answers that may be owed at once, those that wait for their turn in a thread included."""
RENEW_SECONDS = 60.0
"""Slack takes a status away after two minutes."""

Work = Callable[[InFlightAnswer], None]
"""It posts what was promised, in the messages of the answer."""


def apologise(answer: InFlightAnswer, error: Exception, doing: str) -> None:
    """Has the last word about what went wrong; never raises."""
    if not answer.end():
        return
    sorry = blocks.sorry(error, doing)
    try:
        answer.say_last(sorry)
    except SLACK_TROUBLE as silence:
        answer.owed = is_outage(silence)
        explain(silence, f"apologise for {doing}")


def keep(services: Services, answer: InFlightAnswer, work: Callable[[], None], doing: str) -> None:
    """Has `work` done in the slow lane, after what was asked before in the same thread.

    It takes no place in the lane until then: one busy thread holds up no other.
    """

    def run() -> None:
        with services.in_flight.finishing(answer):
            if answer.ended:
                return
            try:
                work()
            except Exception as error:  # noqa: BLE001  whatever it is, people hear of it
                if answer.ended and isinstance(error, SLACK_TROUBLE):
                    # It was to be given, and Slack stayed away for longer than anybody waits.
                    answer.owed = is_outage(error)
                    explain(error, doing)
                apologise(answer, error, doing)

    def submit() -> None:
        with contextlib.suppress(ClosedError):  # break_promises tells them
            services.executors.slow.promised(run)

    if len(services.in_flight.all()) > OPEN:
        with services.in_flight.finishing(answer):
            apologise(answer, BusyError(BUSY), doing)
        return
    answer.in_turn(submit)


def promise(
    services: Services, place: Place, placeholder: str | None, work: Work, doing: str, person: str
) -> None:
    """Keeps a promise that was made with a placeholder; what fails is told in its stead."""
    answer = services.in_flight.promise(place, person, placeholder)
    answer.stamps = [placeholder] if placeholder else []

    def say_last(word: MessageContent) -> None:
        def say() -> None:
            posting.replace(services.client, place, placeholder, [word])

        outlast(say, services.closing)

    def take_back() -> None:
        for ts in answer.stamps:
            posting.delete(services.client, place.channel, ts)

    answer.say_last = say_last
    answer.take_back = take_back
    keep(services, answer, lambda: work(answer), doing)


def break_promises(services: Services) -> None:
    """Tells everybody who still waits that they wait in vain; what fails, the next start tells."""
    for answer in services.in_flight.all():
        told = True
        if answer.end():
            try:
                answer.say_last(MessageContent(SWITCHED_OFF))
            except SLACK_TROUBLE as error:
                told = False
                explain(error, "break a promise")
        services.in_flight.finish(answer, told=told)


def tell_who_waited(services: Services) -> None:
    """Tells those whose answer died with the process before this one."""
    for note in services.store.pending_answers.all():
        try:
            _tell(services, note)
        except SlackApiError as error:
            explain(error, "tell who waited")
            if is_outage(error):
                continue
        except SLACK_TROUBLE as error:
            explain(error, "tell who waited")
            continue
        services.store.pending_answers.done(note.id)


def tell_owed(services: Services) -> None:
    """Tells those whose answer could not be given because Slack was away, once it is back."""
    owed = services.in_flight.owed()
    for note in services.store.pending_answers.all() if owed else ():
        if note.id not in owed:
            continue
        try:
            _tell(services, note, SLACK_WAS_AWAY)
        except SLACK_TROUBLE as error:
            explain(error, "tell who is owed an answer")
            if is_outage(error):
                continue
        services.in_flight.settle(note.id)


def keep_alive(services: Services) -> None:
    """Shows again and again that what was asked is being answered, until everything closes."""
    while not services.closing.wait(RENEW_SECONDS):
        tell_owed(services)
        for answer in services.in_flight.all():
            if not answer.ended:
                answer.show_life()


def _tell(services: Services, note: PendingAnswer, word: str = SWITCHED_OFF) -> None:
    place = Place(note.channel, note.thread)
    stamps = [note.placeholder] if note.placeholder else []
    if note.placeholder:
        try:
            # Half an answer stays, with the word below it.
            services.client.chat_stopStream(
                channel=note.channel, ts=note.placeholder, markdown_text=f"\n\n{word}"
            )
        except SlackApiError as error:
            if is_outage(error):
                raise
        else:
            return
    own = services.identity.user
    MultipartMessage(services.client, place, own, "", lambda _: None, stamps).put(
        [MessageContent(word)]
    )
