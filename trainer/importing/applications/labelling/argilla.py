"""Reads records of Argilla, as its Python library writes them to a file.

Version 2 nests (`fields`, `responses: {question: [{value, user_id, status}]}`, `suggestions`) or
flattens (`question.responses`, `question.responses.status`, `question.suggestion`); version 1 has
`responses: [{status, values: {question: {value}}}]`, and in its data sets on hubs a list of
`{user_id, value, status}` a question. What was discarded is rejected; a draft does not count.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from trainer.importing.applications.fields import entries, mapping, text
from trainer.importing.applications.judgement import lessons_and_pairs
from trainer.importing.applications.labelling.annotations import (
    AnnotatedRecord,
    Annotation,
    judged,
    kind_of,
)
from trainer.importing.applications.labelling.field_names import is_answer
from trainer.importing.lines import Found, Rejected

_RESPONSES = ".responses"
_SUGGESTION = ".suggestion"
_OLD_SUGGESTION = "-suggestion"
_OURS = frozenset({"id", "status", "_server_id", "external_id", "metadata", "vectors", "score"})

_Response = tuple[str, Any, str]
"""The name of the question, the value, and the status of one person's response."""


class ArgillaReader:
    """Reads a list of Argilla's records, or an object that has one record a key."""

    name = "an Argilla export"

    def recognises(self, document: Any) -> bool:
        """Returns whether its first record has fields with responses or suggestions."""
        records = _records(document)
        return bool(records) and _is_record(mapping(records[0]))

    def read(self, document: Any) -> Iterator[Found]:
        """Yields submitted answers as lessons; suggestions are only proposals."""
        records = enumerate(_records(document), 1)
        return lessons_and_pairs(
            judged(_annotated(line, mapping(record)) for line, record in records)
        )


def _records(document: Any) -> list[Any]:
    if isinstance(document, list):
        return document
    found = mapping(document)
    if isinstance(found.get("records"), list):
        return list(found["records"])
    if found and all("fields" in mapping(value) for value in found.values()):
        return list(found.values())
    return [found] if _is_record(found) else []


def _is_record(record: Mapping[str, Any]) -> bool:
    if isinstance(record.get("fields"), Mapping):
        return "responses" in record or "suggestions" in record
    return any(
        key.endswith((_RESPONSES, _SUGGESTION)) or (key + _OLD_SUGGESTION) in record
        for key in record
    )


def _annotated(line: int, record: Mapping[str, Any]) -> AnnotatedRecord | Rejected:
    nested = isinstance(record.get("fields"), Mapping)
    responses = list(_nested(record) if nested else _flat(record))
    states = {status for _, _, status in responses}
    if record.get("status") == "discarded" or (states and states == {"discarded"}):
        return Rejected(line, ("its status is discarded",))
    annotations = [
        Annotation(name, kind, value)
        for name, value, status in responses
        if status not in ("discarded", "draft") and (kind := kind_of(name, value)) is not None
    ]
    fields = mapping(record["fields"]) if nested else _flat_fields(record)
    return AnnotatedRecord(line, fields, annotations, _suggested(record))


def _nested(record: Mapping[str, Any]) -> Iterator[_Response]:
    for name, given in mapping(record.get("responses")).items():
        for one in entries(given):
            yield name, mapping(one).get("value"), text(mapping(one).get("status"))
    for person in entries(record.get("responses")):
        for name, value in mapping(mapping(person).get("values")).items():
            yield name, mapping(value).get("value"), text(mapping(person).get("status"))


def _flat(record: Mapping[str, Any]) -> Iterator[_Response]:
    for key, values in record.items():
        if key.endswith(_RESPONSES):
            states = entries(record.get(f"{key}.status"))
            for place, value in enumerate(entries(values)):
                status = text(states[place]) if place < len(states) else ""
                yield key.removesuffix(_RESPONSES), value, status
        elif _is_old(values):
            for one in values:
                yield key, mapping(one).get("value"), text(mapping(one).get("status"))


def _flat_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in record.items()
        if key not in _OURS
        and not _is_old(value)
        and not any(mark in key for mark in (_RESPONSES, _SUGGESTION, _OLD_SUGGESTION))
    }


def _is_old(values: Any) -> bool:
    """Returns whether a value is the list of responses of a version 1 data set."""
    return bool(entries(values)) and all(
        "value" in mapping(one) and "status" in mapping(one) for one in values
    )


def _suggested(record: Mapping[str, Any]) -> str:
    """Returns the first answer that was suggested and is text."""
    suggested: list[tuple[str, Any]] = [
        (name, mapping(one).get("value"))
        for name, one in mapping(record.get("suggestions")).items()
    ]
    suggested += [
        (text(mapping(one).get("question_name")), mapping(one).get("value"))
        for one in entries(record.get("suggestions"))
    ]
    suggested += [
        (key.removesuffix(end), value)
        for key, value in record.items()
        for end in (_SUGGESTION, _OLD_SUGGESTION)
        if key.endswith(end)
    ]
    return next(
        (
            text(value)
            for name, value in suggested
            if isinstance(value, str) and is_answer(name) and text(value)
        ),
        "",
    )
