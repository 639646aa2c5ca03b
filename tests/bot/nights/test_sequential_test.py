"""The test that decides when people have turned against an adapter, and how often it is wrong."""

import numpy as np
import pytest

from bot.nights.auto_rollback import ERROR_RATE, evidence, turned_against

VOTES = 200
LIMITS = np.array(
    [
        next((k for k in range(n // 2, n + 1) if turned_against(k, n - k)), n + 1)
        for n in range(VOTES + 1)
    ]
)
"""So many votes against, of n, are enough."""


def ever_crossed(share_against: float) -> float:
    """Chance that the test ever says no within VOTES votes, exactly: one look after each vote."""
    alive, crossed = np.zeros(VOTES + 2), 0.0
    alive[0] = 1.0
    for votes in range(1, VOTES + 1):
        after = alive * (1 - share_against)
        after[1:] += alive[:-1] * share_against
        crossed += after[LIMITS[votes] :].sum()
        after[LIMITS[votes] :] = 0.0
        alive = after
    return float(crossed)


@pytest.mark.parametrize("share", [0.5, 0.45, 0.2])
def test_a_good_adapter_is_rarely_taken_back_however_often_one_looks(share: float) -> None:
    assert ever_crossed(share) <= ERROR_RATE


def test_the_error_rate_of_a_simulation_is_the_documented_one() -> None:
    """2,000 teams of 200 votes each, to whom both answers are equally good."""
    votes = np.random.default_rng(7).random((2000, VOTES)) < 0.5
    wrong = (np.cumsum(votes, axis=1) >= LIMITS[1:]).any(axis=1)
    assert 0.01 < wrong.mean() <= ERROR_RATE


def test_a_bad_adapter_is_found_out() -> None:
    assert ever_crossed(0.75) > 0.99


def test_seven_in_a_row_are_enough_and_six_are_not() -> None:
    assert not turned_against(6, 0)
    assert turned_against(7, 0)
    assert not turned_against(0, 50)


def test_the_evidence_is_the_average_likelihood_ratio() -> None:
    shares = np.linspace(0.5, 1, 20001)
    for against, in_favour in ((0, 0), (3, 1), (9, 4), (0, 5)):
        ratio = (2 * shares) ** against * (2 - 2 * shares) ** in_favour
        average = np.trapezoid(ratio, shares) * 2
        assert evidence(against, in_favour) == pytest.approx(average, rel=1e-5)
