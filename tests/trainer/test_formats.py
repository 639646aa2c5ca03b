"""Rows of three kinds, and JSON Lines there and back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import DatasetError
from trainer.formats import (
    chatml,
    conversations_to_jsonl,
    format_conversation,
    format_example,
    kind_of,
    parse_jsonl,
    question_and_answer,
    to_jsonl,
    to_messages,
)

TURNS = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Hi"},
    {"role": "user", "content": "Bye"},
    {"role": "assistant", "content": "See you"},
]
words = st.text()
plain = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: "<|" not in text)


def test_messages_are_the_default() -> None:
    assert format_example("q", "a") == {
        "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    }


def test_completions_are_prompt_and_completion() -> None:
    assert format_example("q", "a", "completions") == {"prompt": "q", "completion": "a"}


def test_text_is_chatml() -> None:
    assert format_example("q", "a", format="text") == {
        "text": "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na<|im_end|>"
    }


def test_a_whole_row_can_be_turned_into_another_kind() -> None:
    row = {"prompt": "q", "completion": "a"}
    assert format_example(row, format="chat") == format_example("q", "a")
    assert format_example(format_example(row, format="text"), format="completions") == row


def test_the_system_message_comes_first_in_all_three_kinds() -> None:
    assert format_example("q", "a", system="s")["messages"][0] == {
        "role": "system",
        "content": "s",
    }
    assert format_example("q", "a", "completions", system="s")["prompt"] == "s\n\nq"
    assert format_example("q", "a", "text", system="s")["text"].startswith("<|im_start|>system\ns")


def test_several_turns_in_all_three_kinds() -> None:
    assert format_conversation(TURNS) == {"messages": TURNS}
    assert format_conversation(TURNS, "completions") == {
        "prompt": "Be brief.\n\nUser: Hello\n\nAssistant: Hi\n\nUser: Bye",
        "completion": "See you",
    }
    assert format_conversation(TURNS, "text") == {"text": chatml(TURNS)}


def test_turns_may_be_pairs() -> None:
    pairs = [(turn["role"], turn["content"]) for turn in TURNS]
    assert format_conversation(pairs) == format_conversation({"messages": TURNS})


def test_a_conversation_keeps_its_own_system_message() -> None:
    assert format_conversation(TURNS, system="Other") == {"messages": TURNS}


class Template:
    """A tokenizer as far as rendering goes."""

    bos_token = "<s>"
    bos_token_id = 1

    def apply_chat_template(self, conversation: Any, **options: Any) -> str:
        assert options == {"tokenize": False}
        return "<s>" + "|".join(turn["content"] for turn in conversation)

    def encode(self, text: str) -> list[int]:
        return [1, *range(len(text))]


def test_text_can_use_the_models_template_without_its_begin_token() -> None:
    """mlx-lm adds the begin token again when it encodes a text row."""
    assert format_example("q", "a", "text", tokenizer=Template()) == {"text": "q|a"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("q", "a", "parquet"), "no format is called 'parquet'"),
        (("q",), "needs a completion"),
        (({"question": "q"},), "needs prompt and completion"),
        (({"messages": "q"},), "must be a list"),
        (({"messages": [{"role": "user"}]},), "not nothing"),
        (({"messages": [{"role": "tool", "content": "x"}]},), "role"),
        (({"messages": [1]},), "role and a content"),
        (({"text": 1},), "must be a string"),
        (({"messages": [], "x": 1}, None, "completions"), "end with an assistant"),
    ],
)
def test_what_is_no_example_is_refused(arguments: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        format_example(*arguments)


def test_the_kind_of_a_row_goes_by_its_keys() -> None:
    assert kind_of({"prompt": "", "completion": "", "text": ""}) == "completions"
    assert kind_of({"messages": [], "text": ""}) == "messages"
    assert kind_of({"text": ""}) == "text"


def test_the_question_is_all_before_the_answer_without_the_system_message() -> None:
    assert question_and_answer({"messages": TURNS}) == ("Hello\nHi\nBye", "See you")
    assert question_and_answer({"text": "just text"}) == ("", "just text")
    assert question_and_answer({"messages": TURNS[:2]}) == ("Hello", "")


def test_jsonl_has_one_ended_line_a_row() -> None:
    assert to_jsonl([]) == ""
    assert to_jsonl([{"text": "ü\n"}, {"text": "b"}]) == '{"text": "ü\\n"}\n{"text": "b"}\n'


def test_jsonl_rows_stand_as_they_are_unless_a_format_is_given() -> None:
    row = {"prompt": "q", "completion": "a", "id": 3}
    assert parse_jsonl(to_jsonl([row])) == [row]
    assert parse_jsonl(to_jsonl([row], "messages")) == [format_example("q", "a") | {"id": 3}]
    assert parse_jsonl(to_jsonl([("q", "a")])) == [format_example("q", "a")]
    with pytest.raises(DatasetError):
        to_jsonl(["q"])


def test_conversations_to_jsonl() -> None:
    assert parse_jsonl(conversations_to_jsonl([TURNS, TURNS[1:3]])) == [
        {"messages": TURNS},
        {"messages": TURNS[1:3]},
    ]
    assert "text" in json.loads(conversations_to_jsonl([TURNS], "text"))


@given(st.lists(st.tuples(words, words)))
def test_any_unicode_comes_back(pairs: list[tuple[str, str]]) -> None:
    for kind in ("messages", "completions", "text"):
        rows = [format_example(prompt, completion, kind) for prompt, completion in pairs]
        text = to_jsonl(rows)
        assert parse_jsonl(text) == rows
        assert parse_jsonl(text.encode()) == rows
        assert [json.loads(line) for line in text.splitlines()] == rows


@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), plain), min_size=1))
def test_conversations_come_back_from_chatml(pairs: list[tuple[str, str]]) -> None:
    turns = [{"role": role, "content": content} for role, content in pairs]
    assert to_messages(format_conversation(turns, "text")) == turns


@pytest.mark.parametrize("marker", ["<|im_start|>", "<|im_end|>"])
def test_a_marker_inside_a_message_is_not_written_as_chatml(marker: str) -> None:
    """It would be read back as other turns than were written."""
    with pytest.raises(DatasetError, match="cannot be written as ChatML"):
        format_example(f"q{marker}", "a", "text")
