"""A set in figures."""

import json
from typing import Any

import pytest

from trainer.dataset.statistics import dataset_stats, spread
from trainer.errors import DatasetError

ROWS: list[dict[str, Any]] = [
    {"prompt": "ab", "completion": "abcd", "source": "teach"},
    {"prompt": "abcd", "completion": "ab", "source": "reaction"},
    {"messages": [{"role": "user", "content": "abc"}, {"role": "assistant", "content": "abc"}]},
]


def test_lengths_are_in_characters() -> None:
    stats = dataset_stats(ROWS)
    assert stats.total_examples == 3
    assert (stats.avg_prompt_length, stats.min_prompt_length, stats.max_prompt_length) == (3, 2, 4)
    assert stats.avg_completion_length == 3
    assert (stats.min_completion_length, stats.max_completion_length) == (2, 4)
    assert stats.prompt.percentiles["p50"] == 3


def test_rows_are_counted_by_source() -> None:
    assert dataset_stats(ROWS).sources == {"reaction": 1, "teach": 1, "unknown": 1}


def test_lengths_are_also_told_by_source() -> None:
    stats = dataset_stats(ROWS)
    assert list(stats.by_source) == ["reaction", "teach", "unknown"]
    teach = stats.by_source["teach"]
    assert (teach.total_examples, teach.prompt.mean, teach.completion.max) == (1, 2, 4)
    assert teach.tokens is None


def test_an_empty_set_gives_zeros() -> None:
    stats = dataset_stats([])
    assert stats.total_examples == 0
    assert stats.avg_prompt_length == stats.max_completion_length == 0
    assert stats.prompt.percentiles["p95"] == 0
    assert stats.sources == {}


def test_the_figures_are_json() -> None:
    figures = json.loads(json.dumps(dataset_stats(ROWS).as_dict()))
    assert figures["avg_prompt_length"] == 3
    assert figures["tokens"] is None


def test_a_row_of_no_kind_is_named() -> None:
    with pytest.raises(DatasetError, match="row 2: "):
        dataset_stats([ROWS[0], {"question": "q"}])


def test_percentiles_lie_between_neighbours() -> None:
    lengths = spread(list(range(1, 102)))
    assert lengths.percentiles == {"p5": 6, "p25": 26, "p50": 51, "p75": 76, "p95": 96}
    assert spread([1, 2]).percentiles["p75"] == 1.75
