"""Any JSON in the outer shape of an application's export becomes rows, pairs, or sentences."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.importing.applications.labelling.test_argilla import record, said
from tests.trainer.importing.applications.labelling.test_label_studio import region, task
from tests.trainer.importing.applications.slack_export.export import files, folder
from tests.trainer.importing.applications.slack_export.test_reader import ANSWERED
from tests.trainer.importing.applications.test_kiln import run, stars
from tests.trainer.importing.applications.test_open_webui import KEY, TALK, feedback
from trainer.errors import DatasetError
from trainer.importing.applications import FILE_READERS, JSON_READERS, JsonReader
from trainer.importing.applications.kiln import KilnReader
from trainer.importing.applications.labelling.argilla import ArgillaReader
from trainer.importing.applications.labelling.label_studio import LabelStudioReader
from trainer.importing.applications.llama_factory import LlamaFactoryReader
from trainer.importing.applications.open_webui import FeedbackReader
from trainer.importing.applications.open_webui_chats import ChatsReader
from trainer.importing.applications.slack_export.reader import SlackExportReader
from trainer.importing.lines import Found, FoundPair, FoundRow, Rejected
from trainer.importing.options import ReadOptions

WORDS = st.sampled_from(["", "q", "a", "1", "-1", "user", "assistant", "submitted", "discarded"])
NUMBERS = st.one_of(st.integers(-2, 11), st.floats(allow_nan=True), st.just(10**400))
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, WORDS, st.text(max_size=5))
KEYS = sorted(
    {
        *("id", "type", "data", "meta", "snapshot", "chat", "history", "messages", "currentId"),
        *("parentId", "childrenIds", "role", "content", "rating", "message_id", "annotation"),
        *("input", "output", "repaired_output", "source", "properties", "created_by", "v", "value"),
        *("fields", "responses", "suggestions", "status", "values", "response", "prompt", "answer"),
        *("response.responses", "response.responses.status", "response-suggestion", "metadata"),
        *("annotations", "predictions", "result", "from_name", "to_name", "was_cancelled", "text"),
        *("choices", "selected", "ranker", "annotation_id", "lead_time", "completions", "a", "q"),
        *("file_name", "formatting", "columns", "tags", "ranking", "num_samples", "hf_hub_url"),
        *("ts", "thread_ts", "user", "subtype", "reactions", "users", "name", "profile"),
    }
)
ANY = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=30,
)


GOOD = [
    (FeedbackReader(), [feedback(1, "a"), feedback(-1, "b")]),
    (ChatsReader(), [{"id": "c-1", "chat": TALK}, {"id": "c-2", "chat": KEY}]),
    (KilnReader(), [run(rating=stars(5.0)), run("No.", repaired_output={"output": "Yes."})]),
    (
        ArgillaReader(),
        [
            record({"prompt": "q", "response": "a"}, {"quality": said(5)}),
            record({"prompt": "q"}, {"response": said("a")}),
            record({"prompt": "q", "response_1": "a", "response_2": "b"}, {"best": said(["a"])}),
        ],
    ),
    (
        LabelStudioReader(),
        [
            task({"prompt": "q"}, region("textarea", {"text": ["a"]})),
            task({"prompt": "q", "answer": "a"}, region("rating", {"rating": 5})),
            task({"prompt": "q", "answer1": "a", "answer2": "b"}, region("ranker", {"ranker": []})),
        ],
    ),
]

KIND = FoundRow | FoundPair | Rejected


def told(found: Iterator[Found]) -> list[Found] | None:
    """What a reader finds, each a row, a pair or a rejection; None where it refuses it all."""
    read: list[Found] = []
    refused = ""
    try:
        read.extend(found)
    except DatasetError as error:
        refused = str(error)
    sentences = [error for one in read if isinstance(one, Rejected) for error in one.errors]
    assert all("\n" not in one and len(one) < 300 for one in [refused, *sentences])
    assert all(isinstance(one, KIND) for one in read)
    assert all(one.errors for one in read if isinstance(one, Rejected))
    return None if refused else read


def nothing_is_lost(found: Iterator[Found], entries: int) -> None:
    """Every entry is a row, a pair or a rejection, unless one sentence refuses them all."""
    read = told(found)
    assert read is None or {one.line for one in read} == set(range(1, entries + 1))


@pytest.mark.parametrize("reader", JSON_READERS, ids=lambda reader: reader.name)
@given(entries=st.lists(ANY, min_size=1, max_size=4))
def test_no_entry_of_any_list_is_lost(reader: JsonReader, entries: list[Any]) -> None:
    assert reader.recognises(entries) in (True, False)
    nothing_is_lost(reader.read(entries), len(entries))


@pytest.mark.parametrize("reader", JSON_READERS, ids=lambda reader: reader.name)
@given(document=ANY)
def test_any_document_is_read_or_refused(reader: JsonReader, document: Any) -> None:
    assert reader.recognises(document) in (True, False)
    told(reader.read(document))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything inside a document."""
    inside = list(value.items()) if isinstance(value, dict) else []
    if isinstance(value, list):
        inside = list(enumerate(value))
    for key, inner in inside:
        yield (*path, key)
        yield from places(inner, (*path, key))


@st.composite
def altered(draw: st.DrawFn, document: Any) -> Any:
    """A good document with anything in one to three places of it."""
    whole = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(list(places(whole)) or [(0,)]))
        inner = whole
        for key in above:
            inner = inner[key]
        inner[last] = draw(ANY)
    return whole


@pytest.mark.parametrize(("reader", "good"), GOOD, ids=lambda one: getattr(one, "name", ""))
@given(data=st.data())
def test_a_good_document_with_anything_in_it_is_read_or_refused(
    reader: JsonReader, good: list[Any], data: st.DataObject
) -> None:
    read = told(reader.read(good))
    assert read is not None
    assert any(isinstance(one, FoundRow) for one in read)
    nothing_is_lost(reader.read(good), len(good))
    document = data.draw(altered(good))
    nothing_is_lost(reader.read(document), len(document))


@given(data=st.data())
def test_any_slack_export_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    good = files({"help": ANSWERED})
    assert told(_slack(folder(tmp_path_factory.mktemp("good"), good)))
    told(_slack(folder(tmp_path_factory.mktemp("any"), data.draw(altered(good)))))


def _slack(path: Path) -> Iterator[Found]:
    return SlackExportReader().read(path, ReadOptions(), [])


@given(about=ANY, row=ANY)
def test_any_description_of_data_sets_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, about: Any, row: Any
) -> None:
    path = tmp_path_factory.mktemp("any") / "dataset_info.json"
    (path.parent / "a").write_text(json.dumps([row]))
    (path.parent / "a.json").write_text(json.dumps([row]))
    whole = {"first": about}
    if isinstance(about, dict):
        whole["second"] = about | {"file_name": "a.json"}
    path.write_text(json.dumps(whole))
    told(LlamaFactoryReader().read(path, ReadOptions(), []))


@pytest.mark.parametrize("name", ["faq.md", "faq.html", "export.zip", "dataset_info.json", "x"])
@given(content=st.binary(max_size=60))
def test_any_bytes_under_any_name_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    path: Path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(content)
    for reader in FILE_READERS:
        if reader.recognises(path, content):
            told(reader.read(path, ReadOptions(), []))
