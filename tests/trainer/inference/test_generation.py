"""Greedy answers in batches: the same as each alone, with ends and limits respected."""

from types import SimpleNamespace

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx_lm.generate import generate_step
from mlx_lm.models.cache import KVCache

from trainer.inference.generation import answers
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import prompt_tokens

QUESTIONS = ("Hi", "Where is the key?", "x" * 40, "What is it?", "And?")


def prompts(loaded: LoadedModel) -> list[list[int]]:
    return [prompt_tokens(loaded.tokenizer, [{"role": "user", "content": q}]) for q in QUESTIONS]


def alone(loaded: LoadedModel, prompt: list[int], limit: int) -> tuple[int, ...]:
    tokens = generate_step(mx.array(prompt), loaded.model, max_tokens=limit)
    return tuple(int(token) for token, _ in tokens)


def test_every_answer_is_the_one_that_mlx_lm_gives_to_it_alone(any_tiny: LoadedModel) -> None:
    asked, limits = prompts(any_tiny), [3, 9, 6, 1, 9]
    found = answers(any_tiny.model, any_tiny.tokenizer, asked, limits)
    expected = [alone(any_tiny, p, n) for p, n in zip(asked, limits, strict=True)]
    assert [a.tokens for a in found] == expected
    assert not any(a.finished for a in found)
    assert all(a.text == any_tiny.tokenizer.decode(a.tokens).strip() for a in found)


@pytest.mark.parametrize("together", [True, False])
def test_an_answer_ends_before_its_end_token(
    tiny: LoadedModel, together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for models whose memories cannot be put side by side."""
    asked = prompts(tiny)[:2]
    end = alone(tiny, asked[0], 4)[3]
    monkeypatch.setattr(tiny.tokenizer, "_eos_token_ids", {end})
    if not together:
        monkeypatch.delattr(KVCache, "merge")
    progress: list[tuple[int, int]] = []
    found = answers(
        tiny.model, tiny.tokenizer, asked, [30, 1], lambda a, b: progress.append((a, b))
    )
    cut = alone(tiny, asked[0], 4)
    assert found[0].tokens == cut[: cut.index(end)]
    assert found[0].finished
    assert progress[-1] == (2, 2)


def test_no_questions_give_no_answers(tiny: LoadedModel) -> None:
    assert answers(tiny.model, tiny.tokenizer, [], []) == []


def test_the_text_of_an_answer_has_no_reasoning_and_its_tokens_are_all(tiny: LoadedModel) -> None:
    """The exam judges what people would be shown."""
    said = "<think>a key</think>\n\nYes.\n"
    words = SimpleNamespace(eos_token_ids=tiny.tokenizer.eos_token_ids, decode=lambda _: said)
    (found,) = answers(tiny.model, words, prompts(tiny)[:1], [3])
    assert (found.text, len(found.tokens)) == ("Yes.", 3)
