"""A lesson keeps the permalink of the reply that it came from, and one only."""

from slack_sdk import WebClient

from bot.messages import Completion, Message
from bot.slack.messages import posting
from bot.slack.messages.permalinks import Permalinks
from bot.slack.messages.posting import MessageContent, Place
from bot.store import Store
from bot.store.examples.rows import NewExample
from tests.slack_server import SlackServer
from tests.slack_server.workspace import GENERAL


def shown_reply(client: WebClient, store: Store) -> tuple[int, str]:
    """A reply that was posted in two messages, and the permalink of the first."""
    reply = store.replies.add(
        Completion("In the yard.", "base", None, 1, 1, 0.1, "stop"),
        [Message("user", "Where is the car?")],
        source="slack",
        channel=GENERAL,
        thread="1.0",
        person="U1",
    )
    stamps = [posting.say(client, Place(GENERAL), MessageContent(text)) for text in ("one", "two")]
    for ts in stamps:
        store.replies.posted(reply.id, GENERAL, ts)
    first = stamps[0].replace(".", "")
    return reply.id, f"https://school.slack.com/archives/{GENERAL}/p{first}"


def lesson(store: Store, reply: int | None, permalink: str | None = None) -> int:
    new = NewExample("Where?", "Here.", "correction", "U1", reply_id=reply, permalink=permalink)
    return store.examples.add(new).id


def test_a_lesson_keeps_the_link_to_the_first_message_of_its_reply(
    client: WebClient, store: Store
) -> None:
    reply, link = shown_reply(client, store)
    example = lesson(store, reply)
    Permalinks(client, store).keep(example, reply)
    assert store.examples.get(example).permalink == link


def test_a_lesson_of_another_reply_or_with_a_link_stays_as_it_is(
    slack: SlackServer, client: WebClient, store: Store
) -> None:
    reply, _ = shown_reply(client, store)
    links = Permalinks(client, store)
    other, linked = lesson(store, None), lesson(store, reply, "https://a.example/")
    for example in (other, linked, None):
        links.keep(example, reply)
    assert store.examples.get(other).permalink is None
    assert store.examples.get(linked).permalink == "https://a.example/"
    assert slack.calls_of("chat.getPermalink") == []


def test_a_message_that_slack_does_not_know_has_no_link(client: WebClient, store: Store) -> None:
    links = Permalinks(client, store)
    assert links.of(GENERAL, "1.0") is None
    assert links.of_reply(7) is None
