"""Token counts, the same as training's own, for many rows at once."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_lm.tokenizer_utils import load as load_tokenizer
from tokenizers import AddedToken
from transformers import AutoTokenizer

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


def test_a_model_that_is_not_on_this_disk_has_no_tokenizer_and_is_not_fetched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", asked.append)
    assert tokenizer_of("someone/no-such-model") is None
    assert tokenizer_of("no model at all") is None
    assert asked == []


def test_a_folder_without_a_tokenizer_has_none(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert tokenizer_of(str(tmp_path)) is None


def test_added_words_that_are_no_markers_are_ordinary_text(tmp_path: Path) -> None:
    inner = build_tokenizer(tmp_path)
    inner.add_tokens(["kubernetes", AddedToken("<|tool|>", special=True)])
    special = TokenCounter(inner).special_tokens
    assert "<|tool|>" in special
    assert "kubernetes" not in special


def test_the_progress_of_counting_is_told(tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.dataset.token_counts.BATCH", 2)
    progress: list[tuple[int, int]] = []
    rows = [format_example("q", "a")] * 5
    counts = TokenCounter(tokenizer).count(rows, lambda done, of: progress.append((done, of)))
    assert len(counts) == 5
    assert progress == [(2, 5), (4, 5)]


def test_where_a_template_knows_no_system_role_the_prompt_goes_before_the_question(
    tmp_path: Path,
) -> None:
    build_tokenizer(tmp_path)
    tokenizer: Any = load_tokenizer(tmp_path)
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}"
        "{% endif %}{{ m.role }}:{{ m.content }};{% endfor %}"
    )
    counter = TokenCounter(tokenizer)
    row = format_example("question", "answer", system="brief")
    expected = len("user:brief\n\nquestion;assistant:answer;")
    assert counter.count([row]) == [expected]
    assert counter.over([row], 10) == {0: expected}
    refused = {
        "messages": [{"role": "system", "content": "s"}, {"role": "assistant", "content": "a"}]
    }
    with pytest.raises(ModelError, match="refuses these messages: no system"):
        counter.count([refused])


def test_rows_are_counted_without_thinking(tmp_path: Path) -> None:
    build_tokenizer(tmp_path)
    tokenizer: Any = load_tokenizer(tmp_path)
    tokenizer.chat_template = "{% if enable_thinking %}thinking{% endif %}{{ messages[1].content }}"
    assert TokenCounter(tokenizer).count([format_example("q", "answer")]) == [len("answer")]


class Slow:
    """A tokenizer without a fast backend, as some models have: one token a character."""

    def apply_chat_template(self, conversation: Any, **_: Any) -> str:
        return "".join(turn["content"] for turn in conversation)

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        return [0] * (len(text) + add_special_tokens)


def test_a_tokenizer_without_a_fast_backend_counts_too() -> None:
    rows = [format_example("question", "answer"), {"text": "abc"}]
    assert TokenCounter(Slow()).count(rows) == [14, 4]
