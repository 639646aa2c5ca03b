"""The entry "Teach this" in the menu of a message: its words are proposed in a form."""

from typing import Any

from slack_bolt import Ack, App

from bot.slack import blocks, teaching
from bot.slack.services import Services
from bot.slack.whispering import Ear, whisper


def register(app: App, services: Services) -> None:
    """Registers the shortcut."""

    def work(body: dict[str, Any]) -> None:
        if not services.store.events.claim(f"shortcut:{body['trigger_id']}"):
            return
        message, channel = body["message"], body["channel"]["id"]
        ear = Ear(body["user"]["id"], channel, message.get("thread_ts"), body.get("response_url"))
        try:
            ts = str(body.get("message_ts") or message["ts"])
            teaching.open_form(services, ear, body["trigger_id"], message, ts)
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            whisper(services.client, ear, blocks.sorry(error, "teach this"))

    def chosen(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        services.lanes.quick.submit(work, body)

    app.message_shortcut(teaching.SHORTCUT)(chosen)
