"""Mastered is what greedy decoding would give, token by token."""

import pytest

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import mlx.core as mx
from mlx_lm.generate import generate_step

from tests.tiny_models import build_model
from trainer.evaluation import mastery
from trainer.evaluation.mastery import mastered
from trainer.models.loading import LoadedModel, load
from trainer.models.tokenization import TokenRow, prompt_tokens

PROMPTS = ["Who?", "Who waters the plants on the third floor, and when?", "Where is the key?"]
TOKENS = 9


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return load(build_model(tmp_path_factory.mktemp("model") / "tiny"))


@pytest.fixture(scope="module")
def greedy(loaded: LoadedModel) -> list[TokenRow]:
    """What the model says to each prompt, greedily, as mlx-lm decodes."""
    rows = []
    for text in PROMPTS:
        prompt = prompt_tokens(loaded.tokenizer, [{"role": "user", "content": text}])
        steps = generate_step(mx.array(prompt), loaded.model, max_tokens=TOKENS)
        answer = [int(token) for token, _ in steps]
        rows.append(TokenRow((*prompt, *answer), len(prompt)))
    return rows


def changed(row: TokenRow, place: int) -> TokenRow:
    tokens = list(row.tokens)
    tokens[place] += 1
    return TokenRow(tuple(tokens), row.start)


def test_what_the_model_says_itself_is_mastered(
    loaded: LoadedModel, greedy: list[TokenRow]
) -> None:
    assert mastered(loaded.model, greedy) == [True, True, True]
    assert mastered(loaded.model, []) == []


@pytest.mark.parametrize("place", [-1, -TOKENS])
def test_one_other_token_is_not(loaded: LoadedModel, greedy: list[TokenRow], place: int) -> None:
    """Neither the first token of the answer nor the last one, which ends it."""
    rows = [greedy[0], changed(greedy[1], place), greedy[2]]
    assert mastered(loaded.model, rows) == [True, False, True]


def test_rows_are_looked_at_in_parts_that_fit(
    loaded: LoadedModel, greedy: list[TokenRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mastery, "TOKENS_AT_ONCE", 1)
    rows = [changed(greedy[0], -1), greedy[1], greedy[2]]
    assert mastered(loaded.model, rows) == [False, True, True]
