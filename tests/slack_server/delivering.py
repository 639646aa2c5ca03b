"""What goes from the workspace to the app, and what Slack does with the answers."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from tests.slack_server import limits
from tests.slack_server.deliveries import Delivery
from tests.slack_server.sockets import Sockets
from tests.slack_server.watching import Watching
from tests.slack_server.workspace import APP, BOT, TEAM, Message

KINDS = {"channel": ".channels", "group": ".groups", "im": ".im", "mpim": ".mpim"}


class Delivering(Watching):
    """Sends events to which the manifest subscribes, over whatever connection is open."""

    def __init__(self, manifest: dict[str, Any], acknowledge_seconds: float) -> None:
        limits.check_manifest(manifest)
        super().__init__()
        self.events = set(manifest["settings"]["event_subscriptions"]["bot_events"])
        self.sockets = Sockets(self.changed, acknowledge_seconds, self._answered)
        self._held: list[Delivery] | None = None

    @property
    def connections(self) -> int:
        """Open WebSockets now."""
        return len(self.sockets.connections)

    @property
    def connections_opened(self) -> int:
        """WebSockets since the start."""
        return self.sockets.opened

    def wait_connected(self, timeout: float = 60.0) -> None:
        """Until the app has a WebSocket open."""
        self.wait_until(lambda: self.connections > 0, "the app did not connect", timeout)

    def redeliver(self, what: Message | Delivery) -> None:
        """Sends again everything that told the app of a message, or one delivery."""
        if isinstance(what, Delivery):
            with self.changed:
                if what not in self.deliveries:
                    self.deliveries.append(what)
            self.sockets.send(what)
            return
        with self.changed:
            about = [
                delivery
                for delivery in self.deliveries
                if delivery.kind == "events_api"
                and (delivery.payload["event"].get("channel"), delivery.payload["event"].get("ts"))
                == (what.channel, what.ts)
            ]
        assert about, "the app was never told of this message"
        for delivery in about:
            self.sockets.send(delivery)

    @contextlib.contextmanager
    def holding_deliveries(self) -> Iterator[list[Delivery]]:
        """Keeps back what would be sent meanwhile; `redeliver` sends it in any order."""
        with self.changed:
            held: list[Delivery] = []
            self._held = held
            try:
                yield held
            finally:
                self._held = None

    def send(self, delivery: Delivery) -> Delivery:
        """Sends something new, or holds it back."""
        with self.changed:
            if self._held is not None:
                self._held.append(delivery)
                return delivery
        self.redeliver(delivery)
        return delivery

    def emit(self, event: dict[str, Any]) -> Delivery | None:
        """Sends an event where the manifest subscribes to it and the bot is present."""
        name = event["type"]
        channel = event.get("channel") or event.get("item", {}).get("channel")
        place = self.workspace.channel(channel)
        if name == "message":
            name += KINDS[place.kind]
        if name not in self.events or BOT not in place.members:
            return None
        payload = {
            "token": "verification",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": {"event_ts": self.workspace.next_ts()} | event,
            "type": "event_callback",
            "event_id": self.workspace.identifier("Ev"),
            "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
            "is_ext_shared_channel": place.shared,
        }
        return self.send(Delivery("events_api", payload))

    def respond(
        self, channel: str, user: str, body: dict[str, Any], pressed: Message | None = None
    ) -> None:
        """Posts what a command's author, or everybody in the channel, gets to see.

        With replace_original it takes the place of the message whose button was pressed.

        Raises:
            RefusedError: Slack would not take the text or the blocks.
        """
        limits.check_text(body, limits.POST_CHARACTERS)
        if body.get("replace_original") and pressed is not None:
            pressed.blocks = limits.blocks_of(body)
            pressed.text = body.get("text") or ""
            pressed.edits += 1
            return
        message = Message(
            channel,
            self.workspace.next_ts(),
            BOT,
            body.get("text") or "",
            body.get("thread_ts"),
            limits.blocks_of(body),
        )
        if body.get("response_type", "ephemeral") == "ephemeral":
            message.ephemeral_to = user
        self.workspace.messages.append(message)

    def _answered(self, delivery: Delivery, answer: dict[str, Any]) -> None:
        """What Slack does with the payload of an acknowledgement."""
        if delivery.kind == "slash_commands" and (answer.get("text") or answer.get("blocks")):
            self.respond(delivery.payload["channel_id"], delivery.payload["user_id"], answer)
        if delivery.payload.get("type") == "view_submission":
            identifier = delivery.payload["view"]["id"]
            action = answer.get("response_action")
            if identifier not in self.workspace.views:
                return
            if action is None or action == "clear":
                self.workspace.views.pop(identifier, None)
            elif action == "update":
                self.workspace.views[identifier] = limits.view_of(answer, "modal")
            elif action == "errors":
                known = {block.get("block_id") for block in delivery.payload["view"]["blocks"]}
                assert set(answer["errors"]) <= known, "an error for a block that is not there"
