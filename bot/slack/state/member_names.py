"""Names of members, asked of Slack once."""

import threading
from collections import OrderedDict

import structlog
from slack_sdk import WebClient

from bot.slack.transport.errors import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)
KEPT = 5000
NOBODY = "someone"


class MemberNames:
    """Looks up display names; safe from any thread."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._names: OrderedDict[str, str] = OrderedDict()
        self._guard = threading.Lock()

    def name(self, user: str) -> str:
        """What people call this member; `someone` where Slack does not say."""
        with self._guard:
            if user in self._names:
                return self._names[user]
        try:
            found = self._client.users_info(user=user)["user"]
        except SLACK_TROUBLE as error:
            log.warning("a name was not found", error=type(error).__name__, code=code_of(error))
            return NOBODY
        profile = found.get("profile", {})
        name = profile.get("display_name") or found.get("real_name") or found.get("name") or NOBODY
        with self._guard:
            self._names[user] = name
            if len(self._names) > KEPT:
                self._names.popitem(last=False)
        return str(name)
