"""Text goes out as soon as it is certain, and never with any of a stop text."""

from pathlib import Path

import pytest
from mlx_lm.tokenizer_utils import load as load_tokenizer

from bot.engine.server.detokenizer import StreamingDetokenizer
from tests.tiny_models import build_tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> object:
    """One token a byte."""
    folder: Path = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer(folder)
    return load_tokenizer(folder)


def pieces(tokenizer: object, text: str, *stop_sequences: str) -> list[str]:
    """What is said after each byte, and at the end."""
    stream = StreamingDetokenizer(tokenizer, stop_sequences)
    tokens = tokenizer.encode(text)  # type: ignore[attr-defined]  # mlx-lm's wrapper passes it on
    said = []
    for token in tokens:
        said.append(stream.add(token))
        if stream.stopped:
            return said
    return [*said, stream.finalize()]


def test_without_stops_each_token_is_said_at_once(tokenizer: object) -> None:
    assert pieces(tokenizer, "abc") == ["a", "b", "c", ""]


def test_a_character_is_said_when_its_last_byte_is_there(tokenizer: object) -> None:
    said = pieces(tokenizer, "aé🎓b")
    assert "".join(said) == "aé🎓b"
    assert not any("\N{REPLACEMENT CHARACTER}" in piece for piece in said)


def test_reasoning_before_the_answer_is_never_said(tokenizer: object) -> None:
    """Its tokens are counted, and a stop text within it ends nothing."""
    text = "<think>\nEND or not?\n</think>\n\nYes. END of it"
    assert "".join(pieces(tokenizer, text, "END")) == "Yes. "
    stream = StreamingDetokenizer(tokenizer, ())
    for token in tokenizer.encode("<think>ab</think>Yes"):  # type: ignore[attr-defined]  # as above
        stream.add(token)
    assert stream.reasoning_tokens == 4


def test_of_reasoning_that_never_ends_nothing_is_said(tokenizer: object) -> None:
    assert "".join(pieces(tokenizer, "<think>They ask")) == ""


def test_what_only_looks_like_reasoning_is_said_at_the_end(tokenizer: object) -> None:
    assert "".join(pieces(tokenizer, "<thin")) == "<thin"


def test_what_could_begin_a_stop_is_held_until_it_is_clear(tokenizer: object) -> None:
    assert pieces(tokenizer, "aENd", "END") == ["a", "", "", "ENd", ""]


def test_what_was_held_is_said_at_the_end(tokenizer: object) -> None:
    assert pieces(tokenizer, "aEN", "END")[-1] == "EN"


def test_a_stop_ends_the_text_before_itself(tokenizer: object) -> None:
    assert pieces(tokenizer, "aENDb", "END") == ["a", "", "", ""]


def test_the_first_of_several_stops_counts(tokenizer: object) -> None:
    assert "".join(pieces(tokenizer, "one two three", "three", " t")) == "one"


def test_an_overlapping_beginning_is_not_lost(tokenizer: object) -> None:
    assert "".join(pieces(tokenizer, "aaab!", "aab")) == "a"


def test_of_two_stops_that_end_together_the_longer_counts(tokenizer: object) -> None:
    assert "".join(pieces(tokenizer, "one three", "ree", "three")) == "one "
