"""What a test sees of the server: what was asked, what was said, and waiting for more of it."""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.slack_server.calls import Call
from tests.slack_server.deliveries import Delivery
from tests.slack_server.workspace import BOT, Message, Workspace

LOOK_AGAIN_SECONDS = 0.1
T = TypeVar("T")


class Watching:
    """The workspace and everything that went over the wire; `changed` guards it all."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.workspace = Workspace()
        self.calls: list[Call] = []
        self.deliveries: list[Delivery] = []

    def wait_until(self, condition: Callable[[], T], what: str, timeout: float = 60.0) -> T:
        """The first true value of `condition`.

        It is looked at after every change here, and now and then besides: it may be about
        something else, the bot's store for one.
        """
        deadline = time.monotonic() + timeout
        with self.changed:
            while not (value := condition()) and time.monotonic() < deadline:
                self.changed.wait(LOOK_AGAIN_SECONDS)
            if value:
                return value
            calls = "\n".join(f"  {c.method} {c.error or 'ok'}" for c in self.calls[-20:])
            posts = "\n".join(
                f"  {m.user} {m.thread_ts or ''} {m.everything[:200]!r}"
                for m in self.workspace.messages[-20:]
            )
        raise AssertionError(f"{what}\nlast calls:\n{calls}\nlast messages:\n{posts}")

    def wait_for_message(
        self,
        *,
        contains: str = "",
        thread: str | None = None,
        channel: str | None = None,
        ephemeral_to: str | None = None,
        count: int = 1,
        timeout: float = 60.0,
    ) -> Message:
        """The newest message of the bot that fits, once there are `count` of them."""

        def found() -> Message | None:
            fitting = self.bot_messages(
                contains=contains, thread=thread, channel=channel, ephemeral_to=ephemeral_to
            )
            return fitting[-1] if len(fitting) >= count else None

        message = self.wait_until(found, f"no message with {contains!r} came", timeout)
        assert message is not None
        return message

    def bot_messages(
        self,
        *,
        contains: str = "",
        thread: str | None = None,
        channel: str | None = None,
        ephemeral_to: str | None = None,
    ) -> list[Message]:
        """What the bot has said and not deleted; ephemeral words only where asked for."""
        with self.changed:
            return [
                message
                for message in self.workspace.messages
                if message.user == BOT
                and not message.deleted
                and message.ephemeral_to == ephemeral_to
                and contains in message.everything
                and thread in (None, message.thread_ts)
                and channel in (None, message.channel)
            ]

    def wait_for_view(self, callback_id: str, timeout: float = 60.0) -> tuple[str, dict[str, Any]]:
        """The newest open modal with this callback id, and its own id."""

        def found() -> tuple[str, dict[str, Any]] | None:
            views = reversed(self.workspace.views.items())
            return next((pair for pair in views if pair[1].get("callback_id") == callback_id), None)

        pair = self.wait_until(found, f"no view {callback_id} was opened", timeout)
        assert pair is not None
        return pair

    def wait_for_answer(self, thread: str, contains: str = "", count: int = 1) -> Message:
        """The newest message of the bot in a thread with buttons under it: one that is whole."""

        def found() -> Message | None:
            fitting = [
                message
                for message in self.bot_messages(thread=thread, contains=contains)
                if any(block["type"] == "context_actions" for block in message.blocks)
            ]
            return fitting[-1] if len(fitting) >= count else None

        message = self.wait_until(found, f"no whole answer with {contains!r} came")
        assert message is not None
        return message

    def wait_acknowledged(self, timeout: float = 60.0) -> None:
        """Until everything that was sent is acknowledged."""
        self.wait_until(
            lambda: all(delivery.acknowledged for delivery in self.deliveries),
            "something was not acknowledged",
            timeout,
        )

    def calls_of(self, method: str, *, failed: bool = False) -> list[Call]:
        """The successful calls of a method, or the failed ones."""
        with self.changed:
            return [c for c in self.calls if c.method == method and bool(c.error) == failed]
