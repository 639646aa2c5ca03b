"""What all slash commands share: the form of the payload, once, and a word where it fails."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack

from bot.slack.dependencies import Services
from bot.slack.messages import blocks, posting
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.mrkdwn import readable


@dataclass(frozen=True)
class Command:
    """Who ran a command, where, with which words (as a person reads them)."""

    name: str
    text: str
    user: str
    channel: str
    trigger: str
    response_url: str
    raw: str = ""
    """The words as Slack sent them, with the ids of mentions and channels."""

    @property
    def recipient(self) -> Recipient:
        """Whom to answer."""
        return Recipient(self.user, self.channel, response_url=self.response_url)


CommandHandler = Callable[[Services, Command], None]


def listener(services: Services, handle: CommandHandler) -> Callable[[Ack, dict[str, Any]], None]:
    """A Bolt listener that acknowledges and leaves the work to the quick lane.

    What `handle` raises is told to the author. The same command sent twice is handled once.
    """

    def work(payload: dict[str, Any]) -> None:
        if not services.store.handled_events.claim(f"command:{payload['trigger_id']}"):
            return
        try:
            handle(services, _command(services, payload))
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            sorry = blocks.sorry(error, payload["command"])
            posting.tell(services.client, payload["user_id"], payload["response_url"], sorry)

    def run(ack: Ack, command: dict[str, Any]) -> None:
        ack()
        services.executors.quick.submit(work, command)

    return run


def _command(services: Services, payload: dict[str, Any]) -> Command:
    return Command(
        name=payload["command"],
        text=readable(
            payload.get("text") or "", services.identity.user, services.member_names.name
        ),
        user=payload["user_id"],
        channel=payload["channel_id"],
        trigger=payload["trigger_id"],
        response_url=payload["response_url"],
        raw=payload.get("text") or "",
    )
