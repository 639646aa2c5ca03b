"""`nightschool ask`, `compare` and `teach`: names and fields that others rely on."""

import getpass
import io
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import click
import pytest

from bot.home import Home
from bot.store import Store
from tests.bot.answers.calibrated import set_chances
from tests.bot.cli.conftest import Command
from tests.bot.slack.engine import ScriptedEngine


def test_teach_says_what_became_of_the_lesson(nightschool: Command) -> None:
    assert nightschool("teach", "When is lunch?", "At noon.", "--json").document == {
        "id": 1,
        "status": "approved",
        "errors": [],
        "replaced": [],
        "redacted": [],
        "conflicts": [],
        "scope": "everyone",
        "scope_id": None,
    }
    again = nightschool("teach", "when is LUNCH?", "At noon.", "--json").document
    assert (again["id"], again["status"]) == (1, "duplicate")


@pytest.mark.parametrize(
    ("prompt", "completion", "word"),
    [("", "a", "prompt"), ("q", "", "completion"), ("q" * 4097, "a", "4096")],
)
def test_a_bad_lesson_fails_in_one_line(
    nightschool: Command, prompt: str, completion: str, word: str
) -> None:
    done = nightschool("teach", prompt, completion)
    assert done.code == 1
    assert done.err.startswith("nightschool: ")
    assert word in done.err
    assert done.err.count("\n") == 1
    done = nightschool("teach", prompt, completion, "--json")
    assert done.code == 1
    assert done.document["status"] == "refused"
    assert word in done.document["errors"][0]
    assert done.err.startswith("nightschool: ")
    assert word in done.err


def test_another_answer_replaces_the_old_one_unless_told_otherwise(nightschool: Command) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    kept = nightschool("teach", "When is lunch?", "At two.", "--on-conflict", "ask", "--json")
    assert (kept.code, kept.document["status"], kept.document["conflicts"]) == (
        1,
        "contradiction",
        [1],
    )
    replaced = nightschool("teach", "When is lunch?", "At one.", "--json").document
    assert replaced["replaced"] == [1]
    counts = nightschool("examples", "list", "--json").document["counts"]
    assert (counts["approved"], counts["superseded"]) == (1, 1)


def test_a_lesson_can_end_on_a_day(nightschool: Command) -> None:
    nightschool("teach", "Where is the party?", "In the yard.", "--until", "2999-01-31")
    assert nightschool("examples", "show", "1", "--json").document["expires_on"] == "2999-01-31"
    over = nightschool("teach", "Where was the party?", "In the yard.", "--until", "2020-01-31")
    assert over.code == 1
    assert "the last day, 2020-01-31, is over" in over.err
    assert len(nightschool("examples", "list", "--json").document["examples"]) == 1
    assert nightschool("teach", "a", "b", "--until", "tomorrow").code == 2


def test_teach_says_what_it_replaced(nightschool: Command) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    assert "It replaces example 1." in nightschool("teach", "When is lunch?", "At one.").out


@pytest.fixture
def engine(home: Home) -> Iterator[ScriptedEngine]:
    """A model server that answers instead of our own."""
    with ScriptedEngine() as server:
        home.config.write_text(f'model = "served"\n[engine]\nurl = "{server.url}"\n')
        yield server


class Terminal(io.StringIO):
    """What somebody types."""

    def isatty(self) -> bool:
        return True


def test_a_question_goes_to_the_model_that_is_named(
    nightschool: Command, engine: ScriptedEngine
) -> None:
    document = nightschool("ask", "When is lunch?", "--adapter", "base", "--json").document
    assert document["text"] == f"{engine.requests[-1]['model']} says: When is lunch?"
    assert document["adapter"] is None
    assert document["model"]
    assert document["seconds"] > 0
    assert (document["prompt_tokens"], document["completion_tokens"]) == (5, 7)
    nightschool("ask", "When is lunch?")
    assert [request["model"] for request in engine.requests] == ["base", "latest"]


FIELDS = {
    "text", "model", "adapter", "prompt_tokens", "completion_tokens", "seconds", "source",
    "lessons", "confidence",
}  # fmt: skip


def test_an_answer_says_where_it_comes_from_and_how_surely(
    nightschool: Command, engine: ScriptedEngine, store: Store
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    quoted = nightschool("ask", "when is lunch", "--json").document
    assert set(quoted) == FIELDS
    assert (quoted["text"], quoted["source"], quoted["lessons"]) == ("At noon.", "taught", [1])
    assert (quoted["confidence"], quoted["adapter"]) == (0.99, None)
    set_chances(store, engine, 0.25, 0.75)
    near = nightschool("ask", "Lunch?", "--json").document
    assert (near["source"], near["lessons"], near["confidence"]) == ("near", [1], 0.25)
    assert near["text"].endswith("\n\nAt noon.")
    set_chances(store, engine, 0.01, 0.75)
    declined = nightschool("ask", "Who bakes?", "--json").document
    assert (declined["source"], declined["lessons"], declined["model"]) == ("none", [], "none")
    set_chances(store, engine, 0.01, 0.25)
    model = nightschool("ask", "Who wrote Faust?", "--json").document
    assert (model["source"], model["lessons"], model["adapter"]) == ("model", [], None)
    assert model["text"] == "base says: Who wrote Faust?"
    assert 0 < model["confidence"] < 1


@pytest.mark.parametrize(
    ("right", "own", "asked", "line"),
    [
        (0.01, 0.75, ("Lunch",), "nobody taught this"),
        (0.25, 0.75, ("Lunch",),
         "nobody taught this · the nearest lesson was taught by noor, lesson 1 · 25% sure"),
        (0.75, 0.75, ("Lunch",), "taught by noor, lesson 1 · 75% sure"),
        (0.75, 0.75, ("When is lunch?",), "taught by noor, lesson 1"),
        (0.01, 0.25, ("Lunch",), "nobody taught this · base model's own words · 45% sure"),
        (0.75, 0.75, ("Lunch", "--adapter", "base"), "base model's own words"),
    ],
)  # fmt: skip
def test_on_a_terminal_a_second_line_says_where_an_answer_comes_from(
    nightschool: Command, engine: ScriptedEngine, store: Store, monkeypatch: pytest.MonkeyPatch,
    right: float, own: float, asked: tuple[str, ...], line: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(getpass, "getuser", lambda: "noor")
    engine.adapter = "base"
    nightschool("teach", "When is lunch?", "At noon.")
    set_chances(store, engine, right, own)
    plain = nightschool("ask", *asked).out
    assert line not in plain
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = nightschool("ask", *asked).out
    assert shown == f"{plain}{click.style(line, dim=True)}\n"


def test_a_lesson_that_is_due_is_told_with_its_mark(
    nightschool: Command, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    with store.connections.write() as db:
        db.table("examples").update(
            1, {"created_at": "2020-05-03T10:00:00.000+00:00", "review_days": 30}
        )
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert "lesson 1, not confirmed since 3 May 2020" in nightschool("ask", "When is lunch?").out


def test_where_lessons_are_not_looked_for_nobody_says_that_there_are_none(
    nightschool: Command, engine: ScriptedEngine, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.adapter = "base"
    home.config.write_text(home.config.read_text() + '[examples]\nrecall = "off"\n')
    nightschool("teach", "When is lunch?", "At noon.")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = nightschool("ask", "When is lunch?").out.splitlines()
    assert shown[-1] == click.style("base model's own words", dim=True)


@pytest.mark.usefixtures("engine")
def test_without_an_encoder_a_model_told_of_a_lesson_is_said_to_be_so_and_no_more(
    nightschool: Command, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "noor")
    home.config.write_text(home.config.read_text() + '[examples]\nrecall = "prompt"\n')
    nightschool("teach", "Where is the spare key for the storage room?", "Behind the moon.")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = nightschool("ask", "Where is the spare key for the garage?").out.splitlines()
    words = "v0007's own words · told what was taught by noor, lesson 1"
    assert shown[-1] == click.style(words, dim=True)


@pytest.mark.parametrize(
    ("recall", "version", "line"),
    [
        ("prompt", "v0007", "v0007 · checked against what was taught by noor, lesson 1"),
        ("prompt", "base", "base model · checked against what was taught by noor, lesson 1"),
        ("quote", "v0007", "taught by noor, lesson 1"),
    ],
)
def test_what_a_model_says_of_a_lesson_is_said_to_be_checked_against_it(
    nightschool: Command, engine: ScriptedEngine, home: Home, monkeypatch: pytest.MonkeyPatch,
    recall: str, version: str, line: str,
) -> None:  # fmt: skip
    """No version has mastered it, so that it is quoted where a model is not always asked."""
    monkeypatch.setattr(getpass, "getuser", lambda: "noor")
    home.config.write_text(home.config.read_text() + f'[examples]\nrecall = "{recall}"\n')
    engine.adapter, engine.script = version, lambda _, __: "At noon."
    nightschool("teach", "When is lunch?", "At noon.")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = nightschool("ask", "When is lunch?").out.splitlines()
    assert shown == ["At noon.", click.style(line, dim=True)]


@pytest.mark.parametrize(
    ("recall", "asked", "read"),
    [
        ("quote", ("ask", "Who bakes?"), True),
        ("prompt", ("ask", "Who bakes?", "--adapter", "latest"), True),
        ("quote", ("ask", "Who bakes?", "--adapter", "base"), False),
        ("off", ("ask", "Who bakes?"), False),
        ("quote", ("compare", "Who bakes?"), False),
    ],
)
def test_lessons_are_read_only_where_one_is_looked_for(
    nightschool: Command, engine: ScriptedEngine, home: Home, store: Store,
    recall: str, asked: tuple[str, ...], read: bool,
) -> None:  # fmt: skip
    home.config.write_text(home.config.read_text() + f'[examples]\nrecall = "{recall}"\n')
    set_chances(store, engine, 0.01, 0.25)
    nightschool("teach", "When is lunch?", "At noon.")
    assert nightschool(*asked).code == 0
    assert (store.vectors.count_missing(engine.encoder) == 0) is read


def test_a_comparison_shows_both_and_says_where_there_is_no_adapter(
    nightschool: Command, engine: ScriptedEngine
) -> None:
    engine.script = lambda question, _: question
    engine.adapter = "base"
    document = nightschool("compare", "When is lunch?", "--json").document
    assert set(document) == {"prompt", "base", "tuned", "seconds"}
    assert document["tuned"]["adapter"] is None
    shown = nightschool("compare", "When is lunch?").out
    assert "no adapter yet" in shown
    assert shown.count("When is lunch?") == 2
    engine.adapter = "v0007"
    assert "tuned (v0007)" in nightschool("compare", "When is lunch?").out
    engine.requests.clear()
    assert nightschool("compare", "When is lunch?", "--adapter", "v0003").code == 0
    assert {request["model"] for request in engine.requests} == {"base", "v0003"}


def test_teach_says_what_was_taken_out(nightschool: Command) -> None:
    lesson = ("teach", "Who bakes?", "Noor, noor@tea.example.")
    done = nightschool(*lesson)
    assert "Taken out before it was stored: e-mail." in done.out
    assert nightschool(*lesson, "--json").document["redacted"] == ["e-mail"]


@pytest.mark.parametrize(
    ("typed", "answers", "code"),
    [
        ("replace", ["At one."], 0),
        ("keep", ["At noon.", "At one."], 0),
        ("cancel", ["At noon."], 1),
    ],
)
def test_on_a_terminal_somebody_decides_about_another_answer(
    nightschool: Command,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    answers: list[str],
    code: int,
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    monkeypatch.setattr(sys, "stdin", Terminal(typed + "\n"))
    done = nightschool("teach", "When is lunch?", "At one.")
    assert done.code == code
    assert "Example 1 answers: When is lunch? => At noon." in done.out
    listed = nightschool("examples", "list", "--status", "approved", "--json").document
    assert sorted(e["completion"] for e in listed["examples"]) == answers


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("n", 1)])
def test_on_a_terminal_somebody_decides_about_an_answer_that_says_nothing(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed + "\n"))
    done = nightschool("teach", "When is lunch?", "I do not know.")
    assert done.code == code
    assert "only that nobody knows" in done.out
    listed = nightschool("examples", "list", "--json").document
    assert len(listed["examples"]) == 1 - code


def test_with_json_nobody_is_asked(nightschool: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    monkeypatch.setattr(sys, "stdin", Terminal())
    done = nightschool("teach", "When is lunch?", "At one.", "--json")
    assert (done.code, done.document["replaced"]) == (0, [1])


def test_a_terminal_without_a_user_name_teaches_all_the_same(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise KeyError("uid")

    monkeypatch.setattr(getpass, "getuser", nameless)
    nightschool("teach", "When is lunch?", "At noon.")
    assert nightschool("examples", "show", "1", "--json").document["author"] == "terminal"


def test_a_lesson_from_this_terminal_has_its_user_as_the_author_and_so_has_a_question(
    nightschool: Command, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    assert engine.requests == []
    monkeypatch.setattr(getpass, "getuser", lambda: "noor")
    nightschool("teach", "When is lunch?", "At noon.")
    nightschool("ask", "When is lunch?")
    assert nightschool("examples", "show", "1", "--json").document["author"] == "noor"
    assert len(store.replies.asked_by("noor")) == 1


def test_who_presses_return_changes_nothing(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    monkeypatch.setattr(sys, "stdin", Terminal("\n"))
    done = nightschool("teach", "When is lunch?", "At one.")
    assert done.code == 1
    assert "nothing was changed" in done.err
    assert nightschool("examples", "show", "1", "--json").document["status"] == "approved"


def test_teach_says_when_a_lesson_is_learned_and_that_it_is_known(nightschool: Command) -> None:
    first = nightschool("teach", "When is lunch?", "At noon.").out
    assert first == "Example 1 is in the next night's lessons.\n"
    again = nightschool("teach", "When is lunch?", "At noon.").out
    assert again == "Example 1 says the same already.\n"


def test_teach_says_what_a_lesson_that_is_kept_back_waits_for(
    nightschool: Command, home: Home
) -> None:
    home.config.write_text('[examples]\nsensitive = "quarantine"\n')
    done = nightschool("teach", "Who bakes?", "Noor, noor@tea.example.")
    assert done.out.startswith("Example 1 is kept back until somebody approves it.")


@pytest.mark.parametrize(
    ("whom", "scope"),
    [
        ("everyone", ["everyone", None]),
        ("C0SHUT", ["channel", "C0SHUT"]),
        ("U0A", ["person", "U0A"]),
    ],
)
def test_teach_says_whom_a_lesson_is_for(
    nightschool: Command, whom: str, scope: list[str | None]
) -> None:
    taught = nightschool("teach", "When is lunch?", "At noon.", "--for", whom, "--json").document
    assert [taught["scope"], taught["scope_id"]] == scope


def test_teach_for_nobody_known_is_wrong_usage(nightschool: Command) -> None:
    assert nightschool("teach", "When is lunch?", "At noon.", "--for", "#general").code == 2
    said = nightschool("teach", "When is lunch?", "At noon.", "--for", "C0SHUT").out
    assert "not trained" in said


@pytest.mark.parametrize(("typed", "stored"), [(True, 1), (False, 0)])
def test_on_a_terminal_what_is_taken_out_is_shown_before_it_is_stored(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch, typed: bool, stored: int
) -> None:
    monkeypatch.setattr("bot.cli.ask.sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("bot.cli.ask.click.confirm", lambda _: typed)
    said = nightschool("teach", "Who is on call?", "Write to ada@lantern.example.")
    assert "Who is on call? => Write to [e-mail]." in said.out
    assert said.code == (0 if typed else 1)
    assert len(nightschool("examples", "list", "--json").document["examples"]) == stored


def test_a_user_whose_name_has_the_form_of_an_id_is_no_member_of_slack(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.ask.getpass.getuser", lambda: "UWE")
    nightschool("teach", "When is lunch?", "At noon.")
    assert nightschool("examples", "show", "1", "--json").document["author"] == "uwe"
