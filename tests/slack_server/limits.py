"""What Slack refuses in texts, blocks, views and manifests, and the code it answers with."""

import json
import re
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.slack_server.workspace import RefusedError, texts_in

UPDATE_CHARACTERS = 4000
POST_CHARACTERS = 40000
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
BLOCK_CHARACTERS = 13200
MARKDOWN_CHARACTERS = 12000
PROMPTS = 4
TITLE_CHARACTERS = 200
SESSION_STATUSES = ("active", "processing", "suspended", "closed")
EVERYBODY = re.compile(r"(?<![\w&])@(channel|here|everyone)\b")
TS = re.compile(r"^\d{10}\.\d{6}$")


def check_text(arguments: dict[str, Any], limit: int) -> None:
    """A message needs a text or blocks, and the text has a limit.

    Raises:
        RefusedError: no_text or msg_too_long.
    """
    text = arguments.get("text") or ""
    if not isinstance(text, str):
        raise RefusedError("invalid_arguments")
    if not text and not arguments.get("blocks") and not arguments.get("attachments"):
        raise RefusedError("no_text")
    if len(text) > limit:
        raise RefusedError("msg_too_long")


def blocks_of(arguments: dict[str, Any], limit: int = MESSAGE_BLOCKS) -> list[dict[str, Any]]:
    """The blocks of a message, checked by slack_sdk's own models and the limits above them.

    Raises:
        RefusedError: invalid_blocks_format, invalid_blocks or msg_blocks_too_long.
    """
    blocks = arguments.get("blocks") or []
    if isinstance(blocks, str):
        try:
            blocks = json.loads(blocks)
        except ValueError as error:
            raise RefusedError("invalid_blocks_format") from error
    if not isinstance(blocks, list):
        raise RefusedError("invalid_blocks_format")
    if len(blocks) > limit:
        raise RefusedError("invalid_blocks", detail=f"no more than {limit} blocks")
    for number, block in enumerate(blocks):
        _check_block(block, number)
    identifiers = [block["block_id"] for block in blocks if "block_id" in block]
    if len(identifiers) != len(set(identifiers)):
        raise RefusedError("invalid_blocks", detail="block_id twice")
    markdown = sum(len(b["text"]) for b in blocks if b["type"] == "markdown")
    if markdown > MARKDOWN_CHARACTERS or sum(map(len, texts_in(blocks))) > BLOCK_CHARACTERS:
        raise RefusedError("msg_blocks_too_long")
    return blocks


def _check_block(block: Any, number: int) -> None:
    where = f"/blocks/{number}"
    try:
        parsed = Block.parse(block)
        if parsed is None:
            raise RefusedError("invalid_blocks", detail=f"unsupported type {where}")
        parsed.to_dict()
    except (SlackObjectFormationError, TypeError, AttributeError) as error:
        raise RefusedError("invalid_blocks", detail=f"{error} {where}") from error
    if any(text == "" for text in texts_in(block)):
        raise RefusedError("invalid_blocks", detail=f"empty text {where}")
    fields = block.get("fields", [])
    if any(len(item["text"]) > 2000 for item in fields):
        raise RefusedError("invalid_blocks", detail=f"field too long {where}")
    element = block.get("element", {})
    if element.get("type") == "plain_text_input":
        allowed = element.get("max_length", 3000)
        if allowed > 3000 or len(element.get("initial_value", "")) > allowed:
            raise RefusedError("invalid_blocks", detail=f"input too long {where}")


def rings(arguments: dict[str, Any], parse: str = "none") -> bool:
    """Whether Slack makes a mention of an @channel in plain words: `parse` is the method's default.

    In blocks it looks for names where `verbatim` does not forbid it.
    """
    as_said = arguments.get("parse") or parse
    text = arguments.get("text") or ""
    if EVERYBODY.search(text) and (
        as_said != "none" or arguments.get("link_names") in (True, 1, "1", "true")
    ):
        return True
    blocks = arguments.get("blocks") or []
    return _rings(json.loads(blocks) if isinstance(blocks, str) else blocks)


def _rings(value: Any) -> bool:
    if isinstance(value, list):
        return any(_rings(item) for item in value)
    if not isinstance(value, dict):
        return False
    if value.get("type") == "mrkdwn":
        return not value.get("verbatim") and bool(EVERYBODY.search(value["text"]))
    return any(_rings(item) for item in value.values())


def view_of(arguments: dict[str, Any], kind: str) -> dict[str, Any]:
    """A modal or home view, checked.

    Raises:
        RefusedError: invalid_arguments.
    """
    view = arguments.get("view")
    if isinstance(view, str):
        view = json.loads(view)
    if not isinstance(view, dict) or view.get("type") != kind:
        raise RefusedError("invalid_arguments", detail="view")
    try:
        View(**view).to_dict()
        blocks = blocks_of(view, VIEW_BLOCKS)
    except (SlackObjectFormationError, RefusedError, TypeError) as error:
        raise RefusedError("invalid_arguments", detail=str(error)) from error
    if kind == "modal" and not view.get("title"):
        raise RefusedError("invalid_arguments", detail="missing title")
    if any(block["type"] == "input" for block in blocks) and not view.get("submit"):
        raise RefusedError("invalid_arguments", detail="missing submit")
    return view


def check_ts(ts: Any, code: str) -> str:
    """A time stamp of Slack's form.

    Raises:
        RefusedError: with the given code.
    """
    if not isinstance(ts, str) or not TS.match(ts):
        raise RefusedError(code)
    return ts


def check_title(title: str) -> str:
    """The title of a thread or a session.

    Raises:
        RefusedError: invalid_arguments.
    """
    if len(title) > TITLE_CHARACTERS:
        raise RefusedError("invalid_arguments", detail="title")
    return title


SUBSCRIPTIONS = {
    "agent_session_stopped": ("chat:write",),
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
}


def check_manifest(manifest: dict[str, Any]) -> None:
    """Fails on what Slack's own check of an app manifest would refuse, as far as is written.

    Lengths: docs.slack.dev/reference/app-manifest.
    """
    shown, features = manifest["display_information"], manifest["features"]
    assert 0 < len(shown["name"]) <= 35
    assert len(shown.get("description", "")) <= 140
    assert 174 <= len(shown.get("long_description", " " * 174)) <= 4000
    assert re.fullmatch(r"#[0-9a-fA-F]{6}", shown.get("background_color", "#000000"))
    assert 0 < len(features["bot_user"]["display_name"]) <= 80
    assert "assistant_view" not in features, "new apps can only have agent_view"
    agent = features["agent_view"]
    assert 0 < len(agent["agent_description"]) <= 300
    assert len(agent.get("suggested_prompts", [])) <= 4
    assert all(p["title"] and p["message"] for p in agent.get("suggested_prompts", []))
    assert len(features["slash_commands"]) <= 50
    for command in features["slash_commands"]:
        assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command["command"])
        assert 0 < len(command["description"]) <= 2000
        assert len(command.get("usage_hint", "")) <= 1000
        assert "url" not in command, "Socket Mode has no request URL"
    for shortcut in features.get("shortcuts", []):
        assert 0 < len(shortcut["name"]) <= 24
        assert 0 < len(shortcut["description"]) <= 150
        assert 0 < len(shortcut["callback_id"]) <= 255
        assert shortcut["type"] in ("message", "global")
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    assert len(scopes) == len(set(scopes)) <= 255
    assert "commands" in scopes
    settings = manifest["settings"]
    events = settings["event_subscriptions"]["bot_events"]
    assert len(events) == len(set(events)) <= 100
    for event in events:
        assert set(SUBSCRIPTIONS[event]) <= set(scopes), f"{event} needs a scope"
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"]["is_enabled"] is True
    assert settings["org_deploy_enabled"] is False
    json.dumps(manifest)
