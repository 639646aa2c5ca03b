"""The lists that measure redaction, and what the rules must reach on the half not tuned on."""

from typing import get_args

import pytest

from bench.redaction import Half, List, measure, rows


@pytest.mark.parametrize("name", get_args(List))
def test_what_is_tuned_on_and_what_is_reported_share_no_line(name: List) -> None:
    tune, report = ({row.text for row in rows(name, half)} for half in get_args(Half))
    assert not tune & report
    assert (len(tune), len(report)) == (150, 90)


def test_of_the_report_half_at_most_one_secret_in_twenty_is_missed() -> None:
    assert _missed_or_false("secrets") <= 0.05


def test_of_the_report_half_at_most_one_harmless_line_in_fifty_is_changed() -> None:
    assert _missed_or_false("harmless") <= 0.02


def _missed_or_false(name: List) -> float:
    """The rate alone: a line in a failure's message would be read, and tuned on."""
    return measure(name, "report").rate
