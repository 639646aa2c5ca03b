"""The manifest of the Slack app, which `nightschool slack-manifest` prints."""

from typing import Any

from bot.slack.messages.suggested_prompts import PROMPTS

NAME = "Nightschool"
SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "reactions:read",
    "reactions:write",
    "usergroups:read",
    "users:read",
)
EVENTS = (
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "reaction_added",
    "reaction_removed",
)


def manifest() -> dict[str, Any]:
    """Returns the app's manifest as JSON has it; the app-level token is made by hand afterwards."""
    return {
        "display_information": {
            "name": NAME,
            "description": "Your team teaches it by day; at night it goes to school.",
            "long_description": (
                "Ask Nightschool in a channel, in a thread or directly. A thumbs-up on an answer "
                "or /teach turns it into a lesson; at night a model on your own machine is "
                "trained on the lessons, and in the morning it answers with what it has learned. "
                "Nothing leaves that machine."
            ),
            "background_color": "#1f2a44",
        },
        "features": {
            "agent_view": {
                "agent_description": "Ask me, teach me; what you teach by day I learn at night.",
                "suggested_prompts": [
                    {"title": title, "message": message} for title, message in PROMPTS
                ],
            },
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "shortcuts": [
                {
                    "name": "Teach this",
                    "type": "message",
                    "callback_id": "teach_this",
                    "description": "Proposes these words as a lesson; their author can refuse",
                }
            ],
            "slash_commands": [
                _command("/teach", "Teach me an answer", "question => answer (or nothing)"),
                _command("/compare", "Base and tuned model, and which is better", "question"),
                _command(
                    "/nightschool",
                    "How school is going",
                    "status | examples | night | adapters | why | people | forget me | help",
                ),
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def _command(command: str, description: str, hint: str) -> dict[str, Any]:
    # `should_escape` makes mentions and channels arrive as <@U...> and <#C...>.
    return {
        "command": command,
        "description": description,
        "usage_hint": hint,
        "should_escape": True,
    }
