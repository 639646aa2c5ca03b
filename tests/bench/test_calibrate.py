"""The questions that the calibration is reported on, and is not fitted on."""

import numpy as np
import pytest

from bench.calibrate import held, own_questions, taken_for_own
from trainer.retrieval.calibration import LogisticRegression
from trainer.retrieval.decision import OWN
from trainer.retrieval.fitting import shipped_questions


def test_held_questions_are_not_among_those_that_are_fitted_on() -> None:
    fitted = {*own_questions(), *shipped_questions().general}
    own, general = held("own"), held("general")
    assert (len(own), len(general)) == (120, 120)
    assert fitted.isdisjoint({*own, *general})


def test_a_question_is_taken_for_own_from_a_certain_chance_on() -> None:
    weights = LogisticRegression((1.0,), 0.0)
    bound = float(np.log(OWN / (1 - OWN)))
    rows = np.array([[bound - 0.1], [bound + 0.1], [bound + 1], [bound - 1]])
    assert taken_for_own(weights, rows) == pytest.approx(0.5)
    assert taken_for_own(weights, rows[1:3]) == 1.0
