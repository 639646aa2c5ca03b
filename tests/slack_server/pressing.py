"""What people do with the mouse: buttons, shortcuts on messages, and forms."""

import time
from collections.abc import Mapping
from typing import Any

from tests.slack_server.deliveries import Delivery
from tests.slack_server.delivering import Delivering
from tests.slack_server.http_face import HttpFace
from tests.slack_server.web_api import WebApi
from tests.slack_server.workspace import ANNA, APP, BOT, TEAM, Message


class Pressing(Delivering):
    """Interactive payloads, each with a trigger that opens one view within three seconds."""

    _api: WebApi
    _face: HttpFace
    shortcuts: set[str]

    def trigger(self) -> str:
        """A new trigger_id."""
        trigger = self.workspace.identifier("trigger.")
        self._api.triggers[trigger] = time.monotonic()
        return trigger

    def response_url(self, channel: str, user: str, pressed: Message | None = None) -> str:
        """An address where this may be answered five times."""
        return self._face.new_response_url(channel, user, pressed)

    def press(self, message: Message, label: str, *, user: str = ANNA) -> Delivery:
        """A person presses the button with this label; a thumb of feedback buttons is one too."""
        block, element, value = _button(message, label)
        with self.changed:
            shown = message.as_json()
            payload = {
                "type": "block_actions",
                "container": {
                    "type": "message",
                    "message_ts": message.ts,
                    "channel_id": message.channel,
                    "is_ephemeral": message.ephemeral_to is not None,
                }
                | ({"thread_ts": message.thread_ts} if message.thread_ts else {}),
                "channel": {"id": message.channel, "name": self._told_name(message.channel)},
                "actions": [
                    {
                        "type": element["type"],
                        "action_id": element["action_id"],
                        "block_id": block.get("block_id", "b1"),
                        "value": value,
                        "action_ts": self.workspace.next_ts(),
                    }
                ],
                "response_url": self.response_url(message.channel, user, message),
            } | ({} if message.ephemeral_to else {"message": shown})
            payload |= self._from(user)
        return self.send(Delivery("interactive", payload))

    def open_home(self, user: str = ANNA, tab: str = "home") -> Delivery | None:
        """A person opens the app's own page; in Slack it has two tabs."""
        with self.changed:
            channel = self.workspace.direct(user).id
            event = {"type": "app_home_opened", "user": user, "channel": channel, "tab": tab}
            return self.emit(event)

    def press_home(self, action_id: str, value: str, *, user: str = ANNA) -> Delivery:
        """A person presses a button of their Home tab, or sends what such a button would."""
        with self.changed:
            payload = {
                "type": "block_actions",
                "container": {"type": "view", "view_id": "V0HOME"},
                "view": {"type": "home", "id": "V0HOME"},
                "actions": [
                    {
                        "type": "button",
                        "action_id": action_id,
                        "block_id": "b1",
                        "value": value,
                        "action_ts": self.workspace.next_ts(),
                    }
                ],
            } | self._from(user)
        return self.send(Delivery("interactive", payload))

    def use_shortcut(self, callback_id: str, message: Message, *, user: str = ANNA) -> Delivery:
        """A person chooses a shortcut from a message's menu."""
        assert callback_id in self.shortcuts, f"{callback_id} is not in the manifest"
        with self.changed:
            payload = {
                "type": "message_action",
                "callback_id": callback_id,
                "message_ts": message.ts,
                "message": message.as_json(),
                "channel": {"id": message.channel, "name": self._told_name(message.channel)},
                "response_url": self.response_url(message.channel, user),
            } | self._from(user)
        return self.send(Delivery("interactive", payload))

    def send_view_submission(
        self, view_id: str, values: Mapping[str, str | None], *, user: str = ANNA
    ) -> Delivery:
        """A person submits a modal with a value for each block id; waits for the answer."""
        with self.changed:
            view = self._api.view_json(view_id)
            state = {
                block["block_id"]: {
                    block["element"]["action_id"]: _filled(block["element"], _given(block, values))
                }
                for block in view["blocks"]
                if block["type"] == "input"
            }
            payload = {
                "type": "view_submission",
                "view": view | {"state": {"values": state}},
                "response_urls": [],
            } | self._from(user)
        delivery = self.send(Delivery("interactive", payload))
        self.wait_until(lambda: delivery.acknowledged, "the modal was not answered")
        return delivery

    def _told_name(self, channel: str) -> str:
        return self.workspace.channel(channel).told_name

    def _from(self, user: str) -> dict[str, Any]:
        person = self.workspace.people[user]
        return {
            "team": {"id": TEAM, "domain": "school"},
            "user": {"id": user, "username": person.name, "team_id": person.team},
            "api_app_id": APP,
            "token": "verification",
            "trigger_id": self.trigger(),
        }


def initial_values(view: Mapping[str, Any]) -> dict[str, str]:
    """What a form proposes in its fields for text, by block id."""
    return {
        block["block_id"]: block["element"].get("initial_value", "")
        for block in view["blocks"]
        if block["type"] == "input" and block["element"]["type"] == "plain_text_input"
    }


def _button(message: Message, label: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    assert message.user == BOT
    for block in message.blocks:
        for element in [*block.get("elements", []), block.get("accessory", {})]:
            choices = [element, *(element.get(f"{sign}_button", {}) for sign in SIGNS)]
            for choice in choices:
                text = choice.get("text")
                if isinstance(text, dict) and text["text"] == label and "value" in choice:
                    return block, element, str(choice["value"])
    raise AssertionError(f"no button {label!r}")


SIGNS = ("positive", "negative")


def _given(block: dict[str, Any], values: Mapping[str, str | None]) -> str | None:
    """What is filled in; only what is optional may be left out."""
    name = block["block_id"]
    return values.get(name) if block.get("optional") else values[name]


def _filled(element: dict[str, Any], value: str | None) -> dict[str, Any]:
    if element["type"] == "datepicker":
        return {"type": element["type"], "selected_date": value}
    if element["type"] != "radio_buttons":
        return {"type": element["type"], "value": value}
    chosen = [option for option in element["options"] if option["value"] == value]
    untouched = element.get("initial_option") if value is None else None
    return {"type": element["type"], "selected_option": chosen[0] if chosen else untouched}
