"""Reports failures: a sentence for people, and a line in the log under the same id.

The log gets the class of an error and its place. The text is logged only of Nightschool's own
errors, since any other may hold what people wrote.
"""

import re
import uuid
from http.client import HTTPException

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from bot.errors import InputError, NightschoolError, raised_at

log = structlog.get_logger(__name__)
SLACK_TROUBLE = (SlackClientError, OSError, HTTPException)
"""What a call to Slack may raise: a refusal, or no connection."""
_CODE = re.compile(r"[a-z0-9_.]{1,60}")
UNKNOWN = "Something went wrong on my side."


class BusyError(NightschoolError):
    """More questions wait than can be answered in good time."""


class ClosedError(RuntimeError):
    """The executor is closed and takes no more tasks."""


def explain(error: Exception, doing: str) -> str:
    """Logs an error, and returns a sentence for people that names the id of the log's line.

    The text of an error is shown only if it is a NightschoolError. An InputError is the author's
    own mistake: it is not logged, and its text is returned alone. A BusyError is logged, but its
    sentence names no id.

    Args:
        error: what went wrong.
        doing: what was done, for the log.
    """
    if isinstance(error, InputError):
        return str(error)
    error_id = log_failure(error, doing)
    sentence = str(error) if isinstance(error, NightschoolError) else UNKNOWN
    if isinstance(error, BusyError):
        return sentence
    return f":warning: {sentence} (error {error_id})"


def log_failure(error: BaseException, doing: str) -> str:
    """Writes one line to the log about `error`, and returns the id that it has there."""
    error_id = uuid.uuid4().hex[:8]
    log.error(
        "failed",
        id=error_id,
        doing=doing,
        error=type(error).__name__,
        reason=str(error) if isinstance(error, NightschoolError) else code_of(error),
        where=raised_at(error),
    )
    return error_id


def code_of(error: BaseException) -> str | None:
    """Returns Slack's error code of a SlackApiError, and None for any other error.

    Where the answer has no code (a proxy sent it, say), a note that says so is returned.
    """
    if not isinstance(error, SlackApiError):
        return None
    data = error.response.data if isinstance(error.response, SlackResponse) else None
    code = str(data.get("error")) if isinstance(data, dict) else ""
    return code if _CODE.fullmatch(code) else "an answer that is not Slack's"
