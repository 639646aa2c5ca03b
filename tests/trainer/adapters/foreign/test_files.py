"""Files of a strange folder are read with bounds, and whatever is wrong with one is one line."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from trainer.adapters.foreign import files
from trainer.adapters.foreign.files import Tensor, copy_weights, read_json, shown
from trainer.errors import AdapterError

NAME = "adapter.safetensors"
WHOLE = save({"a": np.ones((2, 3), np.float32), "b": np.ones(4, np.float16)})


def copied(folder: Path, content: bytes, limit: int = 10_000) -> dict[str, Tensor]:
    (folder / NAME).write_bytes(content)
    copy = folder / "copy"
    copy.unlink(missing_ok=True)
    return copy_weights(folder, NAME, copy, limit)


def with_header(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def test_the_arrays_of_a_copy_are_named_with_their_shapes(tmp_path: Path) -> None:
    assert copied(tmp_path, WHOLE) == {"a": Tensor("F32", (2, 3)), "b": Tensor("F16", (4,))}
    assert (tmp_path / "copy").read_bytes() == WHOLE


@pytest.mark.parametrize(
    "content",
    [
        b"",
        WHOLE[:-1],
        WHOLE + b"x",
        (1 << 62).to_bytes(8, "little") + b"{}",
        with_header([]),
        with_header({}),
        with_header({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 8]}}, bytes(8)),
        with_header({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}}),
        with_header({"a": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}, bytes(4)),
        with_header({"a": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}}, bytes(8)),
        with_header({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, bytes(8)),
        with_header({"a": 3}),
        b"\x08" + bytes(7) + b"[" * 8,
    ],
)
def test_a_header_that_cannot_be_is_one_line(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(AdapterError, match="no whole safetensors file"):
        copied(tmp_path, content)


def test_arrays_that_lie_over_one_another_are_refused(tmp_path: Path) -> None:
    about = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    with pytest.raises(AdapterError, match="overlap"):
        copied(tmp_path, with_header({"a": about, "b": about}, bytes(4)))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
_ABOUT = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "BF16", "F64"]) | _JSON,
        "shape": st.lists(st.integers(-1, 4), max_size=3) | _JSON,
        "data_offsets": st.lists(st.integers(-1, 40), min_size=2, max_size=2) | _JSON,
    }
)


@given(st.dictionaries(st.text(max_size=4), _ABOUT | _JSON, max_size=3), st.binary(max_size=40))
def test_no_header_is_more_than_one_line(
    tmp_path_factory: pytest.TempPathFactory, header: object, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("header")
    try:
        tensors = copied(folder, with_header(header, data))
    except AdapterError as error:
        said = str(error)
    else:
        said = ""
        assert all(tensor.kind in ("F32", "BF16") for tensor in tensors.values())
    assert "\n" not in said


def test_what_is_no_plain_file_is_refused_at_once(tmp_path: Path) -> None:
    """A pipe that nobody writes into would be waited for without end."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.mkfifo(folder / NAME)
    with pytest.raises(AdapterError, match="no plain file"):
        copy_weights(folder, NAME, tmp_path / "copy", 1000)
    (folder / "config.json").mkdir()
    with pytest.raises(AdapterError, match="no plain file"):
        read_json(folder, "config.json")


def test_a_link_is_followed_within_its_folder_and_into_the_hubs_blobs(tmp_path: Path) -> None:
    snapshot = tmp_path / "models--x" / "snapshots" / "abc"
    blobs = tmp_path / "models--x" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (blobs / "123").write_text('{"r": 4}')
    (snapshot / "adapter_config.json").symlink_to("../../blobs/123")
    assert read_json(snapshot, "adapter_config.json") == {"r": 4}
    (snapshot / "inner.json").symlink_to("adapter_config.json")
    assert read_json(snapshot, "inner.json") == {"r": 4}
    secret = tmp_path / "secret.json"
    secret.write_text('{"password": "x"}')
    (snapshot / "card.json").symlink_to(secret)
    with pytest.raises(AdapterError, match="leads out of its folder"):
        read_json(snapshot, "card.json")
    (snapshot / "circle").symlink_to("circle")
    with pytest.raises(AdapterError):
        read_json(snapshot, "circle")


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AdapterError, match="has more than 0 MB"):
        copied(tmp_path, WHOLE, limit=len(WHOLE) - 1)
    monkeypatch.setattr(files, "JSON_BYTES", 10)
    (tmp_path / "long.json").write_text('{"a": "0123456789"}')
    with pytest.raises(AdapterError, match="too much for what it should be"):
        read_json(tmp_path, "long.json")


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[1]", b"[" * 100_000])
def test_a_broken_configuration_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "adapter_config.json").write_bytes(content)
    with pytest.raises(AdapterError, match=r"adapter_config\.json"):
        read_json(tmp_path, "adapter_config.json")
    assert read_json(tmp_path, "none.json") is None


def test_strange_words_are_shown_short_and_clean() -> None:
    assert shown("q_proj\n\x1b[31m") == "q_proj??[31m"
    assert len(shown("x" * 500)) == 61
