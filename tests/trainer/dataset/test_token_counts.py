"""Token counts, the same as training's own, for many rows at once."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_lm.tokenizer_utils import load as load_tokenizer

from tests.tiny_models import build_tokenizer
from trainer.dataset.statistics import dataset_stats
from trainer.dataset.token_counts import TokenCounter, tokenizer_of
from trainer.dataset.validation import validate_dataset, validate_example
from trainer.errors import ModelError
from trainer.formats import format_example, to_messages
from trainer.models.tokenization import full_tokens


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "thinking"])
def tokenizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """mlx-lm's wrapper around a tokenizer of one token a byte."""
    folder = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer(folder, thinking=bool(request.param))
    return load_tokenizer(Path(folder))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(pairs=st.lists(st.tuples(texts, texts), max_size=6))
def test_counts_are_those_of_training(tokenizer: Any, pairs: list[tuple[str, str]]) -> None:
    rows = [format_example(prompt, completion, system="s") for prompt, completion in pairs]
    expected = [len(full_tokens(tokenizer, to_messages(row))) for row in rows]
    counter = TokenCounter(tokenizer)
    assert counter.count(rows) == expected
    for most in (0, 60, 90):
        over = {index: count for index, count in enumerate(expected) if count > most}
        assert counter.over(rows, most) == over


def test_text_rows_are_counted_as_they_are(tokenizer: Any) -> None:
    rows = [{"text": "abc"}, format_example("q", "a"), {"text": "<|im_start|>x"}]
    counts = TokenCounter(tokenizer).count(rows)
    assert (counts[0], counts[2]) == (3, 2)


def test_special_tokens_are_known(tokenizer: Any) -> None:
    special = TokenCounter(tokenizer).special_tokens
    assert {"<|im_start|>", "<|im_end|>", "<|endoftext|>"} <= special


def test_they_are_known_from_the_tokenizer_of_a_folder_too(starter_folder: Path) -> None:
    tokenizer = tokenizer_of(str(starter_folder))
    assert "<|im_end|>" in TokenCounter(tokenizer).special_tokens
    row = {"prompt": "a", "completion": "run <filename> now"}
    (error,) = validate_example(row, tokenizer)
    assert error.startswith("special tokens in the completion: <filename>")


def test_a_row_with_too_many_tokens_would_be_cut_off(tokenizer: Any) -> None:
    row = {"prompt": "q" * 30, "completion": "a" * 30}
    assert validate_example(row, tokenizer) == []
    (error,) = validate_example(row, tokenizer, max_seq_length=50)
    assert error.startswith("over 50 tokens (")
    assert error.endswith("the completion would be cut off")
    result = validate_dataset([row, {"prompt": "q", "completion": "a"}, row], tokenizer, 70)
    assert [index for index, _ in result.errors] == [0, 2]


def test_only_the_tokenizer_knows_its_other_special_tokens(tokenizer: Any) -> None:
    row = {"prompt": "what is <think> for?", "completion": "a"}
    assert validate_example(row) == []
    assert validate_example(row, tokenizer) == ["special tokens in the prompt: <think>"]


def test_statistics_in_tokens(tokenizer: Any) -> None:
    rows = [format_example("q", "a"), format_example("q" * 11, "a")]
    stats = dataset_stats(rows, tokenizer)
    assert stats.tokens is not None
    assert stats.tokens.max - stats.tokens.min == 10


class Refusing:
    """A tokenizer without a template."""

    def apply_chat_template(self, conversation: Any, **options: Any) -> str:
        raise ValueError(f"no template for {len(conversation)} messages, {options}")


def test_a_model_without_a_template_is_told_in_one_line() -> None:
    with pytest.raises(ModelError, match="no chat template"):
        TokenCounter(Refusing()).count([format_example("q", "a")])
