"""Where the bot goes on without being named, and where it waits to be."""

from dataclasses import replace
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.slack.events.message import IncomingMessage
from bot.slack.state.threads import Threads
from bot.store import Store

BOT = "U0BOT"


class Beginning(WebClient):
    """A Slack in which every thread begins with the same words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.asked = 0

    def conversations_replies(self, **_: Any) -> Any:
        self.asked += 1
        return {"messages": [{"text": self.text}]}


def message(
    text: str, user: str = "U1", ts: str = "110.0", thread: str = "100.0"
) -> IncomingMessage:
    return IncomingMessage("C1", ts, thread, user, text, direct=False, reply=ts != thread)


@pytest.fixture
def people(store: Store) -> Threads:
    """A bot that U1 called into a thread of people."""
    threads = Threads(Beginning("Lunch?"), store, BOT)
    threads.heard(message(f"<@{BOT}> when is lunch?"))
    return threads


def test_who_called_it_goes_on_without_its_name_and_others_do_not(people: Threads) -> None:
    assert people.is_meant(message("And where?"))
    assert not people.is_meant(message("And where?", "U2"))
    assert people.is_meant(message(f"<@{BOT}> and where?", "U2"))


def test_words_to_somebody_else_are_not_for_it(people: Threads) -> None:
    assert not people.is_meant(message("<@U2> do you know?"))


def test_elsewhere_it_waits_to_be_named(people: Threads) -> None:
    assert not people.is_meant(message("And where?", thread="90.0"))
    assert not people.is_meant(message("And where?", ts="120.0", thread="120.0"))
    assert people.is_meant(replace(message("And where?", thread="90.0"), direct=True))


def test_in_a_thread_that_began_with_its_name_everybody_is_meant(store: Store) -> None:
    client = Beginning(f"<@{BOT}> lunch?")
    threads = Threads(client, store, BOT)
    threads.heard(message("A word."))
    assert threads.is_meant(message("And where?", "U2"))
    assert threads.is_meant(message("And when?", "U3"))
    assert client.asked == 1


def test_who_is_forgotten_has_called_it_nowhere(people: Threads) -> None:
    people.keep_early(message("And where?", ts="101.0"))
    people.forget("U1")
    assert not people.is_meant(message("And where?"))
    assert people.take_early(message("", ts="100.0")) == []


def test_words_that_overtake_their_beginning_are_kept_for_it(people: Threads) -> None:
    soon, late = message("Soon", ts="101.0"), message("Late", ts="140.0")
    for early in (soon, late, message("<@U2> hm", ts="102.0"), message("No thread", ts="100.0")):
        people.keep_early(early)
    assert people.take_early(message("", ts="100.0")) == [soon]
    assert people.take_early(message("", ts="100.0")) == []


def test_where_it_cannot_read_how_a_thread_began_it_waits_to_be_named(store: Store) -> None:
    class Away(Beginning):
        def conversations_replies(self, **_: Any) -> Any:
            raise ConnectionResetError

    threads = Threads(Away(""), store, BOT)
    threads.heard(message(f"<@{BOT}> when is lunch?"))
    assert not threads.is_meant(message("At noon?", "U2"))
