"""Reads the data sets that a `dataset_info.json` of LLaMA-Factory names, from files beside it.

Nothing is fetched from a hub, and no path leads out of the folder. `formatting` is alpaca or
sharegpt (openai is sharegpt with other tags), `columns` and `tags` name its parts, `ranking: true`
makes pairs, and `kto_tag` says whether an answer was liked.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from trainer.errors import DatasetError
from trainer.importing.applications.fields import entries, mapping, number, shown, text
from trainer.importing.applications.plain_files import read_plain
from trainer.importing.encodings import encoding_of
from trainer.importing.lines import Found, Rejected, texts
from trainer.importing.options import ReadOptions
from trainer.importing.parsing import BadEntry, TextFile, list_entries
from trainer.importing.rows import row_at
from trainer.importing.shapes.judgement import JUDGING
from trainer.importing.shapes.names import plain
from trainer.importing.tables.csv_rows import csv_rows
from trainer.jsonl import JsonlError, parse_line

NAME = "dataset_info.json"
_LARGEST = 5_000_000
_LARGEST_FILE = 300_000_000
_MOST_FILES = 100
_MOST_NAMED = 3
_HUBS = ("hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name")
_ALPACA = {"prompt": "instruction", "query": "input", "response": "output"}
_SHAREGPT = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
}
_SHAREGPT |= {"observation_tag": "observation", "function_tag": "function_call"}
_SHAREGPT |= {"system_tag": "system"}
_OPENAI = _SHAREGPT | {"role_tag": "role", "content_tag": "content", "user_tag": "user"}
_OPENAI |= {"assistant_tag": "assistant", "observation_tag": "tool"}
_SIDES = {"user_tag": "user", "assistant_tag": "assistant", "system_tag": "system"}
_MEDIA = ("images", "videos", "audios")


class LlamaFactoryReader:
    """Reads `dataset_info.json`, or the folder that it lies in."""

    name = "LLaMA-Factory data sets"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Returns whether a file, or that of a folder, describes data sets of LLaMA-Factory."""
        try:
            if path.is_dir():
                path = path / NAME
                if not path.is_file():
                    return False
                with path.open("rb") as stream:
                    head = stream.read(4096)
        except OSError:
            return False
        known = (b'"file_name"', *(f'"{hub}"'.encode() for hub in _HUBS))
        return path.name == NAME and any(key in head for key in known)

    def read(self, path: Path, options: ReadOptions, notes: list[str]) -> Iterator[Found]:  # noqa: ARG002  as FileReader
        """Yields the rows of all files that are named; `line` counts the rows of all of them.

        Raises:
            DatasetError: the description cannot be read.
        """
        description = path / NAME if path.is_dir() else path
        line = 0
        elsewhere: list[str] = []
        for name, about in _described(description).items():
            if _is_elsewhere(mapping(about)):
                elsewhere.append(shown(name))
                continue
            count = 0
            for found in _told(description.parent, name, mapping(about)):
                line += 1
                count += not isinstance(found, Rejected)
                yield replace(found, line=line)
            notes.append(f"{shown(name)}: {count} rows")
        if elsewhere:
            named = ", ".join(elsewhere[:_MOST_NAMED])
            notes.append(
                f"only files beside {NAME} are read: {len(elsewhere)} data sets lie elsewhere "
                f"({named}{', ...' if len(elsewhere) > _MOST_NAMED else ''})"
            )


def _told(folder: Path, name: str, about: Mapping[str, Any]) -> Iterator[Found]:
    """Yields the rows of a data set; what is wrong names the set and the row in it."""
    try:
        for found in _dataset(folder, about):
            if isinstance(found, Rejected):
                where = f"{shown(name)}, row {found.line}: "
                yield replace(found, errors=tuple(where + error for error in found.errors))
            else:
                yield found
    except DatasetError as error:
        yield Rejected(1, (f"{shown(name)}: {error}",))


def _is_elsewhere(about: Mapping[str, Any]) -> bool:
    """Returns whether a data set lies on a hub or is made by a script."""
    return not about.get("file_name") and any(about.get(key) for key in _HUBS)


def _described(path: Path) -> Mapping[str, Any]:
    content = read_plain(path, _LARGEST)
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{NAME} is no JSON that can be read") from error
    if not isinstance(document, dict):
        raise DatasetError(f"{NAME} must be an object with a data set under each name")
    return document


def _dataset(folder: Path, about: Mapping[str, Any]) -> Iterator[Found]:
    """Yields the rows of one data set, each by its number in it."""
    formatting = about.get("formatting", "alpaca")
    if formatting not in ("alpaca", "sharegpt", "openai"):
        raise DatasetError(
            f"the formatting {shown(formatting)} is unknown: alpaca and sharegpt are expected"
        )
    limit = number(about.get("num_samples"))
    count = 0
    for path in _files(folder, about):
        for found in _file(path, about, formatting == "alpaca"):
            count += 1
            if limit is not None and count > limit:
                return
            yield replace(found, line=count)


def _files(folder: Path, about: Mapping[str, Any]) -> list[Path]:
    """Returns the files of a data set: one beside its description, or all of a folder there."""
    name = about.get("file_name")
    if not isinstance(name, str) or not name:
        raise DatasetError("it has no file_name")
    place = folder / name
    try:
        inside = place.resolve().is_relative_to(folder.resolve()) and not place.is_symlink()
    except (OSError, ValueError) as error:
        raise DatasetError(f"its file_name {shown(name)} is no name of a file") from error
    if not inside or Path(name).is_absolute():
        raise DatasetError(f"its file_name leads out of the folder of {NAME}")
    if place.is_dir():
        found = [one for one in sorted(place.iterdir()) if one.is_file() and not one.is_symlink()]
        if len(found) > _MOST_FILES:
            raise DatasetError(f"its folder has over {_MOST_FILES} files")
        return found
    if not place.is_file():
        raise DatasetError(f"its file {shown(name)} is not there")
    return [place]


def _file(path: Path, about: Mapping[str, Any], alpaca: bool) -> Iterator[Found]:
    if path.stat().st_size > _LARGEST_FILE:
        raise DatasetError(f"its file is over {_LARGEST_FILE // 10**6} MB: split it")
    ending = path.suffix.lower()
    if ending not in (".json", ".jsonl", ".csv"):
        raise DatasetError(f"its file ends in {shown(ending)}: save it as JSON or JSON Lines")
    with ExitStack() as stack:
        file = TextFile(path, encoding_of(path), stack)
        if ending == ".csv":
            yield from csv_rows(file.open(), _csv_columns(about))
            return
        for line, entry in enumerate(_entries(file), 1):
            if isinstance(entry, BadEntry):
                yield Rejected(line, (entry.reason,))
            elif not isinstance(entry, dict):
                yield Rejected(line, ("not a JSON object in braces",))
            elif media := next((key for key in _MEDIA if _column(entry, about, key, None)), None):
                yield Rejected(line, (f"it has {media}: only text can be learned",))
            else:
                yield row_at(line, (alpaca_row if alpaca else sharegpt_row)(entry, about))


def _entries(file: TextFile) -> Iterator[Any]:
    """Yields the rows of a JSON list, or of JSON Lines."""
    if file.begins_with("["):
        yield from list_entries(file)
        return
    for line, content in texts(file.open()):
        if isinstance(content, Rejected):
            yield BadEntry(content.errors[0])
        elif content.strip():
            try:
                yield parse_line(content, line)
            except JsonlError as error:
                yield BadEntry(error.reason)


def alpaca_row(entry: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a row under the names that Alpaca's data set has."""
    row = {ours: _column(entry, about, key, ours) for key, ours in _ALPACA.items()}
    if about.get("ranking"):
        del row["output"]
        row |= {key: _column(entry, about, key, key) for key in ("chosen", "rejected")}
    return _kept(_others(entry, about, row) | row | _besides(entry, about))


def sharegpt_row(entry: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a row as a list of messages with roles, and two answers where they are ranked."""
    openai = about.get("formatting") == "openai"
    tags = (_OPENAI if openai else _SHAREGPT) | dict(mapping(about.get("tags")))
    messages = _column(entry, about, "messages", "messages" if openai else "conversations")
    said = [_message(mapping(one), tags) for one in entries(messages)]
    row: dict[str, Any] = {"messages": said if isinstance(messages, list) else messages}
    if about.get("ranking"):
        for key in ("chosen", "rejected"):
            row[key] = [_message(mapping(_column(entry, about, key, key)), tags)]
    return _kept(_others(entry, about, row) | row | _besides(entry, about))


def _others(
    entry: Mapping[str, Any], about: Mapping[str, Any], row: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns the keys of an entry that judge its answer and are no column of the data set."""
    columns = mapping(about.get("columns"))
    used = {name for name in columns.values() if isinstance(name, str)} | row.keys()
    return {key: value for key, value in entry.items() if key not in used and plain(key) in JUDGING}


def _message(message: Mapping[str, Any], tags: Mapping[str, Any]) -> dict[str, Any]:
    role = message.get(text(tags["role_tag"]))
    ours = next((side for tag, side in _SIDES.items() if role == tags[tag]), None)
    if role in (tags["observation_tag"], tags["function_tag"]):
        ours = "tool"
    given = {key: message[key] for key in message if key == "tool_calls" or plain(key) in JUDGING}
    content = message.get(text(tags["content_tag"]))
    return {"role": ours if ours is not None else role, "content": content} | given


def _besides(entry: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what stands beside question and answer: system, history, tools, the liking."""
    besides = {key: _column(entry, about, key, None) for key in ("system", "history", "tools")}
    return _kept(besides | {"label": _column(entry, about, "kto_tag", None)})


def _column(
    entry: Mapping[str, Any], about: Mapping[str, Any], key: str, default: str | None
) -> Any:
    name = mapping(about.get("columns")).get(key, default)
    return entry.get(name) if isinstance(name, str) else None


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value is not None}


def _csv_columns(about: Mapping[str, Any]) -> dict[str, str]:
    """Returns the names of the columns of a table, which only has questions and answers."""
    if about.get("ranking") or mapping(about.get("columns")).get("kto_tag"):
        raise DatasetError("its table has judged answers: save it as JSON Lines")
    given = mapping(about.get("columns"))
    ours = {"prompt": "question", "query": "context", "response": "answer", "system": "system"}
    return {
        name: given[key]
        for key, name in ours.items()
        if isinstance(given.get(key), str) and given[key]
    }
