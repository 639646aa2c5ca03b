"""Puts values into nightschool.toml and leaves everything else in it as it was."""

import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

from bot.errors import SettingsError

_TABLE = re.compile(r"^\s*\[")


def put(file: Path, table: str, values: Mapping[str, float]) -> None:
    """Sets numbers in one table of a TOML file; comments, order and other values stay.

    Args:
        file: made if it is missing.
        table: its name, without brackets.
        values: by their keys.

    Raises:
        SettingsError: the file cannot be read, or would not say what it should.
    """
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        expected = tomllib.loads(text)
        expected.setdefault(table, {}).update(values)
        changed = _with(text, table, values)
        if tomllib.loads(changed) != expected:
            raise SettingsError(_by_hand(file, table, values))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise SettingsError(_by_hand(file, table, values)) from error
    handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as copy:
        copy.write(changed)
        copy.flush()
        os.fsync(copy.fileno())
    if file.exists():
        Path(name).chmod(file.stat().st_mode)
    Path(name).replace(file)


def _with(text: str, table: str, values: Mapping[str, float]) -> str:
    lines = text.splitlines()
    head = re.compile(rf"^\s*\[\s*{re.escape(table)}\s*\]\s*(#.*)?$")
    start = next((i for i, line in enumerate(lines) if head.match(line)), None)
    new = {key: f"{key} = {value!r}" for key, value in values.items()}
    if start is None:
        gap = [""] if lines else []
        return "\n".join([*lines, *gap, f"[{table}]", *new.values()]) + "\n"
    end = next((i for i in range(start + 1, len(lines)) if _TABLE.match(lines[i])), len(lines))
    kept = []
    for line in lines[start + 1 : end]:
        key = re.match(r"^\s*([\w-]+)\s*=", line)
        kept.append(new.pop(key[1]) if key and key[1] in new else line)
    while kept and not kept[-1].strip():
        kept.pop()
    tail = ["", *lines[end:]] if end < len(lines) else []
    return "\n".join([*lines[: start + 1], *kept, *new.values(), *tail]) + "\n"


def _by_hand(file: Path, table: str, values: Mapping[str, float]) -> str:
    wanted = ", ".join(f"{key} = {value!r}" for key, value in values.items())
    return f"{file} could not be changed: put {wanted} under [{table}] yourself."
