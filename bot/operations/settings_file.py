"""Puts values into nightschool.toml and leaves everything else in it as it was.

The file belongs to its owner: tomlkit keeps comments, order and layout, and the file is replaced
as a whole, so that a full disk or a power cut leaves the old one.
"""

import os
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Comment, Item, Key, Table, Whitespace

from bot.errors import SettingsError, disk_sentence, full_disk


def put(file: Path, table: str, values: Mapping[str, float]) -> None:
    """Sets numbers in one table of a TOML file; comments, order and other values stay.

    Args:
        file: made if it is missing; where it is a link, the file that it leads to is changed.
        table: its name, without brackets.
        values: by their keys.

    Raises:
        SettingsError: the file cannot be read, is no TOML, or cannot be replaced.
    """
    try:
        _replace(file.resolve(), _with(_text(file), table, values))
    except (OSError, UnicodeDecodeError, TOMLKitError, TypeError) as error:
        room = f"{disk_sentence(file.parent)}. " if full_disk(error) else ""
        wanted = ", ".join(f"{key} = {value!r}" for key, value in values.items())
        raise SettingsError(
            f"{room}{file} could not be changed ({_reason(error)}): "
            f"put {wanted} under [{table}] yourself."
        ) from error


def _text(file: Path) -> str:
    # Read as bytes, because reading as text would change the ends of lines.
    return file.read_bytes().decode("utf-8") if file.exists() else ""


def _with(text: str, table: str, values: Mapping[str, float]) -> str:
    """The document with the values in its table.

    Raises:
        TOMLKitError: the text is no TOML.
        TypeError: the table's name is taken by something else.
    """
    document = tomlkit.parse(text if text.endswith("\n") or not text else f"{text}\n")
    if table not in document:
        if text:
            document.add(tomlkit.nl())
        document.add(table, tomlkit.table())
    section = document[table]
    if isinstance(section, Table):
        # Comments after the last key mostly belong to the table that follows.
        tail = _without_key(section.value.body)
        section.update(values)
        for item in tail:
            section.add(item)
    elif isinstance(section, MutableMapping):
        section.update(values)
    else:
        raise TypeError(f"{table} is no table")
    return tomlkit.dumps(document)


def _without_key(body: list[tuple[Key | None, Item]]) -> list[Comment | Whitespace]:
    """Takes the comments and empty lines after the last key out of a table's body."""
    tail: list[Comment | Whitespace] = []
    while body and isinstance(last := body[-1][1], Comment | Whitespace):
        tail.insert(0, last)
        body.pop()
    return tail


def _replace(file: Path, text: str) -> None:
    """Writes a copy beside the file, with the same mode, and renames it to the file."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as copy:
            copy.write(text.encode("utf-8"))
            copy.flush()
            os.fsync(copy.fileno())
        if file.exists():
            Path(name).chmod(file.stat().st_mode)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not in UTF-8"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return " ".join(str(error).split())
