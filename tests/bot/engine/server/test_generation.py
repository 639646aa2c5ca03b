"""Sampling follows temperature, nucleus and seed."""

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import mlx.core as mx

from bot.engine.server.generation import Sampling

LOGPROBS = mx.log(mx.array([[0.1, 0.5, 0.25, 0.15]]))


def draw(sampling: Sampling, times: int = 60) -> list[object]:
    """The tokens of one answer, if each step gave the same probabilities."""
    sampler = sampling.sampler()
    return [sampler(LOGPROBS).item() for _ in range(times)]


def test_temperature_0_takes_the_most_likely_token() -> None:
    assert set(draw(Sampling())) == {1}


def test_a_seed_repeats_its_tokens_and_another_gives_others() -> None:
    first = draw(Sampling(temperature=1.0, seed=3))
    assert first == draw(Sampling(temperature=1.0, seed=3))
    assert first != draw(Sampling(temperature=1.0, seed=4))
    assert set(first) == {0, 1, 2, 3}, "each step draws anew"


def test_top_p_leaves_out_the_unlikely_tokens() -> None:
    assert set(draw(Sampling(temperature=1.0, top_p=0.7))) == {1, 2}


def test_a_low_temperature_sharpens_the_probabilities() -> None:
    assert set(draw(Sampling(temperature=0.05))) == {1}
