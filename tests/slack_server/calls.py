"""What the app asked of the Web API, one record a call."""

import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """`error` is None where the call succeeded, else the code that was answered."""

    method: str
    arguments: dict[str, Any]
    error: str | None
    at: float = field(default_factory=time.monotonic, compare=False)
    """When it was answered, by `time.monotonic`."""


@dataclass
class Fault:
    """The next calls of a method fail like this; `status` 429 carries Retry-After.

    With `applied` the call does what it should, and only its answer is lost.
    """

    method: str
    error: str
    status: int = 200
    retry_after: int = 0
    times: int = 1
    applied: bool = False
