"""The measurement of the pace runs everything with one command, and tells it in a table."""

import argparse
import math

from bench.slack_pace import COLUMNS, Asked, Scenario, measure, scenarios, table
from tests.slack_server.workspace import ANNA, GENERAL, Message


def options(**changes: object) -> argparse.Namespace:
    given: dict[str, object] = {
        "at_once": [1, 5, 20, 60],
        "places": ["channels", "channel", "direct"],
        "kinds": ["mixed"],
        "words": 3,
        "word_seconds": 0.0,
        "busy": False,
    }
    return argparse.Namespace(**(given | changes))


def test_one_command_measures_every_number_everywhere_and_a_busy_model() -> None:
    every = scenarios(options())
    assert len(every) == len(set(every)) == 14
    assert [one.place for one in every if one.busy] == ["channels", "direct"]
    assert [one.busy for one in scenarios(options(at_once=[1], busy=True))] == [True] * 3


def test_an_answer_that_comes_all_at_once_has_no_gap_and_a_long_silence() -> None:
    asked = Asked(Message(GENERAL, "1.0", ANNA, "Hm?"), False, 0.0, 0.5, [3.5], 3.5)
    assert (asked.gap, asked.silence) == (0.0, 3.0)
    assert math.isclose(Asked(asked.message, False, 0.0, 0.5, [1.0, 1.5, 3.5], 4.0).gap, 2.0)


def test_questions_are_asked_and_their_figures_stand_in_a_table() -> None:
    row = measure(Scenario(2, "direct", "mixed", False), options(), 60.0)
    assert row["answered_once"] == 2
    assert row["refused"] == 0
    head, line, told = table([row]).splitlines()
    assert head.count("|") == line.count("|") == told.count("|") == len(COLUMNS) + 1
    assert told.startswith("| direct | 2 | ")
