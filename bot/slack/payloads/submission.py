"""The Bolt listener of forms that teach: once, with errors shown under their fields."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from slack_bolt import Ack
from slack_sdk.models.views import View

from bot.lessons.teaching import Taught
from bot.permissions import RightsError
from bot.slack.messages import blocks, modals
from bot.slack.messages.ephemeral import Recipient, send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads import acts
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.transport.errors import explain


class Submission(Protocol):
    """A submitted form as a typed value."""

    @property
    def recipient(self) -> Recipient:
        """Whoever submitted it."""


F = TypeVar("F", bound=Submission)


def listener(
    dispatcher: Dispatcher,
    read: Callable[[dict[str, Any], str], F],
    teach: Callable[[F], Taught],
    outcome: Callable[[F, Taught], MessageContent],
    preview: Callable[[F, Taught], View] | None = None,
) -> Callable[[Ack, dict[str, Any], dict[str, Any]], None]:
    """Makes a Bolt listener for a form that teaches.

    Errors are shown under the fields while the form stays open, and so is what would be stored
    where something must be taken out. Once something was taught, the
    form closes, and whoever submitted it is told the outcome from another thread.

    Args:
        dispatcher: knows which payloads were handled, and runs what follows.
        read: makes a typed value of the view payload and the id of the user.
        teach: teaches it, at once.
        outcome: builds the message for whoever submitted the form.
        preview: builds the form that shows what would be stored.
    """

    def tell(filled: F, taught: Taught) -> None:
        try:
            content = outcome(filled, taught)
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            content = blocks.sorry(error, "form")
        send_ephemeral(dispatcher.client, filled.recipient, content)
        dispatcher.done()

    def submitted(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        try:
            if not dispatcher.handled_events.claim(f"view:{body['trigger_id']}"):
                ack()
                return
            user = str(body["user"]["id"])
            _require(dispatcher, user, str(view.get("callback_id") or ""))
            filled = read(view, user)
            taught = teach(filled)
            if taught.status == "sensitive" and preview is not None:
                ack(response_action="update", view=preview(filled, taught))
                return
        except Exception as error:  # noqa: BLE001  the form stays open and says so
            ack(response_action="errors", errors={modals.ANSWER: explain(error, "form")})
            return
        if taught.status == "refused":
            ack(response_action="errors", errors=_under(view, taught.errors))
            return
        ack()
        dispatcher.later(tell, filled, taught)

    return submitted


def _require(dispatcher: Dispatcher, user: str, callback: str) -> None:
    """Checks by what is known that a person may submit a form: Slack waits for the answer.

    Raises:
        RightsError: they may not, or it was not known; then it is found out for the next attempt.
    """
    if dispatcher.admission is None:
        return
    try:
        dispatcher.admission.require(user, acts.of_view(callback))
    except RightsError:
        dispatcher.later(dispatcher.admission.learn, user)
        raise


def _under(view: dict[str, Any], errors: tuple[str, ...]) -> dict[str, str]:
    """Groups errors by field; those of a field that this form lacks go under the answer."""
    fields = {block.get("block_id") for block in view["blocks"]}
    by_field: dict[str, str] = {}
    for block, sentence in modals.field_errors(errors).items():
        where = block if block in fields else modals.ANSWER
        by_field[where] = f"{by_field[where]} {sentence}" if where in by_field else sentence
    return by_field
