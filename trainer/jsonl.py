"""JSON Lines: a row a line, written so that any reader agrees; an error in them has a line."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from trainer.errors import DatasetError

Row: TypeAlias = dict[str, Any]
# JSON allows these raw, yet str.splitlines, a byte-order mark reader or UTF-8 would trip on them.
_RISKY_RAW = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")


_OUR_KEYS = ("prompt", "completion", "messages", "text", "role", "content", "system", "id")


class _RefusedError(ValueError):
    """JSON that Python would read and we do not."""


class JsonlError(DatasetError):
    """A line that is not a row; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


def line(row: Mapping[str, Any]) -> str:
    """One row as one line of JSON with its line end, readable in any script."""
    text = json.dumps(row, ensure_ascii=False)
    return _RISKY_RAW.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def parse_jsonl(text: str | bytes) -> list[Row]:
    """The rows of a JSON Lines text; blank lines, CRLF and a byte-order mark are passed over.

    Raises:
        JsonlError: the first line that is not one JSON object, with its number.
    """
    return [row for _, row in numbered_rows(text)]


def numbered_rows(text: str | bytes) -> Iterator[tuple[int, Row]]:
    """As `parse_jsonl`, each row with the number of its line."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = bytes(error.object[: error.start])
            raise JsonlError(before.count(b"\n") + 1, "not UTF-8 text") from None
    # Not splitlines: U+2028 and its like may stand raw inside a JSON string.
    lines = text.removeprefix("\ufeff").split("\n")
    for number, content in enumerate(lines, start=1):
        if content.strip(" \t\r"):
            yield number, parse_line(content, number)


def parse_line(content: str, number: int) -> Row:
    """The row on one line.

    Raises:
        JsonlError: it is not one JSON object, or says a key twice.
    """
    try:
        row = json.loads(content, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise JsonlError(number, f"not JSON ({error.msg} at column {error.colno})") from None
    except RecursionError:
        raise JsonlError(number, "JSON nested too deeply") from None
    except _RefusedError as error:
        raise JsonlError(number, str(error)) from None
    except ValueError:  # Python's own limit for whole numbers
        raise JsonlError(number, "a number has too many digits") from None
    if not isinstance(row, dict):
        raise JsonlError(number, "not a JSON object in braces")
    return row


def _unique(pairs: list[tuple[str, Any]]) -> Row:
    row: Row = {}
    for key, value in pairs:
        if key in row:
            # Other keys may be anybody's text, and errors are shown and logged.
            named = f"the key {key}" if key in _OUR_KEYS else "a key"
            raise _RefusedError(f"{named} appears twice")
        row[key] = value
    return row


def _no_constant(name: str) -> None:
    raise _RefusedError(f"{name} is not JSON")
