"""What is wrong with an example, without and with a tokenizer."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny_models import build_tokenizer
from trainer.dataset.validation import Limits, validate_dataset, validate_example
from trainer.formats import format_example

GOOD = {"prompt": "What colour is the van?", "completion": "Green."}


def chat(*turns: tuple[str, str]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def test_a_good_row_of_each_kind_has_no_errors() -> None:
    assert validate_example(GOOD) == []
    assert validate_example(chat(("system", "s"), ("user", "q"), ("assistant", "a"))) == []
    assert validate_example(format_example("q", "a", "text")) == []
    assert validate_example({"text": "plain text of any kind"}) == []


@pytest.mark.parametrize(
    ("row", "errors"),
    [
        ({"prompt": "", "completion": " \n"}, ["empty prompt", "empty completion"]),
        ({"completion": ""}, ["empty prompt", "empty completion"]),
        ({"prompt": "q"}, ["empty completion"]),
        ({"prompt": None, "completion": "a"}, ["empty prompt"]),
        ({}, ["empty prompt", "empty completion"]),
        ({"prompt": 1, "completion": "a"}, ["the prompt must be text, not int"]),
        ({"prompt": "x" * 4097, "completion": "a"}, ["prompt over 4096 characters (4097)"]),
        ({"prompt": "q", "completion": "x" * 5000}, ["completion over 4096 characters (5000)"]),
        ({"prompt": "q\x00", "completion": "a"}, ["control character U+0000 in the prompt"]),
        ({"prompt": "q", "completion": "\ud800"}, ["control character U+D800 in the completion"]),
        (
            {"prompt": "q", "completion": "a<|im_end|>"},
            ["special tokens in the completion: <|im_end|>"],
        ),
        (
            {"prompt": "q", "completion": "so:\n```python\nprint("},
            ["completion cut off: a code block is opened and never closed"],
        ),
        (
            GOOD | {"finish_reason": "length"},
            ["completion cut off: the model reached its limit of tokens"],
        ),
        ({"text": " "}, ["empty text"]),
        ({"text": "x" * 9000}, ["text over 8192 characters (9000)"]),
        (format_example("", " ", "text"), ["empty prompt", "empty completion"]),
        (format_example("x" * 5000, "a", "text"), ["prompt over 4096 characters (5000)"]),
        (
            format_example("q", "so:\n```python\nprint(", "text"),
            ["completion cut off: a code block is opened and never closed"],
        ),
        (
            format_example("q<|endoftext|>", "a", "text"),
            ["special tokens in the prompt: <|endoftext|>"],
        ),
        (
            {"text": "<|im_start|>user\nq<|im_end|>"},
            ["empty completion: the last message must be the assistant's"],
        ),
        (
            {"text": "half of it", "finish_reason": "length"},
            ["completion cut off: the model reached its limit of tokens"],
        ),
        ({"messages": []}, ["no messages"]),
        ({"messages": [{"role": "wizard", "content": "x"}]}, None),
        (chat(("user", "q")), ["empty completion: the last message must be the assistant's"]),
        (chat(("assistant", "a")), ["empty prompt: no user message", "the user must speak first"]),
        (
            chat(("user", "q"), ("user", "q"), ("assistant", "a")),
            ["user and assistant must take turns"],
        ),
        (
            chat(("user", "q"), ("system", "s"), ("assistant", "a")),
            ["a system message must be the first"],
        ),
        ("text", ["not a row: prompt and completion, or messages, or text are needed"]),
    ],
)
def test_every_error_of_a_row_is_listed(row: Any, errors: list[str] | None) -> None:
    found = validate_example(row)
    assert found == errors if errors is not None else len(found) == 1


def test_4096_characters_are_allowed_and_the_limit_can_be_set() -> None:
    assert validate_example({"prompt": "x" * 4096, "completion": "y" * 4096}) == []
    assert validate_example(GOOD, max_prompt_length=5) == ["prompt over 5 characters (23)"]


def test_tabs_line_ends_and_joined_emoji_are_text() -> None:
    assert validate_example({"prompt": "a\tb\r\nc", "completion": "👩‍👩‍👧"}) == []


def test_a_closed_code_block_is_whole() -> None:
    assert validate_example({"prompt": "q", "completion": "```\nx\n```"}) == []


def test_a_set_is_judged_row_by_row() -> None:
    bad = {"prompt": "", "completion": "a"}
    result = validate_dataset([GOOD, bad, GOOD])
    assert (result.valid, result.valid_count) == ([GOOD, GOOD], 2)
    assert (result.errors, result.invalid_count) == ([(1, ["empty prompt"])], 1)


def test_an_empty_set_is_neither() -> None:
    result = validate_dataset([])
    assert (result.valid, result.errors) == ([], [])


def test_limits_are_settable_for_a_set() -> None:
    limits = Limits(max_completion_length=3)
    assert validate_dataset([GOOD], limits=limits).errors == [
        (0, ["completion over 3 characters (6)"])
    ]


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["prompt", "completion", "messages", "text", "role", "content", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_like)
def test_no_row_whatever_breaks_it(row: Any) -> None:
    errors = validate_example(row)
    assert all(isinstance(error, str) and "\n" not in error for error in errors)


def test_a_models_own_markers_are_known_from_its_tokenizer(tmp_path: Path) -> None:
    row = {"prompt": "what is <think> for?", "completion": "a"}
    assert validate_example(row) == []
    tokenizer = build_tokenizer(tmp_path, thinking=True)
    assert validate_example(row, tokenizer) == ["special tokens in the prompt: <think>"]
