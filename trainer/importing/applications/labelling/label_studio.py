"""Reads Label Studio's exports: JSON (tasks with annotations) and JSON-MIN (a flat row a task).

A task holds `data` and `annotations: [{result: [{from_name, type, value}], was_cancelled}]`. A text
area is the answer that a person wrote where its name says so, or where it is the only one and the
data has no answer; ratings, choices, rankers and side-by-side choices judge the answers that `data`
has. Cancelled (skipped) annotations do not count, predictions are suggestions. Chat messages of an
annotation are a talk that somebody held with a model: nobody judged it, so that it is a proposal.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from trainer.errors import DatasetError
from trainer.importing.applications.fields import entries, mapping, shown, text
from trainer.importing.applications.judgement import JudgedAnswer, lessons_and_pairs
from trainer.importing.applications.labelling.annotations import (
    AnnotatedRecord,
    Annotation,
    Kind,
    judged,
    kind_of,
)
from trainer.importing.applications.labelling.field_names import is_answer, is_comment
from trainer.importing.lines import Found, Rejected
from trainer.importing.shapes.messages import turns_of

_KINDS: Mapping[str, Kind] = {
    "textarea": "text",
    "rating": "rating",
    "choices": "label",
    "pairwise": "ranking",
    "ranker": "ranking",
}
_CHAT = "chatmessage"
_NOTES = 6
_MINIMAL = frozenset({"annotation_id", "lead_time"})
_OURS = _MINIMAL | {"id", "annotator", "created_at", "updated_at"}


class LabelStudioReader:
    """Reads a list of tasks of Label Studio, also with a row for each annotation."""

    name = "a Label Studio export"

    def recognises(self, document: Any) -> bool:
        """Returns whether its first entry is a task with annotations, or a row of JSON-MIN."""
        tasks = _tasks(document)
        first = mapping(tasks[0]) if tasks else {}
        if isinstance(first.get("data"), Mapping):
            return isinstance(first.get("annotations", first.get("completions")), list)
        return first.keys() >= _MINIMAL

    def read(self, document: Any) -> Iterator[Found]:
        """Yields answers that people wrote or liked as lessons."""
        records: list[AnnotatedRecord | Rejected] = []
        talks: list[JudgedAnswer | Rejected] = []
        for line, task in enumerate(_tasks(document), 1):
            held = list(_talks(line, mapping(task)))
            talks += held
            if not held:
                records.append(_record(line, mapping(task)))
        return lessons_and_pairs(sorted([*judged(records), *talks], key=lambda one: one.line))


def _tasks(document: Any) -> list[Any]:
    if isinstance(document, list):
        return document
    found = mapping(document)
    return list(entries(found.get("tasks"))) or ([found] if found else [])


def _done(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [mapping(one) for one in entries(task.get("annotations", task.get("completions")))]


def _talks(line: int, task: Mapping[str, Any]) -> Iterator[JudgedAnswer | Rejected]:
    """Yields what the chat messages of each annotation are together."""
    for annotation in _done(task):
        regions = [mapping(one) for one in entries(annotation.get("result"))]
        chat = [mapping(one.get("value")).get(_CHAT) for one in regions if one.get("type") == _CHAT]
        if not chat or annotation.get("was_cancelled"):
            continue
        others = {text(one.get("from_name")) for one in regions if one.get("type") != _CHAT}
        notes = [f"somebody remarked on it ({shown(name)})" for name in sorted(others)]
        try:
            turns = turns_of(chat)
        except DatasetError as error:
            yield Rejected(line, (str(error),))
            continue
        yield JudgedAnswer(line, turns, "unjudged", proposed=True, notes=tuple(notes[:_NOTES]))


def _record(line: int, task: Mapping[str, Any]) -> AnnotatedRecord | Rejected:
    if not isinstance(task.get("data"), Mapping):
        return _minimal(line, task)
    done = _done(task)
    counted = [one for one in done if not one.get("was_cancelled")]
    if done and not counted:
        return Rejected(line, ("its annotation was cancelled (was_cancelled)",))
    data = mapping(task["data"])
    annotations = [found for one in counted for found in _annotations(one, data)]
    predicted = [
        text(found.value)
        for one in entries(task.get("predictions"))
        for found in _annotations(mapping(one), data)
        if found.kind == "text" and not is_comment(found.name)
    ]
    return AnnotatedRecord(line, data, annotations, next(iter(predicted), ""))


def _annotations(annotation: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Annotation]:
    for region in entries(annotation.get("result")):
        kind = mapping(region).get("type")
        name, value = text(mapping(region).get("from_name")), mapping(mapping(region).get("value"))
        if not isinstance(kind, str) or kind not in _KINDS:
            continue
        if kind == "textarea":
            parts = value.get("text")
            whole = parts if isinstance(parts, str) else "\n".join(map(text, entries(parts)))
            yield Annotation(name, "text", whole)
        elif kind == "rating":
            yield Annotation(name, "rating", value.get("rating"))
        elif kind == "choices":
            for choice in entries(value.get("choices")):
                yield Annotation(name, "label", text(choice))
        elif kind == "pairwise":
            yield Annotation(name, "ranking", _side(mapping(region), value, data))
        else:
            yield Annotation(name, "ranking", _ranked(value, data))


def _side(region: Mapping[str, Any], value: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Returns the name of the answer that was preferred to the other one beside it."""
    names = [name for name in data if is_answer(name)]
    shown = text(region.get("to_name")).split(",")
    if all(name in data for name in shown):
        names = shown
    side = {"left": 0, "right": 1}.get(text(value.get("selected")))
    return names[side] if side is not None and side < len(names) else ""


def _ranked(value: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """Returns the names of answers, best first, out of a ranker with one column or with buckets."""
    ranked = value.get("ranker", value)
    lists = [ranked] if isinstance(ranked, list) else list(mapping(ranked).values())
    return [
        name for one in lists for name in entries(one) if isinstance(name, str) and name in data
    ]


def _minimal(line: int, task: Mapping[str, Any]) -> AnnotatedRecord:
    """Reads a row of JSON-MIN, where nothing tells the data from what a person wrote."""
    fields = {key: value for key, value in task.items() if key not in _OURS}
    annotations: list[Annotation] = []
    for name, value in list(fields.items()):
        parts = entries(value) if isinstance(value, list) else (value,)
        plain = [mapping(one).get("rating", one) for one in parts]
        texts = [one for one in plain if isinstance(one, str)]
        if is_answer(name) and texts:
            fields[name] = "\n".join(texts)
        elif len(plain) == 1 and (kind := kind_of(name, plain[0])) in ("rating", "label"):
            annotations.append(Annotation(name, kind, plain[0]))
    return AnnotatedRecord(line, fields, annotations)
