"""The command `report`: the document and the table."""

import json

import pytest
from click.testing import CliRunner

from bot.cli import cli
from bot.store import Store
from tests.bot.feedback.benefits.week import asked


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["report", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_document_has_a_week_beside_the_weeks_before(store: Store) -> None:
    asked(store, 1)
    told = json.loads(run("--json", "--weeks", "4"))
    assert len(told["weeks"]) == 4
    assert set(told) == {"weeks", "open_gaps", "due", "topics", "nights", "adapter"}
    assert told["weeks"][0]["share"] is None


def test_the_table_names_each_week() -> None:
    told = run("--weeks", "3")
    for word in ("This week", "The week before", "2 weeks before", "Questions", "Gaps closed"):
        assert word in told


@pytest.mark.parametrize("weeks", ["1", "61", "many"])
def test_weeks_are_bounded(weeks: str) -> None:
    assert CliRunner().invoke(cli, ["report", "--weeks", weeks]).exit_code == 2
