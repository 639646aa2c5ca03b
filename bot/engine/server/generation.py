"""The types that pass between the HTTP side and the model's thread: a request and its events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import mlx.core as mx
from mlx_lm.sample_utils import apply_top_p, greedy_sampler

from bot.engine.server.protocol import ApiError, FinishReason
from trainer.inference.generation import Sampler


@dataclass(frozen=True)
class Sampling:
    """Parameters of the choice of the next token."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    def sampler(self) -> Sampler:
        """Returns a sampler with a random stream of its own.

        Each answer draws from its own stream, so that a seed gives the same answer whoever
        shares the batch. At temperature 0 the most likely token is taken.
        """
        if self.temperature == 0:
            greedy: Sampler = greedy_sampler
            return greedy
        key = mx.random.key(self.seed)

        def sample(logprobs: mx.array) -> mx.array:
            nonlocal key
            key, subkey = mx.random.split(key)
            if self.top_p < 1:
                logprobs = apply_top_p(logprobs, self.top_p)
            return mx.random.categorical(logprobs / self.temperature, key=subkey)

        return sample


@dataclass(frozen=True)
class GenerationRequest:
    """A conversation to continue, and how."""

    messages: Sequence[dict[str, str]]
    """Role and content of each turn, the question last."""
    model: str
    """`base`, `latest` or an adapter version."""
    max_tokens: int
    sampling: Sampling = field(default_factory=Sampling)
    stop_sequences: tuple[str, ...] = ()
    """Texts that end the answer and are not part of it."""


@dataclass(frozen=True)
class Accepted:
    """The first event: the request will be answered."""

    model: str
    """The version that answers, or `base`."""
    prompt_tokens: int


@dataclass(frozen=True)
class TextDelta:
    """More text of the answer."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The last event: the answer is whole."""

    reason: FinishReason
    completion_tokens: int
    reasoning_tokens: int = 0
    """How many of them were reasoning, whose text is left out of the answer."""


GenerationEvent = Accepted | TextDelta | Finished | ApiError
"""`Finished` or an `ApiError` is the last event of a request."""
EventListener = Callable[[GenerationEvent], None]
