"""What the adapter as judge is measured by."""

from pathlib import Path

import numpy as np
import pytest

from bench.judge import RULES, Judged, first_right, likelihoods, shown
from trainer.evaluation.perplexity import mean_loss
from trainer.models.loading import load
from trainer.models.tokenization import TokenRow
from trainer.retrieval.choice import Hit


def test_a_likelihood_is_that_of_the_answer_alone_however_rows_are_padded(
    tiny_folder: Path,
) -> None:
    model = load(tiny_folder).model
    rows = [TokenRow((5, 6, 7, 8, 9), 2), TokenRow((5, 6, 7), 1)]
    together = likelihoods(model, rows)
    assert together == pytest.approx([-mean_loss(model, [row]) for row in rows], abs=1e-4)


def test_rules_weigh_the_adapter_against_what_found_the_lesson() -> None:
    """The encoder prefers the first lesson, the adapter the second, the base even more so."""
    hits = [[Judged(Hit(0, 0.6, 1.0), -3.0, -3.0), Judged(Hit(1, 0.55, 0.0), -1.6, -1.2)]]
    best = {name: first_right(hits, [0], rule)[0] for name, rule in RULES.items()}
    assert best == {
        "cosine": True, "adapter": False, "adapter - base": True,
        "adapter + cosine": False, "reranker + cosine (in use)": True,
        "that + adapter": True, "that + 2 adapter": False, "that + 4 adapter": False,
        "that + 2 (adapter - base)": True,
    }  # fmt: skip


def test_what_could_be_shown_is_above_nearly_all_that_nobody_taught() -> None:
    untaught = list(np.linspace(0, 1, 100))
    assert shown([0.97, 0.995, 2, 3], [True, True, True, False], untaught) == (0.5, 0.25)
