"""An answer in several messages is put right in place, and stands there once."""

from collections.abc import Callable

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.messages import posting
from bot.slack.messages.multipart import MultipartMessage
from bot.slack.messages.posting import MessageContent, Place
from tests.slack_server import Message, SlackServer
from tests.slack_server.workspace import BOT, GENERAL

ONE, TWO, THREE = (MessageContent(text) for text in ("one", "two", "three"))
Build = Callable[..., MultipartMessage]


@pytest.fixture
def asked(slack: SlackServer) -> Message:
    """The question."""
    return slack.send_message("Well?")


@pytest.fixture
def shown() -> list[str]:
    """The messages that were noted."""
    return []


@pytest.fixture
def build(client: WebClient, asked: Message, shown: list[str]) -> Build:
    """Makes an answer to the question, in messages that exist where some are given."""

    def build(*stamps: str) -> MultipartMessage:
        place = Place(GENERAL, asked.ts)
        return MultipartMessage(client, place, BOT, asked.ts, shown.append, stamps)

    return build


def texts(slack: SlackServer) -> list[str]:
    return [message.text for message in slack.bot_messages()]


def test_each_piece_is_a_message_that_is_noted(
    slack: SlackServer, build: Build, shown: list[str]
) -> None:
    answer = build()
    answer.put([ONE, TWO])
    assert texts(slack) == ["one", "two"]
    assert shown == answer.stamps == [message.ts for message in slack.bot_messages()]


def test_messages_are_changed_in_place_and_those_left_over_deleted(
    slack: SlackServer, build: Build
) -> None:
    answer = build()
    answer.put([ONE, TWO])
    first = answer.stamps[0]
    answer.put([THREE])
    assert texts(slack) == ["three"]
    assert answer.stamps == [first]


def test_what_has_not_changed_is_not_sent_again(slack: SlackServer, build: Build) -> None:
    answer = build()
    answer.put([ONE])
    answer.put([ONE, TWO])
    answer.put([ONE, THREE])
    answer.put([ONE, THREE])
    assert len(slack.calls_of("chat.update")) == 1


def test_messages_of_an_earlier_answer_are_overwritten(
    slack: SlackServer, client: WebClient, asked: Message, build: Build
) -> None:
    old = posting.say(client, Place(GENERAL, asked.ts), ONE)
    build(old).put([TWO])
    assert [(message.ts, message.text) for message in slack.bot_messages()] == [(old, "two")]


def test_a_message_that_cannot_be_changed_is_posted_anew_with_all_after_it(
    slack: SlackServer, build: Build
) -> None:
    answer = build()
    answer.put([ONE, TWO])
    slack.fail("chat.update", "cant_update_message")
    answer.put([THREE, TWO])
    assert texts(slack) == ["three", "two"]


def test_a_message_whose_answer_was_lost_is_found_and_not_said_twice(
    slack: SlackServer, build: Build, shown: list[str]
) -> None:
    answer = build()
    slack.fail("chat.postMessage", "service_unavailable", status=503, applied=True)
    with pytest.raises(SlackApiError):
        answer.put([ONE, TWO])
    assert answer.lost
    answer.put([ONE, TWO])
    assert texts(slack) == ["one", "two"]
    assert shown == [message.ts for message in slack.bot_messages()]
    assert not answer.lost


def test_a_message_that_never_came_is_posted(slack: SlackServer, build: Build) -> None:
    answer = build()
    slack.fail("chat.postMessage", "service_unavailable", status=503)
    with pytest.raises(SlackApiError):
        answer.put([ONE])
    answer.put([ONE])
    assert texts(slack) == ["one"]


def test_a_refusal_leaves_nothing_to_look_for(slack: SlackServer, build: Build) -> None:
    answer = build()
    slack.fail("chat.postMessage", "invalid_blocks")
    with pytest.raises(SlackApiError):
        answer.put([ONE])
    assert not answer.lost


def test_only_a_message_of_the_bot_that_begins_so_is_taken_for_the_lost_one(
    slack: SlackServer, client: WebClient, asked: Message, build: Build, shown: list[str]
) -> None:
    answer = build()
    other = posting.say(client, Place(GENERAL, asked.ts), TWO)
    slack.send_message("one", thread=asked.ts)
    answer.may_be_lost("one and more")
    answer.put([THREE])
    assert other not in answer.stamps
    assert texts(slack) == ["two", "three"]
    assert shown == answer.stamps
    assert len(shown) == 1


def test_a_message_that_is_known_is_never_taken_for_the_lost_one(
    slack: SlackServer, build: Build
) -> None:
    answer, more = build(), MessageContent("one more")
    answer.put([ONE])
    slack.fail("chat.postMessage", "service_unavailable", status=503)
    with pytest.raises(SlackApiError):
        answer.put([ONE, more])
    answer.put([ONE, more])
    assert texts(slack) == ["one", "one more"]


def test_a_stream_is_ended_before_it_is_changed(
    slack: SlackServer, client: WebClient, asked: Message, build: Build, shown: list[str]
) -> None:
    begun = client.chat_startStream(
        channel=GENERAL,
        thread_ts=asked.ts,
        recipient_user_id="U0ANNA",
        recipient_team_id="T0SCHOOL",
    )
    answer = build()
    answer.opened(str(begun["ts"]))
    assert shown == [begun["ts"]]
    answer.put([ONE])
    assert texts(slack) == ["one"]
    assert answer.streaming == set()


def test_a_stream_is_ended_again_after_an_outage_and_not_after_a_refusal(
    slack: SlackServer, build: Build
) -> None:
    answer = build()
    answer.streaming.add("1.0")
    slack.fail("chat.stopStream", "service_unavailable", status=503)
    with pytest.raises(SlackApiError):
        answer.end_streams()
    assert answer.streaming == {"1.0"}
    slack.fail("chat.stopStream", "message_not_in_streaming_state")
    answer.end_streams()
    assert answer.streaming == set()


def test_all_messages_can_be_removed(slack: SlackServer, build: Build) -> None:
    answer = build()
    answer.put([ONE, TWO])
    answer.remove()
    assert texts(slack) == []
    assert answer.stamps == []
