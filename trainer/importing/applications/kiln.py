"""Reads task runs of Kiln: the `task_run.kiln` files of a project, alone or gathered in a list.

A run holds `input`, `output.output`, `output.rating` of one of three types, and, where a person
mended it, `repaired_output.output`: the repair is the lesson, and a pair with what it repairs. What
Kiln exports for fine-tuning (chats in JSON Lines) the importer knows as rows.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from trainer.errors import DatasetError
from trainer.importing.applications.fields import entries, mapping, number, shown
from trainer.importing.applications.judgement import JudgedAnswer, Verdict, lessons_and_pairs
from trainer.importing.applications.plain_files import files_called, read_plain
from trainer.importing.lines import Found, Origin, Rejected
from trainer.importing.options import ReadOptions

_RUN = "task_run.kiln"
_FOLDERS = ("project.kiln", "task.kiln")
_MOST_FILES = 200_000
_LARGEST_RUN = 1_000_000
_LARGEST_PROJECT = 64_000_000
_LISTS = ("task_runs", "runs", "items", "data")
_VERSION = 1
_LIKED_FROM = {"five_star": 4.0, "pass_fail": 1.0, "pass_fail_critical": 1.0}
"""The lowest value that Kiln calls high quality, for each type of rating."""
_DISLIKED_TO = {"five_star": 2.0, "pass_fail": 0.0, "pass_fail_critical": 0.0}


class KilnReader:
    """Reads one task run of Kiln, or a list of them, also under one key of an object."""

    name = "a Kiln data set"

    def recognises(self, document: Any) -> bool:
        """Returns whether its first entry is a task run."""
        runs = _runs(document)
        first = mapping(runs[0]) if runs else {}
        if first.get("model_type") == "task_run":
            return True
        return "input" in first and isinstance(mapping(first.get("output")).get("output"), str)

    def read(self, document: Any) -> Iterator[Found]:
        """Yields well rated outputs as lessons, unrated ones of a model only as proposals.

        A repair wins over what it repairs, and what a person wrote needs no rating.

        Raises:
            DatasetError: the runs are of a version that is not known.
        """
        runs = _runs(document)
        version = next((mapping(run).get("v", _VERSION) for run in runs if run), _VERSION)
        if version != _VERSION:
            raise DatasetError(
                f"its task runs are of version {shown(version)}, version {_VERSION} is expected: "
                "export the data set from Kiln as OpenAI chat (JSONL)"
            )
        yield from lessons_and_pairs(
            answer for line, run in enumerate(runs, 1) for answer in answers_of(line, mapping(run))
        )


class KilnFolderReader:
    """Reads the folder of a project of Kiln, or of one of its tasks: all task runs in it."""

    name = "a Kiln project"

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002  as FileReader
        """Returns whether a folder is that of a project or a task, by its own file."""
        return path.is_dir() and any((path / name).is_file() for name in _FOLDERS)

    def read(self, path: Path, options: ReadOptions, notes: list[str]) -> Iterator[Found]:  # noqa: ARG002  as FileReader
        """Yields what the reader of a list of runs yields; `line` counts the runs.

        Raises:
            DatasetError: there is no run, or there are too many files.
        """
        runs: list[Any] = []
        broken: list[Rejected] = []
        size = 0
        for line, place in enumerate(files_called(path, _RUN, _MOST_FILES), 1):
            try:
                content = read_plain(place, _LARGEST_RUN)
                size += len(content)
                runs.append(json.loads(content))
            except DatasetError as error:
                broken.append(Rejected(line, (str(error),)))
                runs.append(None)
            except (ValueError, RecursionError):
                broken.append(Rejected(line, ("it is no JSON that can be read",)))
                runs.append(None)
            if size > _LARGEST_PROJECT:
                raise DatasetError(f"its runs are over {_LARGEST_PROJECT // 10**6} MB")
        if not runs:
            raise DatasetError(f"there is no {_RUN} in it: import the folder of a task with runs")
        notes.append(f"{len(runs)} task runs")
        unread = {one.line for one in broken}
        yield from broken
        for found in KilnReader().read(runs):
            if found.line not in unread:
                yield found


def answers_of(line: int, run: Mapping[str, Any]) -> Iterator[JudgedAnswer | Rejected]:
    """Yields the output of a task run and its repair, each with what was thought of it."""
    output, repair = mapping(run.get("output")), mapping(run.get("repaired_output"))
    asked = {"role": "user", "content": run.get("input")}
    if isinstance(repair.get("output"), str) and repair["output"].strip():
        yield JudgedAnswer(line, (asked, _said(repair)), "liked", origin=_origin(repair))
        if output.get("output") != repair["output"]:
            reason = "it was repaired"
            yield JudgedAnswer(line, (asked, _said(output)), "disliked", reason)
        return
    verdict, reason = _verdict(mapping(output.get("rating")))
    if verdict is None:
        yield Rejected(line, (reason,))
        return
    origin = _origin(output)
    # What a person wrote is an answer; what a model wrote and nobody rated is only a proposal.
    proposed = verdict == "unjudged" and not _by_person(output)
    turns = (asked, _said(output))
    yield JudgedAnswer(line, turns, verdict, reason, proposed=proposed, origin=origin)


def _verdict(rating: Mapping[str, Any]) -> tuple[Verdict | None, str]:
    """Returns what was thought of an output and what says so; None where that cannot be told."""
    value = number(rating.get("value"))
    if value is None:
        return "unjudged", ""
    kind = rating.get("type", "five_star")
    if not isinstance(kind, str) or kind not in _LIKED_FROM:
        return None, f"its rating is of the type {shown(kind)}: {', '.join(_LIKED_FROM)} are known"
    reason = f"its rating is {value:g} ({kind})"
    if value >= _LIKED_FROM[kind]:
        return "liked", reason
    if value <= _DISLIKED_TO[kind]:
        return "disliked", reason
    return None, f"{reason}: neither liked nor disliked"


def _said(output: Mapping[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": output.get("output")}


def _by_person(output: Mapping[str, Any]) -> bool:
    return mapping(output.get("source")).get("type") == "human"


def _origin(output: Mapping[str, Any]) -> Origin | None:
    """Returns who wrote an output, where that was a person."""
    author = mapping(mapping(output.get("source")).get("properties")).get("created_by")
    if _by_person(output) and isinstance(author, str) and author:
        return Origin(author=author)
    return None


def _runs(document: Any) -> list[Any]:
    if isinstance(document, list):
        return document
    found = mapping(document)
    if "input" in found or "model_type" in found:
        return [found]
    for key in _LISTS:
        if entries(found.get(key)):
            return list(entries(found[key]))
    return []
