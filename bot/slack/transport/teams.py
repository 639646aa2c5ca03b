"""Which workspace an event is of: the ids of people and channels mean something in one alone.

One app-level token brings the events of every workspace where the app is installed. This bot has
the token, the people and the channels of one; what comes from another is not looked at, since an id
there that looks like one here is somebody else's. Who is from another organisation, but in a
channel of this workspace (Slack Connect), is an outsider of it: see `bot.slack.state.members`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from slack_bolt import App, BoltResponse

log = structlog.get_logger(__name__)
NOT_ORGANISATION_WIDE = (
    "The app is installed for a whole Enterprise Grid organisation, which Nightschool does not "
    "support: its lessons, roles and channels are those of one workspace."
)
MEND_ORGANISATION = (
    "Install the app in one workspace (Install App, choose the workspace, not the organisation), "
    "and give that bot token: docs/slack.md."
)


def is_organisation_wide(answer: Mapping[str, Any]) -> bool:
    """Returns whether an answer of `auth.test` is for the token of a whole organisation."""
    return answer.get("is_enterprise_install") in (True, "true")


def is_foreign(body: Mapping[str, Any], team: str) -> bool:
    """Returns whether a payload is of another workspace than `team`.

    An event says for which installations it came. Clicks and commands only tell the team of whoever
    acts, who may be of another organisation and in a shared channel of this workspace.
    """
    authorizations = body.get("authorizations")
    if not isinstance(authorizations, list) or not authorizations:
        return False
    return all(entry.get("team_id") != team for entry in authorizations)


def keep_to(app: App, team: str) -> None:
    """Makes an app look at nothing of another workspace than `team`."""

    def one_workspace(body: dict[str, Any], next: Callable[[], object]) -> BoltResponse | None:  # noqa: A002  Bolt finds it by this name
        if is_foreign(body, team):
            log.warning("an event of another workspace was not looked at", team=team)
            return BoltResponse(status=200)
        next()
        return None

    app.middleware(one_workspace)
