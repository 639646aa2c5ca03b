"""How often each method of Slack may be called: https://docs.slack.dev/apis/web-api/rate-limits.

Slack counts by method and workspace, in windows of a minute, and says nothing of how large a burst
may be. Here a burst and what a minute adds to it stay together below the tier, so that no window
of a minute, wherever it begins, holds more calls than Slack takes.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """At most `burst` calls at once, and `per_minute` more in every minute."""

    burst: int
    per_minute: float


@dataclass(frozen=True)
class MethodLimits:
    """The limits of one method: of all its calls, and of those for one channel."""

    workspace: Limit
    channel: Limit | None = None


TIER_2 = MethodLimits(Limit(10, 9))
"""20 calls a minute."""
TIER_3 = MethodLimits(Limit(25, 24))
"""50 calls a minute."""
TIER_4 = MethodLimits(Limit(50, 48))
"""100 calls a minute."""
APPENDS = MethodLimits(Limit(40, 58))
"""Tier 4 as well, with more that comes in: long answers take it for minutes."""
MESSAGES = MethodLimits(Limit(60, 180), Limit(3, 58))
"""One message a second in each channel, with short bursts; several hundred a minute in all."""
STATUS = MethodLimits(Limit(200, 300))
"""A special tier: 600 calls a minute."""
HUNDREDS = MethodLimits(Limit(100, 100))
"""A special tier: hundreds of calls a minute."""

METHODS = {
    "agents.sessions.rename": TIER_3,
    "agents.sessions.setStatus": TIER_3,
    "apps.connections.open": TIER_3,
    "assistant.threads.setStatus": STATUS,
    "assistant.threads.setSuggestedPrompts": TIER_4,
    "assistant.threads.setTitle": TIER_4,
    "auth.test": HUNDREDS,
    "chat.appendStream": APPENDS,
    "chat.delete": TIER_3,
    "chat.getPermalink": HUNDREDS,
    "chat.postEphemeral": TIER_4,
    "chat.postMessage": MESSAGES,
    "chat.startStream": TIER_2,
    "chat.stopStream": TIER_2,
    "chat.update": TIER_3,
    "conversations.history": TIER_3,
    "conversations.info": TIER_3,
    "conversations.join": TIER_3,
    "conversations.members": TIER_4,
    "conversations.open": TIER_3,
    "conversations.replies": TIER_3,
    "files.completeUploadExternal": TIER_4,
    "files.getUploadURLExternal": TIER_4,
    "reactions.add": TIER_3,
    "reactions.get": TIER_3,
    "reactions.remove": TIER_2,
    "usergroups.list": TIER_2,
    "users.info": TIER_4,
    "views.open": TIER_4,
    "views.publish": TIER_4,
    "views.update": TIER_4,
}
"""The tier of each method, as its page under docs.slack.dev/reference/methods says."""


def limits_of(method: str) -> MethodLimits:
    """Returns the limits of a method; one that is not in the table counts as Tier 2."""
    return METHODS.get(method, TIER_2)
