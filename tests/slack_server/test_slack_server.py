"""The test's Slack refuses what Slack refuses, and delivers as Slack delivers."""

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, Self

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, SectionBlock
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.slack.manifest import manifest
from tests.slack_server import SlackServer
from tests.slack_server.workspace import (
    ANNA,
    BEN,
    BOT,
    CLEO,
    DIRECT,
    DORA,
    ELSEWHERE,
    GENERAL,
    GROUP,
    OTHER_TEAM,
    PRIVATE,
    SHARED,
    TEAM,
)


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer(manifest(), acknowledge_seconds=0.2) as server:
        yield server


@pytest.fixture
def client(slack: SlackServer) -> WebClient:
    return web_client(slack, slack.bot_token)


def web_client(slack: SlackServer, token: str | None) -> WebClient:
    client = WebClient(token=token, base_url=slack.api_url)
    client.proxy = None
    return client


def refusal(client: WebClient, method: str, **arguments: Any) -> str:
    """The error code of a call that must fail."""
    with pytest.raises(SlackApiError) as caught:
        client.api_call(method, json=arguments)
    return str(caught.value.response["error"])


class App:
    """A Socket Mode client that keeps what it gets, and acknowledges if it is told to."""

    def __init__(self, slack: SlackServer, *, acknowledges: bool = True) -> None:
        self.received: list[SocketModeRequest] = []
        self.acknowledges = acknowledges
        self.client = SocketModeClient(
            slack.app_token, web_client=web_client(slack, slack.bot_token)
        )
        self.client.proxy = None
        self.client.socket_mode_request_listeners.append(self._listen)
        self.client.connect()
        slack.wait_connected()

    def _listen(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        self.received.append(request)
        if self.acknowledges:
            client.send_socket_mode_response(SocketModeResponse(request.envelope_id))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        session = self.client.current_session
        assert session is not None
        self.client.current_session_state.terminated = True
        if session.sock is not None:
            # Else the thread that receives waits for three seconds more.
            session.sock.shutdown(socket.SHUT_RDWR)
        self.client.close()

    def events(self) -> list[dict[str, Any]]:
        return [request.payload["event"] for request in self.received]

    def event_ids(self) -> set[str]:
        return {request.payload["event_id"] for request in self.received}


def test_tokens_are_checked(slack: SlackServer, client: WebClient) -> None:
    assert client.auth_test()["user_id"] == BOT
    assert refusal(web_client(slack, None), "auth.test") == "not_authed"
    assert refusal(web_client(slack, "xoxb-else"), "auth.test") == "invalid_auth"
    assert refusal(client, "apps.connections.open") == "not_allowed_token_type"
    assert refusal(client, "no.such.method") == "unknown_method"


def test_scopes_are_those_of_the_manifest() -> None:
    less = manifest()
    less["oauth_config"]["scopes"]["bot"].remove("users:read")
    with SlackServer(less) as slack:
        assert refusal(web_client(slack, slack.bot_token), "users.info", user=ANNA) == (
            "missing_scope"
        )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": ELSEWHERE, "text": "x"}, "not_in_channel"),
        ({"channel": GENERAL}, "no_text"),
        ({"channel": GENERAL, "text": "x" * 40001}, "msg_too_long"),
        ({"channel": GENERAL, "text": "x", "thread_ts": "yesterday"}, "invalid_thread_ts"),
        ({"channel": GENERAL, "text": "x", "thread_ts": "1700000000.000001"}, "thread_not_found"),
        ({"channel": GENERAL, "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": GENERAL, "blocks": [{"type": "marquee"}]}, "invalid_blocks"),
        ({"channel": GENERAL, "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        (
            {"channel": GENERAL, "blocks": [SectionBlock(text="x" * 2900).to_dict()] * 5},
            "msg_blocks_too_long",
        ),
    ],
)
def test_messages_are_checked(client: WebClient, arguments: dict[str, Any], code: str) -> None:
    assert refusal(client, "chat.postMessage", **arguments) == code


def test_sections_have_a_limit(client: WebClient) -> None:
    for length, code in ((0, "invalid_blocks"), (3001, "invalid_blocks")):
        block = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}
        assert refusal(client, "chat.postMessage", channel=GENERAL, blocks=[block]) == code


def test_updates_have_a_limit_of_their_own(slack: SlackServer, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=GENERAL, text="x")["ts"]
    client.chat_update(channel=GENERAL, ts=ts, text="y" * 4000)
    assert refusal(client, "chat.update", channel=GENERAL, ts=ts, text="y" * 4001) == (
        "msg_too_long"
    )
    human = slack.send_message("mine")
    assert refusal(client, "chat.update", channel=GENERAL, ts=human.ts, text="y") == (
        "cant_update_message"
    )


def test_threads_hang_from_their_first_message(slack: SlackServer, client: WebClient) -> None:
    parent = slack.send_message("parent")
    reply = client.chat_postMessage(channel=GENERAL, text="reply", thread_ts=parent.ts)
    assert refusal(
        client, "chat.postMessage", channel=GENERAL, text="x", thread_ts=reply["ts"]
    ) == ("cannot_reply_to_message")
    thread = client.conversations_replies(channel=GENERAL, ts=parent.ts)["messages"]
    assert [message["text"] for message in thread] == ["parent", "reply"]
    history = client.conversations_history(channel=GENERAL)["messages"]
    assert [message["text"] for message in history] == ["parent"]
    assert reply["ts"] > parent.ts


def test_only_members_see_ephemeral_words(slack: SlackServer, client: WebClient) -> None:
    client.chat_postEphemeral(channel=GENERAL, user=BEN, text="psst")
    assert slack.bot_messages() == []
    assert len(slack.bot_messages(ephemeral_to=BEN)) == 1
    assert refusal(client, "chat.postEphemeral", channel=DIRECT, user=BEN, text="x") == (
        "user_not_in_channel"
    )


def test_reactions_are_given_once(slack: SlackServer, client: WebClient) -> None:
    message = slack.send_message("nice")
    where = {"channel": GENERAL, "timestamp": message.ts, "name": "tada"}
    client.api_call("reactions.add", json=where)
    assert refusal(client, "reactions.add", **where) == "already_reacted"
    shown = client.reactions_get(channel=GENERAL, timestamp=message.ts)["message"]
    assert shown["reactions"] == [{"name": "tada", "users": [BOT], "count": 1}]
    client.api_call("reactions.remove", json=where)
    assert refusal(client, "reactions.remove", **where) == "no_reaction"


def test_views_need_a_fresh_trigger(slack: SlackServer, client: WebClient) -> None:
    title = {"type": "plain_text", "text": "T"}
    view = {"type": "modal", "title": title, "blocks": [{"type": "divider"}]}
    assert refusal(client, "views.open", trigger_id="old", view=view) == "invalid_trigger_id"
    trigger = slack.send_command("/teach").payload["trigger_id"]
    client.views_open(trigger_id=trigger, view=view)
    assert refusal(client, "views.open", trigger_id=trigger, view=view) == "invalid_trigger_id"


def test_a_response_url_serves_five_times(slack: SlackServer) -> None:
    url = slack.send_command("/teach", user=BEN).payload["response_url"]
    for _ in range(5):
        assert post(url, {"text": "only for Ben"}) == 200
    assert post(url, {"text": "once too often"}) == 404
    assert len(slack.bot_messages(ephemeral_to=BEN)) == 5


def test_an_answer_to_a_press_can_take_the_place_of_the_message(
    slack: SlackServer, client: WebClient
) -> None:
    button = ButtonElement(text="Well?", action_id="well", value="1")
    blocks = [ActionsBlock(elements=[button])]
    client.chat_postEphemeral(channel=GENERAL, user=BEN, text="choose", blocks=blocks)
    (message,) = slack.bot_messages(ephemeral_to=BEN)
    payload = slack.press(message, "Well?", user=BEN).payload
    assert payload["container"]["is_ephemeral"]
    assert "message" not in payload
    assert post(payload["response_url"], {"text": "chosen", "replace_original": True}) == 200
    assert (message.text, message.blocks) == ("chosen", [])
    assert post(payload["response_url"], {"text": "besides"}) == 200
    assert len(slack.bot_messages(ephemeral_to=BEN)) == 2


def post(url: str, body: dict[str, Any]) -> int:
    request = urllib.request.Request(url, json.dumps(body).encode(), method="POST")  # noqa: S310  our own server
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_files_are_uploaded_in_three_steps(slack: SlackServer, client: WebClient) -> None:
    client.files_upload_v2(channel=GENERAL, content="a,b\n1,2\n", filename="table.csv")
    assert list(slack.workspace.files.values()) == [b"a,b\n1,2\n"]


def test_faults_happen_as_often_as_asked_for(slack: SlackServer, client: WebClient) -> None:
    slack.fail("auth.test", "internal_error", times=2)
    assert [refusal(client, "auth.test") for _ in range(2)] == ["internal_error"] * 2
    assert client.auth_test()["ok"]


def test_events_come_in_envelopes_and_a_mention_as_a_pair(slack: SlackServer) -> None:
    with App(slack) as app:
        for number in range(2):
            slack.send_mention(f"hello {number} <b>")
        slack.wait_acknowledged()
        # A busy machine acknowledges late, and then some come twice.
        slack.wait_until(lambda: len(app.event_ids()) == 4, "events are missing")
        events = app.events()
        assert {event["type"] for event in events} == {"message", "app_mention"}
        assert all("&lt;b&gt;" in event["text"] for event in events)
        assert len(app.event_ids()) == 4
        assert len({event["ts"] for event in events}) == 2


def test_what_is_not_acknowledged_comes_again(slack: SlackServer) -> None:
    with App(slack, acknowledges=False) as app:
        slack.send_message("hello")
        slack.wait_until(lambda: app.received, "the event is missing")
        app.acknowledges = True
        slack.wait_acknowledged()
        slack.wait_until(lambda: len(app.received) >= 2, "it did not come again")
        first, again = app.received[:2]
        assert first.payload == again.payload
        assert (first.retry_attempt, again.retry_attempt) == (0, 1)


def test_what_happens_while_nobody_listens_is_kept(slack: SlackServer) -> None:
    slack.send_message("early")
    with App(slack) as app:
        slack.wait_acknowledged()
        slack.wait_until(lambda: app.received, "the event is missing")
        assert app.events()[0]["text"] == "early"


def test_several_connections_take_turns(slack: SlackServer) -> None:
    with App(slack) as one, App(slack) as two:
        slack.wait_until(lambda: slack.connections == 2, "one is missing")
        for number in range(4):
            slack.send_message(f"hello {number}")
        slack.wait_acknowledged()
        slack.wait_until(
            lambda: min(len(one.received), len(two.received)) >= 2, "one of them hears little"
        )


def test_where_the_bot_is_not_it_hears_nothing(slack: SlackServer) -> None:
    slack.send_message("secret", channel=ELSEWHERE)
    assert slack.deliveries == []


@pytest.mark.parametrize(
    ("method", "arguments", "rang"),
    [
        ("chat_postMessage", {"text": "@channel"}, False),
        ("chat_postMessage", {"text": "@channel", "parse": "full"}, True),
        ("chat_postMessage", {"text": "@channel", "link_names": True}, True),
        ("chat_update", {"text": "@channel"}, True),
        ("chat_update", {"text": "@channel", "parse": "none"}, False),
        ("chat_update", {"text": "mail@channel.example"}, False),
    ],
)
def test_it_notes_whether_plain_words_rang_everybody(
    slack: SlackServer, method: str, arguments: dict[str, Any], rang: bool
) -> None:
    client = WebClient(slack.bot_token, base_url=slack.api_url)
    ts = client.chat_postMessage(channel=GENERAL, text="hello")["ts"]
    more = {"ts": ts} if method == "chat_update" else {}
    getattr(client, method)(channel=GENERAL, **arguments, **more)
    assert slack.bot_messages()[-1].rang is rang


@pytest.mark.parametrize("verbatim", [True, False])
def test_it_looks_for_names_in_blocks_that_are_not_verbatim(
    slack: SlackServer, verbatim: bool
) -> None:
    text = {"type": "mrkdwn", "text": "so @here", "verbatim": verbatim}
    client = WebClient(slack.bot_token, base_url=slack.api_url)
    client.chat_postMessage(channel=GENERAL, text="so", blocks=[{"type": "section", "text": text}])
    assert slack.bot_messages()[-1].rang is not verbatim


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        (GENERAL, {"is_private": False, "is_mpim": False, "is_ext_shared": False}),
        (PRIVATE, {"is_private": True, "is_mpim": False}),
        (GROUP, {"is_private": True, "is_mpim": True}),
        (SHARED, {"is_private": False, "is_ext_shared": True}),
        (DIRECT, {"is_im": True}),
    ],
)
def test_the_kind_of_a_channel_is_told(
    client: WebClient, channel: str, told: dict[str, bool]
) -> None:
    shown = client.conversations_info(channel=channel)["channel"]
    assert {name: shown[name] for name in told} == told


def test_each_kind_of_channel_has_scopes_of_its_own() -> None:
    less = manifest()
    for scope in ("groups:read", "mpim:history"):
        less["oauth_config"]["scopes"]["bot"].remove(scope)
    for event in ("message.mpim", "member_joined_channel"):
        less["settings"]["event_subscriptions"]["bot_events"].remove(event)
    with SlackServer(less) as slack:
        client = web_client(slack, slack.bot_token)
        assert refusal(client, "conversations.info", channel=PRIVATE) == "missing_scope"
        client.conversations_info(channel=GENERAL)
        client.conversations_info(channel=GROUP)
        assert refusal(client, "conversations.history", channel=GROUP) == "missing_scope"
        client.conversations_history(channel=PRIVATE)


def test_a_private_channel_without_the_bot_is_not_found(
    slack: SlackServer, client: WebClient
) -> None:
    slack.workspace.channels[PRIVATE].members.remove(BOT)
    assert refusal(client, "conversations.info", channel=PRIVATE) == "channel_not_found"


def test_guests_and_strangers_are_told_as_such(client: WebClient) -> None:
    people = {who: client.users_info(user=who)["user"] for who in (ANNA, CLEO, DORA)}
    assert [people[who]["is_restricted"] for who in people] == [False, True, False]
    assert [people[who].get("is_stranger", False) for who in people] == [False, False, True]
    assert [people[who]["team_id"] for who in people] == [TEAM, TEAM, OTHER_TEAM]


def test_a_stream_needs_the_team_of_its_reader(slack: SlackServer, client: WebClient) -> None:
    asked = slack.send_message("Well?", user=DORA, channel=SHARED)
    place = {"channel": SHARED, "thread_ts": asked.ts, "recipient_user_id": DORA}
    assert refusal(client, "chat.startStream", **place, recipient_team_id=TEAM) == "team_not_found"
    client.api_call("chat.startStream", json=place | {"recipient_team_id": OTHER_TEAM})


def test_what_strangers_and_private_channels_send_says_so(slack: SlackServer) -> None:
    with App(slack) as app:
        slack.send_message("Hello", user=DORA, channel=SHARED)
        slack.send_message("Hello", channel=GROUP)
        command = slack.send_command("/nightschool", channel=PRIVATE)
        slack.wait_acknowledged()
        (shared, group) = [r.payload for r in app.received if r.payload.get("event")]
    assert shared["is_ext_shared_channel"] is True
    assert shared["event"]["user_team"] == OTHER_TEAM
    assert group["event"]["channel_type"] == "mpim"
    assert command.payload["channel_name"] == "privategroup"


def test_a_mention_tells_no_kind_of_its_channel(slack: SlackServer) -> None:
    with App(slack) as app:
        slack.send_mention("Hello", channel=PRIVATE)
        slack.wait_acknowledged()
        kinds = {event["type"]: event.get("channel_type") for event in app.events()}
    assert kinds == {"message": "group", "app_mention": None}
