"""How often Slack takes each method, by its own documentation; more is refused with Retry-After.

Sources, read in the pages of docs.slack.dev in August 2026:

- apis/web-api/rate-limits: a limit is one of a method in a workspace, windows are of a minute; Tier
  2 is 20 calls a minute, Tier 3 is 50, Tier 4 is 100. So a whole minute's calls may come at once.
  chat.postMessage takes one message a second in each channel, with short bursts, and "several
  hundred" a minute in the workspace.
- reference/methods/<method>: the tier of each method ("Special" for the last group of LIMITS).

What no page says is assumed, on the strict side: that any 60 seconds are a window, that a burst in
a channel is four messages, that several hundred are 300, and what the other special methods take.
"""

import math
from collections import deque
from typing import Any

from tests.slack_server.clock import RealClock

WINDOW_SECONDS = 60.0
TIER_2, TIER_3, TIER_4 = 20, 50, 100
LIMITS = {
    "chat.startStream": TIER_2,
    "chat.stopStream": TIER_2,
    "reactions.remove": TIER_2,
    "usergroups.list": TIER_2,
    "agents.sessions.rename": TIER_3,
    "agents.sessions.setStatus": TIER_3,
    "apps.connections.open": TIER_3,
    "chat.delete": TIER_3,
    "chat.update": TIER_3,
    "conversations.history": TIER_3,
    "conversations.info": TIER_3,
    "conversations.join": TIER_3,
    "conversations.open": TIER_3,
    "conversations.replies": TIER_3,
    "reactions.add": TIER_3,
    "reactions.get": TIER_3,
    "assistant.threads.setSuggestedPrompts": TIER_4,
    "assistant.threads.setTitle": TIER_4,
    "chat.appendStream": TIER_4,
    "chat.postEphemeral": TIER_4,
    "conversations.members": TIER_4,
    "files.completeUploadExternal": TIER_4,
    "files.getUploadURLExternal": TIER_4,
    "users.info": TIER_4,
    "views.open": TIER_4,
    "views.publish": TIER_4,
    "views.update": TIER_4,
    # Special: what each takes is said of chat.postMessage alone.
    "assistant.threads.setStatus": 600,
    "auth.test": 300,
    "chat.getPermalink": 300,
    "chat.postMessage": 300,
}
"""Calls in any 60 seconds, by method."""
CHANNEL_BURST = 4
"""Messages of a channel that may come at once; one a second comes in."""


class RateLimits:
    """Counts the calls of one app in one workspace."""

    def __init__(self, clock: RealClock) -> None:
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}
        self._channels: dict[str, tuple[float, float]] = {}

    def refusal(self, method: str, arguments: dict[str, Any]) -> int:
        """The seconds of Retry-After; 0 where the call is taken, which counts it."""
        now = self._clock.now()
        taken = self._calls.setdefault(method, deque())
        while taken and taken[0] <= now - WINDOW_SECONDS:
            taken.popleft()
        wait = 0.0
        if len(taken) >= LIMITS.get(method, TIER_2):
            wait = taken[0] + WINDOW_SECONDS - now
        if method == "chat.postMessage":
            channel = str(arguments.get("channel"))
            left, since = self._channels.get(channel, (float(CHANNEL_BURST), now))
            left = min(float(CHANNEL_BURST), left + now - since)
            wait = max(wait, 1.0 - left)
            self._channels[channel] = (left if wait > 0 else left - 1.0, now)
        if wait > 0:
            return max(1, math.ceil(wait))
        taken.append(now)
        return 0
