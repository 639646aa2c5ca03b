"""Forms that teach: submitted ones, and the entry "Teach this" in the menu of a message."""

from typing import Any

from slack_bolt import Ack, App

from bot.slack.dependencies import Services
from bot.slack.lessons import corrections, forms, from_command, from_message
from bot.slack.messages import blocks, modals
from bot.slack.messages.ephemeral import Recipient, send_ephemeral
from bot.slack.payloads.submission import listener


def register(app: App, services: Services) -> None:
    """Registers the submissions of /teach, of a better answer and of words of people."""
    lesson = listener(services, from_command.read, from_command.teach, from_command.outcome)
    better = listener(services, forms.correction, corrections.correct, corrections.outcome)
    marked = listener(services, forms.proposal, from_message.learn, from_message.outcome)
    app.view(modals.TEACH)(lesson)
    app.view(forms.CORRECTION)(better)
    app.view(forms.TEACH_THIS)(marked)
    _register_shortcut(app, services)


def _register_shortcut(app: App, services: Services) -> None:
    """Registers the shortcut, whose form is open within three seconds of the click."""

    def work(body: dict[str, Any]) -> None:
        if not services.store.handled_events.claim(f"shortcut:{body['trigger_id']}"):
            return
        message, channel = body["message"], body["channel"]["id"]
        recipient = Recipient(
            body["user"]["id"], channel, message.get("thread_ts"), body.get("response_url")
        )
        try:
            ts = str(body.get("message_ts") or message["ts"])
            from_message.open_form(services, recipient, body["trigger_id"], message, ts)
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            send_ephemeral(services.client, recipient, blocks.sorry(error, "teach this"))

    def chosen(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        services.executors.quick.submit(work, body)

    app.message_shortcut(from_message.SHORTCUT)(chosen)
