"""What went wrong, twice: a plain word for people, and the place in the log under the same id."""

import re
import traceback
import uuid
from http.client import HTTPException
from pathlib import Path

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from bot.errors import InputError, NightschoolError
from bot.slack.transport.executors import BusyError

log = structlog.get_logger(__name__)
FRAMES = 4
SLACK_TROUBLE = (SlackClientError, OSError, HTTPException)
"""What a call to Slack may raise: a refusal, or no connection."""
_CODE = re.compile(r"[a-z0-9_.]{1,60}")
UNKNOWN = "Something went wrong on my side."


def explain(error: Exception, doing: str) -> str:
    """One sentence for people about `error`; its id is in the log.

    Only our own errors are shown in their words. The log gets the kind of error and the place,
    not the text of other exceptions: that may hold what people wrote.
    """
    if isinstance(error, InputError):
        return str(error)
    number = uuid.uuid4().hex[:8]
    own = isinstance(error, NightschoolError)
    log.error(
        "failed",
        id=number,
        doing=doing,
        error=type(error).__name__,
        reason=str(error) if own else code_of(error),
        where=_where(error),
    )
    sentence = str(error) if own else UNKNOWN
    if isinstance(error, BusyError):
        return sentence
    return f":warning: {sentence} (error {number})"


def code_of(error: Exception) -> str | None:
    """Slack's error code, where it is an answer of Slack's."""
    if not isinstance(error, SlackApiError):
        return None
    data = error.response.data if isinstance(error.response, SlackResponse) else None
    code = str(data.get("error")) if isinstance(data, dict) else ""
    return code if _CODE.fullmatch(code) else "an answer that is not Slack's"


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
