"""Messages are posted without noise, replace their placeholder, and reach whoever ran a command."""

from slack_sdk import WebClient

from bot.slack.messages import posting
from bot.slack.messages.blocks import section
from bot.slack.messages.posting import MessageContent, Place
from tests.slack_server import SlackServer
from tests.slack_server.workspace import ANNA, ELSEWHERE, GENERAL

HERE = Place(GENERAL)


def texts(slack: SlackServer) -> list[str]:
    return [message.text for message in slack.bot_messages()]


def test_a_message_goes_into_its_thread_without_previews(
    slack: SlackServer, client: WebClient
) -> None:
    asked = slack.send_message("Well?")
    ts = posting.say(client, Place(GENERAL, asked.ts), MessageContent("See https://a.example"))
    (message,) = slack.bot_messages(thread=asked.ts)
    assert message.ts == ts
    assert not message.unfurl


def test_a_name_in_a_message_notifies_nobody(slack: SlackServer, client: WebClient) -> None:
    ts = posting.say(client, HERE, MessageContent("@channel"))
    posting.replace(client, HERE, ts, [MessageContent("@here")])
    assert not any(message.rang for message in slack.bot_messages())


def test_a_placeholder_that_slack_refuses_is_none(slack: SlackServer, client: WebClient) -> None:
    assert posting.sign_of_life(client, Place(ELSEWHERE)) is None
    ts = posting.sign_of_life(client, HERE)
    assert [(m.ts, m.text) for m in slack.bot_messages()] == [(ts, posting.THINKING)]


def test_the_first_piece_replaces_the_placeholder_and_the_others_follow(
    slack: SlackServer, client: WebClient
) -> None:
    placeholder = posting.sign_of_life(client, HERE)
    pieces = [MessageContent("one", (section("one"),)), MessageContent("two")]
    stamps = posting.replace(client, HERE, placeholder, pieces)
    assert texts(slack) == ["one", "two"]
    assert stamps == [message.ts for message in slack.bot_messages()]
    assert stamps[0] == placeholder
    assert len(slack.bot_messages()[0].blocks) == 1


def test_a_placeholder_that_cannot_be_changed_is_deleted_and_all_is_posted(
    slack: SlackServer, client: WebClient
) -> None:
    placeholder = posting.sign_of_life(client, HERE)
    slack.fail("chat.update", "cant_update_message")
    stamps = posting.replace(client, HERE, placeholder, [MessageContent("one")])
    assert texts(slack) == ["one"]
    assert placeholder not in stamps


def test_without_a_placeholder_all_pieces_are_posted(slack: SlackServer, client: WebClient) -> None:
    stamps = posting.replace(client, HERE, None, [MessageContent("one"), MessageContent("two")])
    assert texts(slack) == ["one", "two"]
    assert len(stamps) == 2
    assert slack.calls_of("chat.delete") == []


def test_a_command_is_answered_to_its_author_alone(slack: SlackServer, client: WebClient) -> None:
    posting.tell(client, ANNA, slack.response_url(GENERAL, ANNA), MessageContent("For you"))
    assert texts(slack) == []
    (message,) = slack.bot_messages(ephemeral_to=ANNA)
    assert (message.channel, message.text) == (GENERAL, "For you")


def test_an_address_that_has_expired_becomes_a_direct_message(
    slack: SlackServer, client: WebClient
) -> None:
    url = slack.response_url(GENERAL, ANNA)
    slack.forget_response_urls()
    posting.tell(client, ANNA, url, MessageContent("For you"))
    (message,) = slack.bot_messages()
    assert message.channel == slack.workspace.direct(ANNA).id


def test_whoever_cannot_be_told_raises_nothing(slack: SlackServer, client: WebClient) -> None:
    url = slack.response_url(GENERAL, ANNA)
    slack.forget_response_urls()
    slack.fail("chat.postMessage", "user_not_found")
    posting.tell(client, ANNA, url, MessageContent("For you"))
    posting.delete(client, GENERAL, "1.0")
    assert texts(slack) == []


def test_an_answer_to_a_click_replaces_its_message_only_where_it_should(
    slack: SlackServer, client: WebClient
) -> None:
    ts = posting.say(client, HERE, MessageContent("Press"))
    pressed = slack.workspace.message(GENERAL, ts)
    url = slack.response_url(GENERAL, ANNA, pressed)
    assert posting.respond(url, MessageContent("Beside"))
    assert texts(slack) == ["Press"]
    assert posting.respond(url, MessageContent("Instead"), replace=True)
    assert texts(slack) == ["Instead"]
