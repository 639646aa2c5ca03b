"""Runs the work of listeners: once, where it is allowed, and with failures reported."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import ParamSpec

from slack_sdk import WebClient

from bot.permissions import Act
from bot.slack.messages import blocks
from bot.slack.messages.ephemeral import Recipient, send_ephemeral
from bot.slack.payloads.admission import Admission
from bot.store.idempotency import HandledEvents

P = ParamSpec("P")


@dataclass(frozen=True)
class Dispatcher:
    """Runs what a listener leaves to be done after it has acknowledged."""

    handled_events: HandledEvents
    quick: Executor
    client: WebClient
    admission: Admission | None = None
    """Says who may do what; without it, everybody may do what the handlers allow."""
    done: Callable[[], object] = lambda: None
    """Is called after work that may have changed something of which people are to hear."""
    hearing: Executor | None = None
    """Takes questions, before which nothing else stands there; `quick` where there is none."""

    def later(self, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Runs `work` in a thread of the quick executor.

        Raises:
            ClosedError: the service stops.
        """
        self.quick.submit(work, *args, **kwargs)

    def first(self, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Runs `work` in a thread of the executor in which nothing but questions waits.

        Raises:
            ClosedError: the service stops.
        """
        (self.hearing or self.quick).submit(work, *args, **kwargs)

    def admit(
        self,
        recipient: Recipient,
        act: Act,
        name: str | None = None,
        *,
        narrow_only: bool = False,
    ) -> None:
        """Checks that a person may do something where they are; see `Admission.admit`.

        Raises:
            RightsError: they may not.
        """
        if self.admission is not None:
            user, channel = recipient.user, recipient.channel
            self.admission.admit(user, act, channel, name, narrow_only=narrow_only)

    def once(self, key: str, recipient: Recipient, doing: str, work: Callable[[], object]) -> None:
        """Runs `work` now, unless `key` was handled before; never raises.

        Args:
            key: identifies a payload; it is the same for every redelivery.
            recipient: the person to tell when `work` fails.
            doing: what is done, for the log.
            work: may raise anything.
        """
        try:
            if self.handled_events.claim(key):
                work()
                self.done()
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            send_ephemeral(self.client, recipient, blocks.sorry(error, doing))
