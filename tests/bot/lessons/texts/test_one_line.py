"""What stands on the two sides of an arrow, and where a reading is only a guess."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.lessons.texts.one_line import OneLine, read_line


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("a => b", ("a", "b")),
        ("a=>b", ("a", "b")),
        ("a -> b", ("a", "b")),
        ("a ⇒ b", ("a", "b")),
        ("a → b", ("a", "b")),
        ("a --> b", ("a", "b")),
        ("a ==> b", ("a", "b")),
        ("Who waters the plants?->Noor", ("Who waters the plants?", "Noor")),
        ("How?\n=>\nSo.\nAnd so.", ("How?", "So.\nAnd so.")),
    ],
)
def test_one_arrow_stands_between_question_and_answer(text: str, sides: tuple[str, str]) -> None:
    assert read_line(text) == OneLine(*sides, certain=True)


@pytest.mark.parametrize(
    "text", ["a =>", "=> b", "a b", "", "a <=> b", "a <-> b", "`a => b`", "```\na => b\n```", "->"]
)
def test_a_text_without_two_sides_is_no_lesson(text: str) -> None:
    assert read_line(text) is None


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("What is `x => x + 1`? => A lambda.", ("What is `x => x + 1`?", "A lambda.")),
        ("How? => Write `p->x`.", ("How?", "Write `p->x`.")),
        ("How? => ```\na -> b\n```", ("How?", "```\na -> b\n```")),
        ("How? => ``a ` -> b``", ("How?", "``a ` -> b``")),
        ("How? => ```a -> b", ("How?", "```a -> b")),
    ],
)
def test_an_arrow_within_code_is_no_separator(text: str, sides: tuple[str, str]) -> None:
    assert read_line(text) == OneLine(*sides, certain=True)


def test_a_single_back_tick_opens_no_code() -> None:
    assert read_line("What is `? => A back-tick.") == OneLine("What is `?", "A back-tick.")
    assert read_line("a `b\nc => d` e") == OneLine("a `b\nc", "d` e")


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("a => b => c", ("a", "b => c")),
        ("a=>b => c", ("a", "b => c")),
        ("How do I deploy? => Settings -> Build", ("How do I deploy?", "Settings -> Build")),
        ("Build -> Deploy: where? => Here.", ("Build -> Deploy: where?", "Here.")),
        ("Build -> Deploy => Here.", ("Build -> Deploy", "Here.")),
        ("What does p->x do => It reads x.", ("What does p->x do", "It reads x.")),
        ("=> a => b", ("=> a", "b")),
    ],
)
def test_with_several_arrows_both_sides_are_a_guess(text: str, sides: tuple[str, str]) -> None:
    assert read_line(text) == OneLine(*sides, certain=False)


def test_a_thin_arrow_within_a_word_is_only_a_guess() -> None:
    assert read_line("wifi->guest") == OneLine("wifi", "guest", certain=False)


@given(st.text(alphabet="ab `=->⇒\n?", max_size=60))
@settings(derandomize=True)
def test_nothing_but_an_arrow_is_lost_of_any_text(text: str) -> None:
    line = read_line(text)
    if line is not None:
        assert line.prompt
        assert line.completion
        assert text.strip().startswith(line.prompt)
        assert text.strip().endswith(line.completion)


def test_thousands_of_arrows_and_back_ticks_are_read_as_one_guess() -> None:
    line = read_line("a => b `" * 5000)
    assert line is not None
    assert not line.certain
