"""What submitted forms share: once, errors under their fields, and the rest told quietly."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from slack_bolt import Ack

from bot.lessons.teaching import Taught
from bot.slack.dependencies import Services
from bot.slack.messages import blocks, modals
from bot.slack.messages.ephemeral import Recipient, send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.transport.errors import explain


class Submission(Protocol):
    """What a form becomes; `recipient` is who submitted it."""

    @property
    def recipient(self) -> Recipient:
        """Whom to tell."""


F = TypeVar("F", bound=Submission)


def listener(
    services: Services,
    read: Callable[[dict[str, Any], str], F],
    teach: Callable[[Services, F], Taught],
    outcome: Callable[[Services, F, Taught], MessageContent],
) -> Callable[[Ack, dict[str, Any], dict[str, Any]], None]:
    """A Bolt listener for a form that teaches.

    Args:
        services: everything a listener may use.
        read: makes something of what this user filled in.
        teach: does it, at once; what is wrong is shown under the fields, and the form stays.
        outcome: what the teacher hears afterwards, in the quick lane.
    """

    def tell(filled: F, taught: Taught) -> None:
        try:
            said = outcome(services, filled, taught)
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            said = blocks.sorry(error, "form")
        send_ephemeral(services.client, filled.recipient, said)

    def submitted(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        if not services.store.handled_events.claim(f"view:{body['trigger_id']}"):
            ack()
            return
        try:
            filled = read(view, str(body["user"]["id"]))
            taught = teach(services, filled)
        except Exception as error:  # noqa: BLE001  the form stays open and says so
            ack(response_action="errors", errors={modals.ANSWER: explain(error, "form")})
            return
        if taught.status == "refused":
            ack(response_action="errors", errors=_under(view, taught.errors))
            return
        ack()
        services.executors.quick.submit(tell, filled, taught)

    return submitted


def _under(view: dict[str, Any], errors: tuple[str, ...]) -> dict[str, str]:
    """The errors by field; those of a field that this form has not, under the answer."""
    there = {block.get("block_id") for block in view["blocks"]}
    found: dict[str, str] = {}
    for block, sentence in modals.field_errors(errors).items():
        where = block if block in there else modals.ANSWER
        found[where] = f"{found[where]} {sentence}" if where in found else sentence
    return found
