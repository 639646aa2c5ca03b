"""Whether the app in Slack is installed with everything that its manifest asks for.

A workspace keeps the scopes with which the app was installed until somebody installs it anew, so an
update of the bot may miss some. What it cannot ask then, it takes from events and commands.
"""

from collections.abc import Callable, Collection, Iterator

import httpx
import structlog
from slack_sdk import WebClient

from bot.operations.diagnosis import Diagnosis
from bot.settings import SlackSettings
from bot.slack.manifest import SCOPES
from bot.slack.transport.connection import granted_scopes, web_client
from bot.slack.transport.teams import (
    MEND_ORGANISATION,
    NOT_ORGANISATION_WIDE,
    is_organisation_wide,
)

log = structlog.get_logger(__name__)
SECONDS = 10.0
"""How long Slack may take to answer."""
MEND = (
    "Print the new manifest with `nightschool slack-manifest`, paste it into the app's settings "
    "(App Manifest), and reinstall the app: docs/slack.md. Until then a lesson from a channel "
    "whose kind I do not know is for that channel alone, and not trained."
)


def examine_installation(
    slack: SlackSettings, then: Callable[[WebClient], object] | None = None
) -> Iterator[Diagnosis]:
    """Examines the scopes of the app.

    It says nothing where there is no token or Slack does not take it: `bot.operations.doctor` does.

    Args:
        slack: has the token.
        then: is called with a client where Slack takes the token.
    """
    if slack.bot_token is None:
        return
    try:
        # Without the client of the bot: that one waits for a Slack that is away.
        answer = httpx.post(
            slack.api_url.rstrip("/") + "/auth.test",
            headers={"Authorization": f"Bearer {slack.bot_token.get_secret_value()}"},
            timeout=SECONDS,
        )
        told = answer.json()
        accepted = told.get("ok") is True
    except (httpx.HTTPError, ValueError, AttributeError):
        return
    if not accepted:
        return
    if is_organisation_wide(told):
        yield Diagnosis(NOT_ORGANISATION_WIDE, "missing", MEND_ORGANISATION)
        return
    if missing := missing_scopes(granted_scopes(answer.headers)):
        yield Diagnosis(f"The app in Slack lacks {', '.join(missing)}.", "warning", MEND)
    if then is not None:
        then(web_client(slack))


def missing_scopes(granted: Collection[str] | None) -> tuple[str, ...]:
    """Returns the scopes of the manifest that are not among those granted; None lacks none."""
    return tuple(scope for scope in SCOPES if granted is not None and scope not in granted)


def warn(granted: Collection[str] | None) -> None:
    """Logs which scopes the app lacks; it is called once at each start."""
    if missing := missing_scopes(granted):
        log.warning("the app in Slack lacks scopes", missing=", ".join(missing), mend=MEND)
