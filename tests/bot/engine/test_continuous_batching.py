"""A model whose caches cannot be merged answers rightly all the same, one after the other."""

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
from mlx_lm.models.cache import ChunkedKVCache
from mlx_lm.sample_utils import greedy_sampler

from bot.engine.continuous_batching import Batcher, ContinuousBatcher, SerialBatcher, open_lane
from tests.bot.engine.school import School
from trainer.models.loading import load
from trainer.models.tokenization import prompt_tokens

LIMIT = 12


def texts(
    lane: Batcher, school: School, questions: list[str], drop: int | None = None
) -> list[str]:
    """The answers of a lane; the one at `drop` is removed after the first step."""
    tokenizer = load(school.model).tokenizer
    prompts = [prompt_tokens(tokenizer, [{"role": "user", "content": q}]) for q in questions]
    tickets = [lane.insert(prompt, LIMIT, greedy_sampler, 0) for prompt in prompts]
    said: dict[int, list[int]] = {ticket: [] for ticket in tickets}
    first = True
    while lane.busy:
        for token in lane.step():
            said[token.ticket].append(token.token)
        if first and drop is not None:
            lane.remove(tickets[drop])
            first = False
    return [tokenizer.decode(tokens) for tokens in said.values()]


def test_serial_answers_are_mlx_lms(school: School) -> None:
    model = load(school.model)
    lane = SerialBatcher(model.model, sorted(model.tokenizer.eos_token_ids))
    answers = texts(lane, school, ["Hello", "x"])
    assert answers == [school.expected("Hello", tokens=LIMIT), school.expected("x", tokens=LIMIT)]


def test_a_removed_question_makes_way(school: School) -> None:
    model = load(school.model)
    for lane in (SerialBatcher(model.model, []), ContinuousBatcher(model.model, [], None)):
        answers = texts(lane, school, ["Hello", "x"], drop=0)
        assert len(answers[0]) < LIMIT
        assert answers[1] == school.expected("x", tokens=LIMIT)


def test_the_lane_follows_from_the_models_caches(school: School) -> None:
    model = load(school.model).model
    assert isinstance(open_lane(model, []), ContinuousBatcher)

    class Chunked:
        """A model as Llama 4, whose caches are cut in chunks."""

        def make_cache(self) -> list[ChunkedKVCache]:
            return [ChunkedKVCache(16)]  # type: ignore[no-untyped-call]

    assert isinstance(open_lane(Chunked(), []), SerialBatcher)
