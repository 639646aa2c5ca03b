"""Reasoning before an answer is left out, whole and in streams, and nothing else is."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer import reasoning
from trainer.reasoning import ReasoningFilter, without_reasoning, without_typed_reasoning

MARKS = [
    ("<think>", "</think>"),
    ("<THINK>", "</Think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
]
SNIPPETS = st.sampled_from(
    ["<think>", "</think>", "[THINK]", "[/THINK]", "<answer>", "</answer>", "<", "th", " ", "\n"]
) | st.sampled_from(["`", "```", "Noon.", "a", ",", '"', "Is it?", "K", "İ", "<|end_of_thought|>"])


@pytest.mark.parametrize(("opening", "closing"), MARKS)
def test_leading_reasoning_is_left_out_whatever_its_marks_are(opening: str, closing: str) -> None:
    text = f"\n{opening}\nThey ask about lunch. It is at noon?\n{closing}\n\nAt noon.\n"
    assert without_reasoning(text) == "At noon.\n"
    assert without_reasoning(f"They ask.\n{closing}\n\nAt noon.") == "At noon."


@pytest.mark.parametrize(("opening", "_"), MARKS)
def test_nothing_is_left_of_reasoning_that_never_ends(opening: str, _: str) -> None:
    assert without_reasoning(f"{opening}They ask about lunch") == ""


@pytest.mark.parametrize(
    "text",
    [
        "At noon.",
        "  At noon.\n",
        "",
        "<thin walls>",
        "<answer>At noon.</answer>",
        "Set `<think>` and `</think>` around it.",
        "The model writes <think> first.\n</think> comes later.",
        "It ends with </think> and goes on.",
        "A template:\n```\nAll.\n</think>\n\nnoon\n```\n",
        "Write `this.\n` </think> `that` there",
    ],
)
def test_a_text_without_leading_reasoning_stays_as_it_is(text: str) -> None:
    assert without_reasoning(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<think></think>At noon.",
        "<think>one</think>\n<think>two</think> At noon.",
        "They ask. </think> At noon.",
        "They ask about lunch</think>\n\nAt noon.",
        "One.\n</think>\nTwo.\n</think>\nAt noon.",
        "</think>\n\nAt noon.",
        "Do I write <think> and </think> here? No.\n</think>\nAt noon.",
        "<|begin_of_thought|><|end_of_thought|> <|begin_of_solution|>At noon.<|end_of_solution|>",
        "<think>x</think><answer> At noon.</answer>",
        "<think>I could quote `</think>At noon.",
        "<think>use `</think>` to close\nok</think>\nAt noon.",
        "<think>```\n</think>\n\n```\nok</think>At noon.",
        "<think>a <think> b </think> c.\n</think>\nAt noon.",
        "<think>They say <think> first.</think>At noon.",
        "<think>\n<think>\nThey ask.</think>At noon.",
        "<think>I write </think> here and more</think>At noon.",
        '<think>It ends with "</think>", they say</think>At noon.',
        "<think>They name </think>, the mark. </think> At noon.",
        "They ask.\n</think>\n<answer>At noon.</answer>",
    ],
)
def test_only_the_answer_stays(text: str) -> None:
    assert without_reasoning(text) == "At noon."


def test_a_text_of_which_all_is_reasoning_has_no_answer() -> None:
    assert without_reasoning("They ask about lunch.\n</think>\n") == ""


@given(st.lists(SNIPPETS, max_size=12))
def test_a_stream_gives_what_the_whole_text_gives(pieces: list[str]) -> None:
    """The pieces of a stream may end anywhere; without an opening mark only the filter is held."""
    text = "".join(pieces)
    for size in (1, 2, 5):
        stream, whole = ReasoningFilter(), ReasoningFilter()
        shown = [stream.feed(text[at : at + size]) for at in range(0, len(text), size)]
        assert "".join(shown) + stream.finish() == whole.feed(text) + whole.finish()
    if text.lstrip().lower().startswith(("<think>", "[think]")):
        whole = ReasoningFilter()
        assert without_reasoning(text) == whole.feed(text) + whole.finish()


@given(st.lists(SNIPPETS, max_size=12).map("".join), st.text(max_size=20))
def test_what_is_left_is_the_end_of_the_text(noise: str, end: str) -> None:
    kept = without_reasoning(noise + end)
    assert (noise + end).endswith(kept) or "<answer>" in noise


def test_a_stream_shows_nothing_of_the_reasoning_and_the_answer_at_once() -> None:
    stream = ReasoningFilter()
    shown = [stream.feed(piece) for piece in ["<th", "ink>They", " ask</thi", "nk>\n\nAt", " noon"]]
    assert shown == ["", "", "", "At", " noon"]
    assert stream.left_out


def test_a_stream_whose_template_opened_the_reasoning_begins_within_it() -> None:
    stream = ReasoningFilter(opened=True)
    assert [stream.feed(piece) for piece in ["They ask. ", "</think>", "At noon."]][
        -1
    ] == "At noon."
    cut = ReasoningFilter(opened=True)
    assert cut.feed("They ask") + cut.finish() == ""
    assert cut.inside


def test_a_stream_keeps_few_characters_of_long_reasoning_and_long_white_space() -> None:
    stream = ReasoningFilter()
    stream.feed("\n" * 100_000)
    assert len(stream._held) <= 1000
    stream.feed("<think>" + "x" * 100_000)
    assert len(stream._held) < 100


@pytest.mark.parametrize(
    "text",
    ["<think>a </think> at noon", "<think>`</think>at noon", "<think>x <think> y</think>at noon"],
)
def test_a_mark_that_is_only_named_ends_reasoning_where_none_other_does(text: str) -> None:
    """But not of an answer that a limit cut: there the right one may be missing."""
    assert without_reasoning(text) == "at noon"
    assert without_reasoning(text, cut=True) == ""
    assert without_reasoning(text + " x" * 20_000).startswith("at noon x")


@pytest.mark.parametrize(
    "text",
    [
        "Write your plan first. Then this line:\n</think>\nand the answer.",
        "<thought> is the tag and </thought> ends it.",
        "<think> opens it, `</think>` closes it.",
    ],
)
def test_nothing_is_guessed_of_what_a_person_wrote(text: str) -> None:
    assert without_typed_reasoning(text) == text


def test_a_block_in_front_of_what_a_person_pasted_is_left_out() -> None:
    assert without_typed_reasoning("<think>\nThey ask.\n</think>\n\nAt noon.") == "At noon."
    assert without_typed_reasoning("<think>They ask") == ""


@pytest.mark.parametrize(
    "text", ["<think>", ".\n</think>\n", "<think></think>", "<think>`</think>\n", "<think>a, "]
)
def test_long_texts_of_marks_are_read_a_few_times_at_most(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marks are looked for by one pattern, whose matches are counted here."""
    matches = 0

    class Counted:
        def finditer(self, *place: Any) -> Iterator[re.Match[str]]:
            nonlocal matches
            for match in pattern.finditer(*place):
                matches += 1
                yield match

    pattern = reasoning._PLACES
    monkeypatch.setattr(reasoning, "_PLACES", Counted())
    without_reasoning(text * 5000 + "At noon.")
    assert matches <= 3 * 3 * 5000 + 10
