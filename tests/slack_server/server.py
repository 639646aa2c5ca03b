"""The server itself, and what a test does with it: speak as a person, fail as Slack does."""

import asyncio
import contextlib
import re
import socket
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from tests.slack_server.calls import Fault
from tests.slack_server.clock import RealClock
from tests.slack_server.deliveries import Delivery
from tests.slack_server.http_face import HttpFace
from tests.slack_server.pressing import Pressing
from tests.slack_server.rate_limits import RateLimits
from tests.slack_server.web_api import WebApi, reaction_event
from tests.slack_server.workspace import ANNA, APP, BOT, GENERAL, TEAM, Message

STOP_SECONDS = 1.0
"""Seconds that calls under way may still take when the server is told to stop."""
TOKEN_FORM = re.compile(r"(<[@#!][^<>\s]*[^<>]*>|<https?://[^<>]+>|<mailto:[^<>]+>)")
BOT_TOKEN = "xoxb-0-school"
APP_TOKEN = "xapp-1-school"


def typed(text: str) -> str:
    """What a person typed as Slack sends it on: `&<>` escaped, mentions and links kept."""
    escaped = []
    for number, part in enumerate(TOKEN_FORM.split(text)):
        plain = number % 2 == 0
        if plain:
            part = part.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")  # noqa: PLW2901  the same, escaped
        escaped.append(part)
    return "".join(escaped)


class _Server(uvicorn.Server):
    """Ends as soon as it is told to; uvicorn's own looks every tenth of a second, several times."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Stops serving; may be called from any thread."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended already
                self._loop.call_soon_threadsafe(self._ended.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        if not await self.on_tick(0):
            await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for taken in sockets or []:
            taken.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            _, late = await asyncio.wait(self.server_state.tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
        await self.lifespan.shutdown()


class SlackServer(Pressing):
    """Slack on 127.0.0.1 with one workspace where the app of `manifest` is installed.

    Events go out only where the manifest subscribes to them, methods are refused where its
    scopes do not allow them. Every method may be called from any thread.
    """

    def __init__(
        self,
        manifest: dict[str, Any],
        *,
        bot_token: str = BOT_TOKEN,
        app_token: str = APP_TOKEN,
        acknowledge_seconds: float = 3.0,
        clock: RealClock | None = None,
    ) -> None:
        """`clock` is that of the limits of calls; without one, it is the real time."""
        super().__init__(manifest, acknowledge_seconds)
        self.bot_token = bot_token
        self.app_token = app_token
        shortcuts = manifest["features"].get("shortcuts", [])
        self.shortcuts = {s["callback_id"] for s in shortcuts}
        self.commands = {command["command"] for command in manifest["features"]["slash_commands"]}
        scopes = set(manifest["oauth_config"]["scopes"]["bot"])
        self._api = WebApi(self.workspace, self.emit, lambda: self._face.address)
        limits = RateLimits(clock or RealClock())
        self._face = HttpFace(self, self._api, scopes, bot_token, app_token, limits)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._face.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.api_url = f"{self._face.address}/api/"
        self._ready = threading.Event()
        self._server = _Server(
            uvicorn.Config(
                Starlette(routes=self._face.routes(), lifespan=self._lifespan),
                log_level="error",
                ws="websockets-sansio",
                ws_ping_interval=None,
            )
        )
        self._thread = threading.Thread(target=self._run, name="slack-server", daemon=True)

    # Starting and stopping

    def start(self) -> Self:
        """Starts to listen; returns when it does."""
        self._thread.start()
        if not self._ready.wait(30):
            raise TimeoutError("the Slack server did not start")
        return self

    def stop(self) -> None:
        """Closes all connections and ends the thread."""
        self._server.end()
        self._thread.join(30)
        self._listener.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    # What people do

    def send_message(
        self,
        text: str,
        *,
        user: str = ANNA,
        channel: str = GENERAL,
        thread: str | None = None,
        **more: Any,
    ) -> Message:
        """A person (or another bot) writes; `more` goes into the event as it is.

        Where the bot is mentioned, app_mention goes out besides, before or after in turn.
        """
        with self.changed:
            place = self.workspace.channel(channel)
            parent = self.workspace.message(place.id, thread) if thread else None
            if parent is not None:
                parent.thread_ts = parent.ts
            person = self.workspace.people[user]
            bot_id = person.bot_id
            message = Message(
                place.id, self.workspace.next_ts(), user, typed(text), thread, bot_id=bot_id
            )
            self.workspace.messages.append(message)
            shown = {
                "channel": place.id,
                "event_ts": message.ts,
                "client_msg_id": str(uuid.uuid4()),
            }
            if person.stranger:
                shown |= dict.fromkeys(("team", "source_team", "user_team"), person.team)
            event = message.as_json() | shown | more
            if parent is not None:
                event["parent_user_id"] = parent.user
            pair = [event | {"channel_type": place.kind}]
            if f"<@{BOT}>" in message.text and place.kind != "im":
                pair.append(event | {"type": "app_mention"})
            odd = len(self.workspace.messages) % 2
            for one in pair[::-1] if odd else pair:
                self.emit(one)
        return message

    def send_mention(
        self, text: str, *, user: str = ANNA, channel: str = GENERAL, thread: str | None = None
    ) -> Message:
        """A person writes to the bot in a channel."""
        return self.send_message(f"<@{BOT}> {text}", user=user, channel=channel, thread=thread)

    def send_direct(self, text: str, *, user: str = ANNA, thread: str | None = None) -> Message:
        """A person writes to the bot alone."""
        return self.send_message(
            text, user=user, channel=self.workspace.direct(user).id, thread=thread
        )

    def edit_message(self, message: Message, text: str) -> None:
        """A person changes what they wrote."""
        with self.changed:
            before = message.as_json()
            message.text = typed(text)
            message.edits += 1
            self.emit(
                {
                    "type": "message",
                    "subtype": "message_changed",
                    "hidden": True,
                    "channel": message.channel,
                    "channel_type": self.workspace.channel(message.channel).kind,
                    "ts": self.workspace.next_ts(),
                    "message": message.as_json() | {"edited": {"user": message.user}},
                    "previous_message": before,
                }
            )

    def delete_message(self, message: Message) -> None:
        """A person takes back what they wrote; the first of a thread leaves a tombstone."""
        with self.changed:
            before = message.as_json()
            message.deleted = True
            if message.thread_ts == message.ts:
                stone = {"subtype": "tombstone", "user": "USLACKBOT", "ts": message.ts}
                self.emit(
                    {
                        "type": "message",
                        "subtype": "message_changed",
                        "hidden": True,
                        "channel": message.channel,
                        "channel_type": self.workspace.channel(message.channel).kind,
                        "ts": self.workspace.next_ts(),
                        "message": stone | {"type": "message", "text": "This message was deleted."},
                        "previous_message": before,
                    }
                )
                return
            self.emit(
                {
                    "type": "message",
                    "subtype": "message_deleted",
                    "hidden": True,
                    "channel": message.channel,
                    "channel_type": self.workspace.channel(message.channel).kind,
                    "ts": self.workspace.next_ts(),
                    "deleted_ts": message.ts,
                    "previous_message": message.as_json(),
                }
            )

    def join(self, user: str, channel: str = GENERAL) -> Delivery | None:
        """A person comes into a channel."""
        with self.changed:
            place = self.workspace.channel(channel)
            place.members.add(user)
            return self.emit(
                {
                    "type": "message",
                    "subtype": "channel_join",
                    "user": user,
                    "text": f"<@{user}> has joined the channel",
                    "channel": channel,
                    "channel_type": place.kind,
                    "ts": self.workspace.next_ts(),
                }
            )

    def invite_bot(self, channel: str, user: str = ANNA) -> Delivery | None:
        """A person brings the bot into a channel."""
        with self.changed:
            place = self.workspace.channel(channel)
            place.members.add(BOT)
            return self.emit(
                {
                    "type": "member_joined_channel",
                    "user": BOT,
                    "channel": channel,
                    "channel_type": "C" if place.kind == "channel" else "G",
                    "team": TEAM,
                    "inviter": user,
                }
            )

    def press_stop(self, message: Message, *, user: str = ANNA) -> Delivery | None:
        """A person presses the stop button of the session that answers a message.

        Slack ends the streams and leaves the session's status to the app.
        """
        with self.changed:
            place = (message.channel, message.thread_ts or message.ts)
            assert self.workspace.sessions[place].status == "processing", "there is no button"
            streams = [
                shown
                for shown in self.workspace.messages
                if shown.streaming and (shown.channel, shown.thread_ts) == place
            ]
            for shown in streams:
                shown.streaming = False
            return self.emit(
                {
                    "type": "agent_session_stopped",
                    "channel": place[0],
                    "thread_ts": place[1],
                    "user": user,
                    "streaming_message_ts": [shown.ts for shown in streams],
                    "event_ts": self.workspace.next_ts(),
                }
            )

    def open_app(self, tab: str = "messages", *, user: str = ANNA) -> None:
        """A person opens the app's own page."""
        with self.changed:
            channel = self.workspace.direct(user).id
            self.emit({"type": "app_home_opened", "user": user, "channel": channel, "tab": tab})

    def send_reaction(self, message: Message, name: str = "+1", *, user: str = ANNA) -> None:
        """A person reacts to a message."""
        with self.changed:
            message.reactions.setdefault(name, []).append(user)
            ts = self.workspace.next_ts()
            self.emit(reaction_event("reaction_added", user, name, message, ts))

    def take_reaction_back(self, message: Message, name: str = "+1", *, user: str = ANNA) -> None:
        """A person removes their reaction."""
        with self.changed:
            message.reactions[name].remove(user)
            ts = self.workspace.next_ts()
            self.emit(reaction_event("reaction_removed", user, name, message, ts))

    def send_command(
        self, command: str, text: str = "", *, user: str = ANNA, channel: str = GENERAL
    ) -> Delivery:
        """A person runs a slash command; returns at once."""
        assert command in self.commands, f"{command} is not in the manifest"
        with self.changed:
            place = self.workspace.channel(channel)
            payload = {
                "token": "verification",
                "team_id": self.workspace.people[user].team,
                "team_domain": "school",
                "channel_id": place.id,
                "channel_name": place.told_name,
                "user_id": user,
                "user_name": self.workspace.people[user].name,
                "command": command,
                "text": typed(text),
                "api_app_id": APP,
                "is_enterprise_install": "false",
                "response_url": self.response_url(place.id, user),
                "trigger_id": self.trigger(),
            }
        return self.send(Delivery("slash_commands", payload))

    # What Slack does

    def forget_response_urls(self) -> None:
        """Every response_url so far has expired."""
        with self.changed:
            self._face.forget_response_urls()

    def end_streams(self) -> None:
        """Messages that are being streamed are so no longer, as after some minutes."""
        with self.changed:
            for message in self.workspace.messages:
                message.streaming = False

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """Slack is away: connections are cut, and every call is answered with 503."""
        with self.changed:
            self._face.away = True
        self.drop_connections(cut=True)
        try:
            yield
        finally:
            with self.changed:
                self._face.away = False

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Asks the app to connect anew, as Slack does every few hours."""
        self.sockets.say({"type": "disconnect", "reason": reason, "debug_info": {}})

    def drop_connections(self, *, cut: bool = False) -> None:
        """Closes every WebSocket, or with `cut` only the TCP connection under it."""
        if not cut:
            self.sockets.drop()
            return
        assert self.sockets.loop is not None
        for protocol in list(self._server.server_state.connections):
            if isinstance(protocol, WebSocketsSansIOProtocol):
                self.sockets.loop.call_soon_threadsafe(protocol.transport.abort)

    def fail(self, method: str, error: str, *, applied: bool = False, **details: int) -> None:
        """Makes the next call of a method fail: status, retry_after (seconds), times, applied."""
        with self.changed:
            self._face.faults.append(Fault(method, error, applied=applied, **details))

    # Inside

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self.sockets.loop = asyncio.get_running_loop()
        self._ready.set()
        yield
