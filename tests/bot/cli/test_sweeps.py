"""`nightschool sweep`: what is tried, what is shown, and what is put into the settings."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.cli.nights import ProgressBar
from bot.home import Home
from bot.nights.sweep import Axes, Swept
from tests.bot.cli.conftest import Command
from tests.bot.instant_training import EXAM, InstantTraining
from trainer.pipeline.sweep import Point, Trial
from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.progress import Progress


@pytest.fixture
def swept(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Axes]]:
    """Ends every sweep with the trials that are given; the axes asked for are listed."""

    def end(*trials: Trial, left_out: tuple[Point, ...] = ()) -> list[Axes]:
        asked: list[Axes] = []

        def sweep(*arguments: Any) -> Swept:
            asked.append(arguments[4])
            return Swept(trials, left_out, Path("/sweep.png"), 1.0)

        monkeypatch.setattr("bot.cli.sweeps.sweep", sweep)
        return asked

    return end


def trial(point: Point, *, promoted: bool = True, asked: int = 3) -> Trial:
    return Trial(point, 2 * bool(asked), asked, 0, 0, 4, 5, 0.5, promoted, "It knows less", 9, 1)


UPPER, WHOLE = Point(1e-3, 8, 4), Point(1e-4, 16, -1)


def test_numbers_are_separated_by_commas(
    nightschool: Command, swept: Callable[..., list[Axes]]
) -> None:
    asked = swept(trial(UPPER))
    nightschool("sweep", "--learning-rates", "1e-3, 1e-4, ", "--ranks", "8", "--layers=-1,4")
    assert asked == [Axes([1e-3, 1e-4], [8], [-1, 4])]
    done = nightschool("sweep", "--ranks", "8,many")
    assert done.code == 1
    assert "'8,many' is no list of numbers" in done.err


def test_a_winner_that_would_not_pass_is_neither_named_nor_adopted(
    nightschool: Command, home: Home, swept: Callable[..., list[Axes]]
) -> None:
    swept(trial(UPPER, promoted=False))
    document = nightschool("sweep", "--adopt", "--json").document
    assert (document["winner"], document["adopted"]) == (None, False)
    assert document["trials"][0]["score"] == 0.7333
    assert not home.config.exists()
    shown = nightschool("sweep", "--adopt").out
    assert "None would pass the gate. The best: It knows less" in shown
    assert "No time was left" not in shown


def test_the_winner_is_adopted_only_where_that_is_asked_for(
    nightschool: Command, home: Home, swept: Callable[..., list[Axes]]
) -> None:
    swept(trial(WHOLE), trial(UPPER, asked=0), left_out=(UPPER, WHOLE))
    shown = nightschool("sweep").out
    assert f"The winner: {WHOLE}. --adopt puts that into nightschool.toml." in shown
    assert f"{UPPER} failed: It knows less" in shown
    assert f"{WHOLE} failed" not in shown
    assert "No time was left for 2 more" in shown
    assert " all " in shown
    assert not home.config.exists()
    assert f"has the winner's values now: {WHOLE}." in nightschool("sweep", "--adopt").out
    written = tomllib.loads(home.config.read_text())["training"]
    assert (written["rank"], written["layers"]) == (16, -1)


def test_a_sweep_shows_all_trials_and_changes_nothing_and_one_that_breaks_down_costs_no_other(
    nightschool: Command, training_school: Home
) -> None:
    before = training_school.config.read_text()
    nightschool("teach", "When is lunch?", "At noon.")
    options = ["--learning-rates", "1e30,1e-3", "--ranks", "2", "--layers", "1"]
    done = nightschool("sweep", *options, "--json")
    assert done.code == 0
    document = done.document
    failed, worked = sorted(document["trials"], key=lambda trial: trial["asked"])
    assert worked["point"] == {"learning_rate": 1e-3, "rank": 2, "layers": 1}
    assert worked["asked"] == 1
    assert failed["point"]["learning_rate"] == 1e30
    assert (failed["asked"], failed["promoted"]) == (0, False)
    assert "lower the learning rate" in failed["reason"]
    assert document["left_out"] == []
    assert Path(document["picture"]).read_bytes().startswith(b"\x89PNG")
    assert document["adopted"] is False
    assert training_school.config.read_text() == before


def test_a_sweep_that_breaks_off_leaves_no_lessons_behind(
    nightschool: Command, school: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.nights.sweep.train", broken)
    nightschool("teach", "When is lunch?", "At noon.")
    assert nightschool("sweep").code == 1
    assert not (school.sweep / "data").exists()


def test_a_sweep_that_has_no_time_tries_one_and_adopts_only_what_passes(
    nightschool: Command, school: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = InstantTraining()
    monkeypatch.setattr("bot.nights.sweep.train", training)
    nightschool("teach", "When is lunch?", "At noon.")
    options = ["sweep", "--minutes", "0.00001", "--ranks", "2,3", "--layers", "1", "--adopt"]
    training.evaluation = Evaluation(ExamScores(asked=1), ExamScores(asked=1))
    refused = nightschool(*options)
    assert "None would pass the gate" in refused.out
    assert "No time was left for 5 more" in refused.out
    assert tomllib.loads(school.config.read_text())["training"]["rank"] == 4
    training.evaluation = EXAM
    adopted = nightschool(*options, "--json").document
    assert adopted["adopted"] is True
    assert [one.settings.rank for one in training.given] == [2, 2]
    written = tomllib.loads(school.config.read_text())["training"]
    assert (written["rank"], written["layers"], written["iters"]) == (2, 1, 2)


def test_a_sweep_has_an_hour_unless_it_is_given_some_other_time(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes: list[float] = []

    def sweep(*arguments: Any) -> Swept:
        minutes.append(arguments[3])
        return Swept((trial(UPPER),), (), Path("/sweep.png"), 1.0)

    monkeypatch.setattr("bot.cli.sweeps.sweep", sweep)
    nightschool("sweep")
    nightschool("sweep", "--minutes", "0.5")
    assert minutes == [60, 0.5]
    assert nightschool("sweep", "--minutes", "0").code == 2


def test_the_bar_says_which_combination_is_trained(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[Progress, str]] = []

    def sweep(*arguments: Any) -> Swept:
        arguments[5](UPPER, Progress("train"))
        return Swept((trial(UPPER),), (), Path("/sweep.png"), 1.0)

    monkeypatch.setattr("bot.cli.sweeps.sweep", sweep)
    monkeypatch.setattr(ProgressBar, "show", lambda _, *given: shown.append(given))
    nightschool("sweep")
    assert shown == [(Progress("train"), str(UPPER))]


def test_the_table_and_the_document_have_every_trial_and_what_was_left_out(
    nightschool: Command, swept: Callable[..., list[Axes]]
) -> None:
    failed = trial(WHOLE, promoted=False, asked=0)
    swept(trial(UPPER), trial(WHOLE, promoted=False), failed, left_out=(WHOLE,))
    shown = nightschool("sweep").out
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines()]
    cells = [(row[0], row[2], row[3], row[-1]) for row in rows if len(row) == 9]
    assert cells == [
        ("0.001", "4", "2 of 3", "yes"),
        ("0.0001", "all", "2 of 3", "no"),
        ("0.0001", "all", "0 of 0", "failed"),
    ]
    assert "A picture is in /sweep.png." in shown
    document = nightschool("sweep", "--json").document
    assert document["winner"] == {"learning_rate": 1e-3, "rank": 8, "layers": 4}
    assert document["left_out"] == [{"learning_rate": 1e-4, "rank": 16, "layers": -1}]
    assert (document["picture"], document["seconds"]) == ("/sweep.png", 1.0)
