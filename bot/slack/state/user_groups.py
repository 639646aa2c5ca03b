"""Names of user groups, such as `@ops`, asked of Slack once an hour."""

import re
import threading
import time
from collections.abc import Callable

import structlog
from slack_sdk import WebClient

from bot.slack.transport.errors import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)
FRESH_SECONDS = 3600.0
"""How long what Slack said, or that it refused, is taken for true."""
UNKNOWN = "group"
"""What a user group is called whose name Slack does not tell: an id would be learned as a word."""
_HANDLE = re.compile(r"[\w.-]{1,80}")


class UserGroups:
    """Looks up the names of user groups; safe from any thread."""

    def __init__(self, client: WebClient, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells seconds that only grow."""
        self._client = client
        self._clock = clock
        self._handles: dict[str, str] = {}
        self._asked_at: float | None = None
        self._guard = threading.Lock()

    def name(self, group: str, label: str = "") -> str:
        """Returns the name of a user group without `@`; it may wait for Slack.

        Args:
            group: its id.
            label: the name that came with it in a text, if one did.
        """
        if label:
            return label
        with self._guard:
            fresh = self._asked_at is not None and self._clock() - self._asked_at < FRESH_SECONDS
            if not fresh:
                self._asked_at = self._clock()
                self._handles = self._read() or self._handles
            return self._handles.get(group, UNKNOWN)

    def _read(self) -> dict[str, str]:
        try:
            groups = self._client.usergroups_list(include_disabled=True).get("usergroups") or []
        except SLACK_TROUBLE as error:
            log.info("user groups are not known", error=type(error).__name__, code=code_of(error))
            return {}
        handles = {str(group.get("id")): str(group.get("handle") or "") for group in groups}
        return {name: handle for name, handle in handles.items() if _HANDLE.fullmatch(handle)}
