"""What all listeners share: work is done once, off Bolt's threads, and a failure is told."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import ParamSpec

from slack_sdk import WebClient

from bot.slack.messages import blocks
from bot.slack.messages.ephemeral import Recipient, send_ephemeral
from bot.store.idempotency import HandledEvents

P = ParamSpec("P")


@dataclass(frozen=True)
class Dispatcher:
    """Does what a listener leaves behind once Slack has its acknowledgement."""

    handled_events: HandledEvents
    quick: Executor
    client: WebClient

    def later(self, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Has `work` done soon in another thread."""
        self.quick.submit(work, *args, **kwargs)

    def once(self, key: str, recipient: Recipient, doing: str, work: Callable[[], object]) -> None:
        """Does `work` now, unless `key` was handled before; tells `recipient` what failed.

        Args:
            key: the same for every redelivery of a payload.
            recipient: whoever did what the payload tells of.
            doing: what is done, for the log.
            work: may raise anything.
        """
        try:
            if self.handled_events.claim(key):
                work()
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            send_ephemeral(self.client, recipient, blocks.sorry(error, doing))
