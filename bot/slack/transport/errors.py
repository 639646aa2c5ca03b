"""Failures: a sentence for people, and a line in the log under the same id.

The log gets the kind of an error and the place, never the text of one that is not ours: that may
hold what people wrote.
"""

import re
import traceback
import uuid
from http.client import HTTPException
from pathlib import Path

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from bot.errors import InputError, NightschoolError

log = structlog.get_logger(__name__)
FRAMES = 4
SLACK_TROUBLE = (SlackClientError, OSError, HTTPException)
"""What a call to Slack may raise: a refusal, or no connection."""
_CODE = re.compile(r"[a-z0-9_.]{1,60}")
UNKNOWN = "Something went wrong on my side."


class BusyError(NightschoolError):
    """More questions are waiting than can be answered in good time."""


class ClosedError(RuntimeError):
    """The executor takes nothing more."""


def explain(error: Exception, doing: str) -> str:
    """One sentence for people about `error`, which is logged; the sentence names the line's id.

    Only our own errors are shown in their words.
    """
    if isinstance(error, InputError):
        return str(error)
    number = log_failure(error, doing)
    sentence = str(error) if isinstance(error, NightschoolError) else UNKNOWN
    if isinstance(error, BusyError):
        return sentence
    return f":warning: {sentence} (error {number})"


def log_failure(error: BaseException, doing: str) -> str:
    """Writes one line to the log about `error`, and returns the id that it has there."""
    number = uuid.uuid4().hex[:8]
    log.error(
        "failed",
        id=number,
        doing=doing,
        error=type(error).__name__,
        reason=str(error) if isinstance(error, NightschoolError) else code_of(error),
        where=_where(error),
    )
    return number


def code_of(error: BaseException) -> str | None:
    """Slack's error code, where it is an answer of Slack's."""
    if not isinstance(error, SlackApiError):
        return None
    data = error.response.data if isinstance(error.response, SlackResponse) else None
    code = str(data.get("error")) if isinstance(data, dict) else ""
    return code if _CODE.fullmatch(code) else "an answer that is not Slack's"


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
