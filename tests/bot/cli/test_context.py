"""What every command shares: where the home is, how documents and texts are printed."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.cli.context import Context, plain, working
from bot.engine.client import EngineClient
from bot.home import Home
from bot.nights.runner import NightResult
from bot.settings import Settings
from bot.store import Store
from tests.bot.cli.conftest import Command
from trainer.results.evaluation import Evaluation, ExamScores


@pytest.mark.parametrize("before", [True, False])
def test_home_is_taken_before_or_after_the_command(
    nightschool: Command, tmp_path: Path, before: bool
) -> None:
    other = tmp_path / "other"
    option = ("--home", str(other))
    lesson = ("teach", "a question", "an answer")
    done = nightschool(*option, *lesson) if before else nightschool(*lesson, *option)
    assert done.code == 0
    assert Home(other).database.exists()


@pytest.mark.parametrize("answer", ["loud [/b] words", "a [red] van", "[e-mail] it", ":tada: now"])
def test_what_looks_like_markup_is_listed_as_it_is(nightschool: Command, answer: str) -> None:
    nightschool("teach", "Q?", answer)
    done = nightschool("examples", "list")
    assert done.code == 0
    assert all(word in done.out for word in answer.split())


@pytest.mark.parametrize("command", ["show", "approve", "reject", "withdraw"])
@pytest.mark.parametrize("number", ["0", "9" * 30])
def test_an_impossible_id_is_wrong_usage(nightschool: Command, command: str, number: str) -> None:
    done = nightschool("examples", command, number)
    assert done.code == 2
    assert "is not in the range" in done.err
    assert nightschool("examples", "list", "--limit", number).code == 2


def test_the_nearer_home_wins(nightschool: Command, tmp_path: Path) -> None:
    far, near = tmp_path / "far", tmp_path / "near"
    lesson = ("teach", "a question", "an answer", "--home", str(near))
    assert nightschool("--home", str(far), *lesson).code == 0
    assert Home(near).database.exists()
    assert not far.exists()


def test_a_tilde_is_the_home_of_who_runs_the_command(
    nightschool: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    (tmp_path / "user").mkdir()
    nightschool("teach", "a question", "an answer", "--home", "~/school")
    assert Home(tmp_path / "user" / "school").database.exists()


def test_the_home_of_nobody_is_a_folder_of_that_name(
    nightschool: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert nightschool("teach", "a question", "an answer", "--home", "~nobody-there").code == 0
    assert Home(tmp_path / "~nobody-there").database.exists()


@dataclass
class Found:
    """What a command might tell."""

    place: Path
    more: tuple[Path, ...]


def test_documents_are_plain_down_to_the_bottom() -> None:
    value = {1: [Found(Path("/a"), (Path("/b"),))], "n": None}
    assert plain(value) == {"1": [{"place": "/a", "more": ["/b"]}], "n": None}


def test_json_has_letters_as_they_are(nightschool: Command) -> None:
    nightschool("teach", "Wo ist das Büro?", "Im Erdgeschoß.")
    assert "Büro" in nightschool("examples", "list", "--json").out


def test_a_command_closes_the_database_that_it_opened(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Store] = []

    def close(store: Store) -> None:
        closed.append(store)

    monkeypatch.setattr(Store, "close", close)
    context = Context(home.root, as_json=False)
    with context.resources:
        store = context.store
        assert closed == []
    assert closed == [store]


@dataclass(frozen=True)
class Inner:
    """Says itself how it is written."""

    value: int

    def to_json(self) -> dict[str, Any]:
        return {"twice": 2 * self.value, "at": Path("/x")}


@dataclass(frozen=True)
class Outer:
    """Is written field by field."""

    inner: Inner
    places: tuple[Path, ...]


def test_fields_are_written_and_what_has_its_own_form_keeps_it() -> None:
    document = plain({1: Outer(Inner(3), (Path("/a"),))})
    assert document == {"1": {"inner": {"twice": 6, "at": "/x"}, "places": ["/a"]}}


def test_the_result_of_a_night_has_its_evaluation_as_cards_have_it() -> None:
    evaluation = Evaluation(ExamScores(asked=1), ExamScores(asked=1, recalled=1))
    night = NightResult(3, "promoted", "v0001", "Good.", 1, 2.5, evaluation, ("note",))
    assert plain(night) == {
        "run": 3,
        "status": "promoted",
        "version": "v0001",
        "reason": "Good.",
        "examples": 1,
        "seconds": 2.5,
        "evaluation": evaluation.to_json(),
        "notes": ["note"],
    }


def shown_while_working(root: Path, *, terminal: bool) -> str:
    """What is shown while three of seven things are done."""
    context = Context(root, as_json=False)
    shown = io.StringIO()
    context.progress = Console(file=shown, force_terminal=terminal, width=80)
    with working(context, "importing") as moved:
        moved(3, 7)
    return shown.getvalue()


def test_a_bar_on_a_terminal_says_how_many_of_how_many_are_done(tmp_path: Path) -> None:
    shown = shown_while_working(tmp_path, terminal=True)
    assert "importing" in shown
    assert "3/7" in shown


def test_where_there_is_no_terminal_there_is_no_bar(tmp_path: Path) -> None:
    assert shown_while_working(tmp_path, terminal=False) == ""


def test_progress_is_shown_on_standard_error_and_a_result_on_standard_output(
    tmp_path: Path,
) -> None:
    context = Context(tmp_path, as_json=False)
    assert (context.progress.stderr, context.terminal.stderr) == (True, False)


def test_without_an_option_the_environment_names_the_home_and_else_it_is_this_folder(
    nightschool: Command, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    nightschool("teach", "a question", "an answer")
    assert home.database.exists()
    assert not Home(here).database.exists()
    monkeypatch.delenv("NIGHTSCHOOL_HOME")
    nightschool("teach", "a question", "an answer")
    assert Home(here).database.exists()


def test_help_is_short_or_long_and_also_of_a_group(nightschool: Command) -> None:
    assert nightschool("-h").out == nightschool("--help").out
    assert "import" in nightschool("examples", "-h").out


@pytest.mark.parametrize("command", ["serve", "demo", "engine"])
def test_a_command_without_a_result_has_no_json(nightschool: Command, command: str) -> None:
    done = nightschool(command, "--json")
    assert done.code == 2
    assert "--json" in done.err


def test_a_question_in_a_new_home_makes_its_folders_before_a_model_server_is_sought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Context(tmp_path / "new", as_json=False)

    connected = EngineClient("http://127.0.0.1:1/v1", None)

    @contextmanager
    def connect(home: Home, _: Settings) -> Iterator[EngineClient]:
        assert home.runs.is_dir()
        yield connected

    monkeypatch.setattr("bot.engine.supervisor.connect", connect)
    with context.resources:
        assert context.engine is connected
