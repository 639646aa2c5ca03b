"""Socket Mode: open connections, envelopes out, acknowledgements in, redelivery.

Lives in the server's event loop; `send` may be called from any thread.
"""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.slack_server.deliveries import Delivery
from tests.slack_server.workspace import APP

ATTEMPTS = 4
"""Slack sends an event three times again at most."""


class Connection:
    """One open WebSocket, with the lines that are still to be sent in order."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.outgoing: asyncio.Queue[str | None] = asyncio.Queue()
        self.carried: list[tuple[str, Delivery]] = []


class Sockets:
    """All connections of the app; each envelope goes to one of them, in turn."""

    def __init__(
        self,
        changed: threading.Condition,
        acknowledge_seconds: float,
        on_answer: Callable[[Delivery, dict[str, Any]], None],
    ) -> None:
        self.connections: list[Connection] = []
        self.opened = 0
        self.loop: asyncio.AbstractEventLoop | None = None
        self._changed = changed
        self._acknowledge_seconds = acknowledge_seconds
        self._on_answer = on_answer
        self._turn = itertools.count()
        self._waiting: list[Delivery] = []
        self._sent: dict[str, Delivery] = {}

    def send(self, delivery: Delivery) -> None:
        """Sends on one of the connections, or as soon as there is one."""
        with self._changed:
            if not self.connections:
                if delivery not in self._waiting:
                    self._waiting.append(delivery)
                return
            connection = self.connections[next(self._turn) % len(self.connections)]
            envelope = delivery.envelope()
            identifier = envelope["envelope_id"]
            self._sent[identifier] = delivery
            delivery.sent_at = delivery.sent_at or time.monotonic()
            connection.carried.append((identifier, delivery))
        assert self.loop is not None
        self.loop.call_soon_threadsafe(connection.outgoing.put_nowait, json.dumps(envelope))
        self.loop.call_soon_threadsafe(
            self.loop.call_later, self._acknowledge_seconds, self._again, identifier, delivery
        )

    def say(self, message: dict[str, Any]) -> None:
        """Sends a line that needs no acknowledgement on every connection."""
        assert self.loop is not None
        for connection in list(self.connections):
            self.loop.call_soon_threadsafe(connection.outgoing.put_nowait, json.dumps(message))

    def drop(self) -> None:
        """Closes every WebSocket from Slack's side."""
        assert self.loop is not None
        for connection in list(self.connections):
            self.loop.call_soon_threadsafe(connection.outgoing.put_nowait, None)

    async def serve(self, socket: WebSocket) -> None:
        """One connection from hello to its end."""
        await socket.accept()
        connection = Connection(socket)
        sender = asyncio.create_task(self._pump(connection))
        with self._changed:
            self.connections.append(connection)
            self.opened += 1
            hello = {
                "type": "hello",
                "num_connections": len(self.connections),
                "connection_info": {"app_id": APP},
                "debug_info": {"host": "applink", "approximate_connection_time": 18060},
            }
            connection.outgoing.put_nowait(json.dumps(hello))
            waiting, self._waiting = self._waiting, []
            self._changed.notify_all()
        for delivery in waiting:
            self.send(delivery)
        try:
            while True:
                self._received(json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, RuntimeError):
            pass  # closed by the app, or by `drop`
        finally:
            sender.cancel()
            self._closed(connection)

    async def _pump(self, connection: Connection) -> None:
        while (line := await connection.outgoing.get()) is not None:
            await connection.socket.send_text(line)
        await connection.socket.close(code=1001)

    def _received(self, answer: dict[str, Any]) -> None:
        with self._changed:
            delivery = self._sent.get(answer.get("envelope_id", ""))
            if delivery is None:
                return
            payload = answer.get("payload") or {}
            first = not any(a is not None for a in delivery.attempts.values())
            delivery.attempts[answer["envelope_id"]] = payload
            if first:
                delivery.acknowledged_at = time.monotonic()
                self._on_answer(delivery, payload)
            self._changed.notify_all()

    def _again(self, identifier: str, delivery: Delivery) -> None:
        with self._changed:
            unanswered = delivery.attempts[identifier] is None
            newest = list(delivery.attempts)[-1] == identifier
            more = len(delivery.attempts) < ATTEMPTS and delivery.kind == "events_api"
        if unanswered and newest and more:
            self.send(delivery)

    def _closed(self, connection: Connection) -> None:
        with self._changed:
            if connection in self.connections:
                self.connections.remove(connection)
            self._changed.notify_all()
        for identifier, delivery in connection.carried:
            self._again(identifier, delivery)
