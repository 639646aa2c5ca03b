"""When opinions that come in one by one have turned against something. Pure.

Looking at the votes every day and stopping when they look bad would, in the end, reject anything.
This test may be looked at after every vote: it is a mixture sequential probability ratio test.
"""

from math import comb

ERROR_RATE = 0.05
"""Chance that an adapter that people like at least as much is ever taken back."""


def evidence(against: int, in_favour: int) -> float:
    """How much likelier the votes are if more than half are against than if half are.

    The likelihood ratio, averaged over all shares between a half and one (Robbins, "Statistical
    methods related to the law of the iterated logarithm", 1970). As long as at most half are
    against, its expectation never rises above 1, so that by Ville's inequality the chance that it
    ever comes to 1 / a is at most a, however often one looks. Seven in a row are enough for 0.05.

    With n votes, k of them against, the average 2 ∫ (2p)^k (2 - 2p)^(n - k) dp over p from a half
    to one is the sum of C(n + 1, j) over j from 0 to k, over (n + 1) C(n, k).
    """
    votes = against + in_favour
    tail = sum(comb(votes + 1, j) for j in range(against + 1))
    return tail / ((votes + 1) * comb(votes, against))


def turned_against(against: int, in_favour: int, error_rate: float = ERROR_RATE) -> bool:
    """Whether the votes are enough to go back."""
    return evidence(against, in_favour) >= 1 / error_rate
