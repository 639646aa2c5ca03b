"""Marks for answers: alike in words, the key words said, and sums of many."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import DatasetError
from trainer.evaluation import (
    Match,
    Summary,
    compare,
    key_recall,
    key_words,
    matches,
    recalled,
    similarity,
    summarize_results,
)


@pytest.mark.parametrize(
    ("expected", "actual", "score"),
    [
        ("hello world", "hello world", 1.0),
        ("Hello, World!", "world hello", 1.0),
        ("hello world", "hello there", 1 / 3),
        ("a b c d", "c d e f", 2 / 6),
        ("hello", "goodbye", 0.0),
        ("hello", "", 0.0),
        ("", "", 1.0),
        ("?!", "...", 0.0),
    ],
)
def test_similarity_is_the_jaccard_index_of_words(expected: str, actual: str, score: float) -> None:
    assert similarity(expected, actual) == pytest.approx(score)


@given(st.text(), st.text())
def test_similarity_is_symmetric_and_between_0_and_1(one: str, other: str) -> None:
    assert 0 <= similarity(one, other) == similarity(other, one) <= 1
    assert similarity(one, one) == 1


@pytest.mark.parametrize(
    ("prompt", "expected", "keys"),
    [
        (
            "What is the wifi password?",
            "The wifi password is copper-heron-42.",
            {"copper-heron-42"},
        ),
        ("Who approves travel?", "Travel is approved by Marta Olsen.", {"marta", "olsen"}),
        ("Which port does it use?", "It uses port 8427.", {"8427"}),
        ("What colour is the badge?", "The badge is orange.", {"orange"}),
        ("Is it so?", "It is so.", {"it", "is", "so"}),
    ],
)
def test_key_words_are_what_nobody_can_guess_from_the_question(
    prompt: str, expected: str, keys: set[str]
) -> None:
    assert key_words(expected, prompt) == keys


def test_an_answer_in_other_words_counts_as_recalled_and_a_wrong_one_does_not() -> None:
    prompt, taught = "Who approves travel?", "Travel is approved by Marta Olsen in finance."
    assert recalled(taught, "Ask Marta Olsen.", prompt)
    assert not recalled(taught, "Travel is approved by Marta Meyer in finance.", prompt)
    assert not recalled(taught, "Travel is approved by the head of finance.", prompt)
    assert key_recall(taught, "Marta", prompt) == 0.5


def test_a_wrong_number_is_not_recalled_however_alike_the_sentence() -> None:
    prompt, taught = "What is the code of the garage?", "The code of the garage is 5809."
    wrong = "The code of the garage is 5890."
    assert similarity(taught, wrong) > 0.5
    assert not recalled(taught, wrong, prompt)


def test_patterns_match_in_any_case() -> None:
    assert matches(r"\bparis\b", "It is PARIS.")
    assert not matches(r"\bparis\b", "A comparison.")


def test_a_summary_has_the_mean_and_the_share_of_passes_at_one_half() -> None:
    assert summarize_results([1.0, 0.5, 0.5, 0.0]) == Summary(4, 0.5, 0.75)
    assert summarize_results([{"score": 0.4, "prompt": "x"}]) == Summary(1, 0.4, 0.0)


def test_a_summary_of_nothing_is_an_error_and_not_nan() -> None:
    with pytest.raises(DatasetError, match="nothing to summarise"):
        summarize_results([])


def test_models_are_compared_on_the_questions_that_only_one_got_right() -> None:
    assert compare([True, True, False, False], [True, False, True, True]) == Match(won=1, lost=2)


def test_marking_needs_no_mlx() -> None:
    """The bot's own process stays free of it."""
    check = (
        "import sys, trainer.evaluation, trainer.evaluation.gate, trainer.adapters.registry, "
        "trainer.planning.settings, trainer.planning.hyperparameters, trainer.models.loading, "
        "trainer.augmentation.surface_forms; "
        "sys.exit(any(name.split('.')[0] == 'mlx' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
