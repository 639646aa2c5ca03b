"""A model whose caches cannot be merged answers rightly all the same, one after the other."""

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
from mlx_lm.models.cache import ChunkedKVCache
from mlx_lm.sample_utils import greedy_sampler

from bot.engine.server.continuous_batching import (
    Batcher,
    ContinuousBatcher,
    SerialBatcher,
    open_batcher,
)
from tests.bot.engine.tiny_model_home import TinyModelHome
from trainer.models.loading import load
from trainer.models.tokenization import prompt_tokens

LIMIT = 12


def texts(
    batcher: Batcher, tiny_home: TinyModelHome, questions: list[str], drop: int | None = None
) -> list[str]:
    """The answers of a batcher; the one at `drop` is removed after the first step."""
    tokenizer = load(tiny_home.model).tokenizer
    prompts = [prompt_tokens(tokenizer, [{"role": "user", "content": q}]) for q in questions]
    sequence_ids = [batcher.insert(prompt, LIMIT, greedy_sampler, 0) for prompt in prompts]
    said: dict[int, list[int]] = {sequence_id: [] for sequence_id in sequence_ids}
    first = True
    while batcher.busy:
        for token in batcher.step():
            said[token.sequence_id].append(token.token)
        if first and drop is not None:
            batcher.remove(sequence_ids[drop])
            first = False
    return [tokenizer.decode(tokens) for tokens in said.values()]


def test_serial_answers_are_mlx_lms(tiny_home: TinyModelHome) -> None:
    model = load(tiny_home.model)
    batcher = SerialBatcher(model.model, sorted(model.tokenizer.eos_token_ids))
    answers = texts(batcher, tiny_home, ["Hello", "x"])
    assert answers == [
        tiny_home.expected("Hello", tokens=LIMIT),
        tiny_home.expected("x", tokens=LIMIT),
    ]


def test_a_removed_question_makes_way(tiny_home: TinyModelHome) -> None:
    model = load(tiny_home.model)
    for batcher in (SerialBatcher(model.model, []), ContinuousBatcher(model.model, [], None)):
        answers = texts(batcher, tiny_home, ["Hello", "x"], drop=0)
        assert len(answers[0]) < LIMIT
        assert answers[1] == tiny_home.expected("x", tokens=LIMIT)


def test_the_batcher_follows_from_the_models_caches(tiny_home: TinyModelHome) -> None:
    model = load(tiny_home.model).model
    assert isinstance(open_batcher(model, []), ContinuousBatcher)

    class Chunked:
        """A model as Llama 4, whose caches are cut in chunks."""

        def make_cache(self) -> list[ChunkedKVCache]:
            return [ChunkedKVCache(16)]  # type: ignore[no-untyped-call]  # its library is untyped

    assert isinstance(open_batcher(Chunked(), []), SerialBatcher)


def test_an_answer_ends_at_the_end_token_or_at_its_limit(tiny_home: TinyModelHome) -> None:
    loaded = load(tiny_home.model)
    prompt = prompt_tokens(loaded.tokenizer, [{"role": "user", "content": "Hello"}])

    def generated(end: list[int]) -> list[tuple[int, str | None]]:
        batcher = SerialBatcher(loaded.model, end)
        batcher.insert(prompt, 4, greedy_sampler, 0)
        tokens = []
        while batcher.busy:
            tokens += batcher.step()
        return [(token.token, token.reason) for token in tokens]

    whole = generated([])
    assert [reason for _, reason in whole] == [None, None, None, "length"]
    third = whole[2][0]
    first = [token for token, _ in whole].index(third)
    assert generated([third]) == [*whole[:first], (third, "stop")]


def test_a_batcher_whose_only_question_was_removed_is_not_busy(tiny_home: TinyModelHome) -> None:
    loaded = load(tiny_home.model)
    for batcher in (SerialBatcher(loaded.model, []), ContinuousBatcher(loaded.model, [], None)):
        batcher.remove(batcher.insert([3, 4, 5], LIMIT, greedy_sampler, 0))
        assert not batcher.busy
