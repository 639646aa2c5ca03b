"""One person is told, where they are, and nobody else sees it."""

import pytest
from slack_sdk import WebClient
from slack_sdk.models.blocks import ButtonElement

from bot.slack.messages import posting
from bot.slack.messages.blocks import SECTION_LIMIT, section
from bot.slack.messages.ephemeral import Recipient, replace_ephemeral, send_ephemeral, with_buttons
from bot.slack.messages.posting import MessageContent, Place
from tests.slack_server import SlackServer
from tests.slack_server.workspace import ANNA, ELSEWHERE, GENERAL

SECRET = MessageContent("For you")


def test_in_a_channel_the_answer_goes_to_the_address_of_the_click(
    slack: SlackServer, client: WebClient
) -> None:
    url = slack.response_url(GENERAL, ANNA)
    send_ephemeral(client, Recipient(ANNA, GENERAL, response_url=url), SECRET)
    assert len(slack.bot_messages(ephemeral_to=ANNA)) == 1
    assert slack.calls_of("chat.postEphemeral") == []
    assert slack.bot_messages() == []


def test_in_a_thread_the_answer_stands_in_the_thread(slack: SlackServer, client: WebClient) -> None:
    """An answer to the address of the click would stand in the channel."""
    thread = slack.send_message("Well?").ts
    url = slack.response_url(GENERAL, ANNA)
    send_ephemeral(client, Recipient(ANNA, GENERAL, thread, url), SECRET)
    (message,) = slack.bot_messages(ephemeral_to=ANNA)
    assert message.thread_ts == thread


def test_without_an_address_it_is_an_ephemeral_message(
    slack: SlackServer, client: WebClient
) -> None:
    send_ephemeral(client, Recipient(ANNA, GENERAL), SECRET)
    assert len(slack.calls_of("chat.postEphemeral")) == 1


@pytest.mark.parametrize("in_thread", [False, True])
def test_where_neither_way_leads_to_them_they_get_a_direct_message(
    slack: SlackServer, client: WebClient, in_thread: bool
) -> None:
    """The bot is not in the channel, and the address has expired."""
    thread = slack.send_message("Well?", channel=ELSEWHERE).ts if in_thread else None
    url = slack.response_url(ELSEWHERE, ANNA)
    slack.forget_response_urls()
    send_ephemeral(client, Recipient(ANNA, ELSEWHERE, thread, url), SECRET)
    (message,) = slack.bot_messages()
    assert message.channel == slack.workspace.direct(ANNA).id


def test_where_no_way_leads_to_them_nothing_is_raised(
    slack: SlackServer, client: WebClient
) -> None:
    slack.fail("chat.postMessage", "user_not_found")
    send_ephemeral(client, Recipient(ANNA, ELSEWHERE), SECRET)
    assert slack.bot_messages() == []


def test_an_answer_to_a_button_replaces_its_message(slack: SlackServer, client: WebClient) -> None:
    ts = posting.say(client, Place(GENERAL), MessageContent("Press"))
    url = slack.response_url(GENERAL, ANNA, slack.workspace.message(GENERAL, ts))
    replace_ephemeral(client, Recipient(ANNA, GENERAL, response_url=url), SECRET)
    assert [message.text for message in slack.bot_messages()] == ["For you"]
    slack.forget_response_urls()
    replace_ephemeral(client, Recipient(ANNA, GENERAL, response_url=url), SECRET)
    assert len(slack.bot_messages(ephemeral_to=ANNA)) == 1


def test_a_section_is_cut_to_what_slack_takes_and_links_no_names() -> None:
    shown = section("x" * (SECTION_LIMIT + 1)).to_dict()["text"]
    assert len(shown["text"]) == SECTION_LIMIT
    assert shown["verbatim"]


def test_buttons_stand_below_the_text_and_no_row_where_there_are_none() -> None:
    button = ButtonElement(text="Yes", action_id="yes", value="1")
    assert [block.type for block in with_buttons("Sure?", button).blocks] == ["section", "actions"]
    assert [block.type for block in with_buttons("Sure?").blocks] == ["section"]
