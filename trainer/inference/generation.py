"""Answers to many questions at once, with mlx-lm's own batched generation; mostly greedy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
from mlx_lm.generate import BatchGenerator, generate_step
from mlx_lm.models.cache import make_prompt_cache

from trainer.inference.multi_lora import Bank, NotBatchableError, RowModel, Slots
from trainer.reasoning import without_reasoning

ROWS = 8 if trainer.hardware.device.on_cpu() else 16
"""Answers written at the same time: on a processor more take memory and save no time."""


Sampler = Callable[[mx.array], mx.array]
"""Chooses tokens (rows,) from log-probabilities (rows, words)."""
OnAnswer = Callable[[int, int], None]
"""Callback that is given the number of answers done and the number of all answers."""


def ignore_progress(_done: int, _of: int) -> None:
    """Ignores the progress: the default where no callback is given."""


@dataclass(frozen=True)
class AdapterPerRow:
    """Which adapter answers which prompt, in one batch."""

    bank: Bank
    """The bank that the wrapped layers of the model read."""
    slots: Sequence[int]
    """The slot of the adapter for each prompt."""


@dataclass(frozen=True)
class GeneratedText:
    """The answer that a model generated for one prompt."""

    tokens: tuple[int, ...]
    """The tokens of the answer, without the one that ended it."""
    text: str
    """As the bot would show it: without reasoning before the answer."""
    finished: bool
    """False if it was cut off at the limit."""


def answers(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    limits: Sequence[int],
    on_answer: OnAnswer = ignore_progress,
    sampler: Sampler | None = None,
    by_row: AdapterPerRow | None = None,
) -> list[GeneratedText]:
    """Answers every prompt, each as if it were alone.

    Args:
        model: of mlx-lm.
        tokenizer: its wrapper.
        prompts: tokens up to where the model shall speak.
        limits: tokens of each answer at most.
        on_answer: called with how many of how many answers are written.
        sampler: chooses tokens; None takes the likeliest.
        by_row: an adapter for each prompt; None leaves the model as it is.

    Raises:
        NotBatchableError: adapters by row with a model that answers one prompt after another.
    """
    if not prompts:
        return []
    model.eval()
    ends = set(tokenizer.eos_token_ids)
    if all(hasattr(cache, "merge") for cache in make_prompt_cache(model)):
        generated = _together(model, ends, prompts, limits, on_answer, sampler, by_row)
    elif by_row is None:
        generated = _one_by_one(model, ends, prompts, limits, on_answer, sampler)
    else:
        raise NotBatchableError("its memory of a text cannot be put side by side with another's")
    return [
        GeneratedText(
            tuple(tokens),
            without_reasoning(tokenizer.decode(tokens), cut=not finished).strip(),
            finished,
        )
        for tokens, finished in generated
    ]


GeneratedTokens = list[tuple[list[int], bool]]


def _together(
    model: Any,
    ends: set[int],
    prompts: Sequence[Sequence[int]],
    limits: Sequence[int],
    on_answer: OnAnswer,
    sampler: Sampler | None,
    by_row: AdapterPerRow | None,
) -> GeneratedTokens:
    caches = None
    if by_row is not None:
        caches = [[*make_prompt_cache(model), Slots([slot])] for slot in by_row.slots]
    generator: Any = BatchGenerator(
        model if by_row is None else RowModel(model, by_row.bank),
        stop_tokens=[[end] for end in ends],
        sampler=sampler,
        completion_batch_size=ROWS,
        prefill_batch_size=ROWS,
    )
    try:
        uids = generator.insert([list(p) for p in prompts], list(limits), caches)
        written: dict[int, list[int]] = {uid: [] for uid in uids}
        finished: dict[int, bool] = {}
        while responses := generator.next_generated():
            trainer.hardware.device.settle()
            for response in responses:
                if response.finish_reason != "stop":
                    written[response.uid].append(int(response.token))
                if response.finish_reason is not None:
                    finished[response.uid] = response.finish_reason == "stop"
                    on_answer(len(finished), len(prompts))
    finally:
        generator.close()
    return [(written[uid], finished[uid]) for uid in uids]


def _one_by_one(
    model: Any,
    ends: set[int],
    prompts: Sequence[Sequence[int]],
    limits: Sequence[int],
    on_answer: OnAnswer,
    sampler: Sampler | None,
) -> GeneratedTokens:
    """Generates one answer after another: for models whose caches cannot be merged."""
    generated: GeneratedTokens = []
    for prompt, limit in zip(prompts, limits, strict=True):
        written: list[int] = []
        finished = False
        for token, _ in generate_step(
            mx.array(list(prompt)), model, max_tokens=limit, sampler=sampler
        ):
            if int(token) in ends:
                finished = True
                break
            written.append(int(token))
        generated.append((written, finished))
        on_answer(len(generated), len(prompts))
        trainer.hardware.device.settle()
    return generated
