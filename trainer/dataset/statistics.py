"""The size of a set in figures: how many rows, how long they are, where they come from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.dataset.token_counts import OnProgress, TokenCounter
from trainer.errors import DatasetError
from trainer.formats import question_and_answer

PERCENTILES = (5, 25, 50, 75, 95)
UNKNOWN_SOURCE = "unknown"


@dataclass(frozen=True)
class Spread:
    """Mean, ends and percentiles of some lengths; all 0 where there are none."""

    mean: float = 0.0
    min: int = 0
    max: int = 0
    percentiles: Mapping[str, float] = field(
        default_factory=lambda: {f"p{share}": 0.0 for share in PERCENTILES}
    )


@dataclass(frozen=True)
class SourceStats:
    """The rows of one source. Lengths as in `DatasetStats`."""

    total_examples: int
    prompt: Spread
    completion: Spread
    tokens: Spread | None


@dataclass(frozen=True)
class DatasetStats:
    """A set in figures. Lengths are in characters, but for `tokens`.

    Attributes:
        sources: how many rows come from where (the rows' `source` key).
        tokens: of whole rows with their template; None when no tokenizer was given.
        by_source: the lengths again for each of these.
    """

    total_examples: int
    avg_prompt_length: float
    min_prompt_length: int
    max_prompt_length: int
    avg_completion_length: float
    min_completion_length: int
    max_completion_length: int
    prompt: Spread
    completion: Spread
    tokens: Spread | None
    sources: Mapping[str, int]
    by_source: Mapping[str, SourceStats]

    def as_dict(self) -> dict[str, Any]:
        """Returns all figures as nested dictionaries for JSON."""
        return asdict(self)


def dataset_stats(
    rows: Iterable[Mapping[str, Any]],
    tokenizer: Any = None,
    *,
    on_progress: OnProgress | None = None,
) -> DatasetStats:
    """Counts and lengths of a set; an empty one gives zeros.

    Args:
        rows: rows of any kind; a key `source` is counted.
        tokenizer: mlx-lm's or transformers'; adds the lengths in tokens.
        on_progress: hears how many rows of how many have been counted in tokens.

    Raises:
        DatasetError: a row that is of no known kind.
    """
    given = list(rows)
    pairs = [_pair(index, row) for index, row in enumerate(given)]
    lengths = np.array([[len(prompt), len(completion)] for prompt, completion in pairs], dtype=int)
    lengths = lengths.reshape(-1, 2)
    tokens = None
    if tokenizer is not None:
        counter = TokenCounter(tokenizer)
        counts = counter.count(given, on_progress) if on_progress else counter.count(given)
        tokens = np.array(counts, dtype=int)
    sources = [_source(row) for row in given]
    places_of = {name: np.flatnonzero(np.array(sources) == name) for name in sorted(set(sources))}
    whole = _stats(np.arange(len(given)), lengths, tokens)
    return DatasetStats(
        total_examples=len(given),
        avg_prompt_length=whole.prompt.mean,
        min_prompt_length=whole.prompt.min,
        max_prompt_length=whole.prompt.max,
        avg_completion_length=whole.completion.mean,
        min_completion_length=whole.completion.min,
        max_completion_length=whole.completion.max,
        prompt=whole.prompt,
        completion=whole.completion,
        tokens=whole.tokens,
        sources={name: len(places) for name, places in places_of.items()},
        by_source={name: _stats(places, lengths, tokens) for name, places in places_of.items()},
    )


def _stats(
    places: NDArray[np.int64], lengths: NDArray[np.int64], tokens: NDArray[np.int64] | None
) -> SourceStats:
    """Figures of the rows at `places`; `lengths` has columns for prompts and completions."""
    return SourceStats(
        len(places),
        spread(lengths[places, 0].tolist()),
        spread(lengths[places, 1].tolist()),
        None if tokens is None else spread(tokens[places].tolist()),
    )


def spread(lengths: Sequence[int]) -> Spread:
    """The mean, ends and percentiles (linear between neighbours) of whole numbers."""
    if not lengths:
        return Spread()
    values = np.percentile(lengths, PERCENTILES)
    return Spread(
        mean=sum(lengths) / len(lengths),
        min=min(lengths),
        max=max(lengths),
        percentiles={
            f"p{share}": float(value) for share, value in zip(PERCENTILES, values, strict=True)
        },
    )


def _pair(index: int, row: Mapping[str, Any]) -> tuple[str, str]:
    try:
        return question_and_answer(row)
    except DatasetError as error:
        raise DatasetError(f"row {index + 1}: {error}") from None


def _source(row: Mapping[str, Any]) -> str:
    source = row.get("source")
    return source if isinstance(source, str) and source else UNKNOWN_SOURCE
