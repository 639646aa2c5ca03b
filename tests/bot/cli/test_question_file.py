"""`nightschool ask --file`: a line for every row, in the order of the file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.answers.questions import Reply
from bot.cli.question_file import answered_rows
from bot.errors import EngineError
from bot.home import Home
from bot.store import Store
from tests.bot.cli.conftest import Command
from tests.bot.slack.engine import ScriptedEngine
from trainer.jsonl import line


@pytest.fixture
def engine(home: Home) -> Iterator[ScriptedEngine]:
    """A model server that answers instead of our own."""
    with ScriptedEngine() as server:
        home.config.write_text(f'model = "served"\n[engine]\nurl = "{server.url}"\n')
        yield server


def said(question: str) -> Reply:
    """An answer to a question."""
    return Reply(1, f"said {question}", "base", None, 1, 1, 0.1)


def rows(content: str | bytes) -> list[dict[str, Any]]:
    """The answers to the rows of a file, of the lines that are printed."""
    data = content if isinstance(content, bytes) else content.encode()
    return [json.loads(line(row)) for row in answered_rows(data, said)]


@pytest.mark.usefixtures("engine")
def test_every_row_is_answered_in_the_order_of_the_file_with_all_fields(
    nightschool: Command, tmp_path: Path
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    file = tmp_path / "questions.jsonl"
    file.write_text('{"prompt": "Who bakes?", "id": 3}\n\n{"prompt": "when is LUNCH?"}\n')
    for flags in ((), ("--json",)):
        done = nightschool("ask", "--file", str(file), *flags)
        assert done.code == 0
        first, second = map(json.loads, done.out.splitlines())
        assert first["prompt"] == "Who bakes?"
        assert first["text"].endswith("says: Who bakes?")
        alone = nightschool("ask", "when is LUNCH?", "--json").document
        assert second == {"prompt": "when is LUNCH?"} | alone


@pytest.mark.parametrize(
    ("broken", "prompt", "error"),
    [
        ('{"prompt": ', None, "line 2: not JSON"),
        ("[1]", None, "line 2: not a JSON object"),
        (b'{"prompt": "\xff"}', None, "line 2: not UTF-8 text"),
        (b"\xef\xbb\xbf", None, "line 2: not JSON"),
        ("{}", None, "line 2: no prompt"),
        ('{"prompt": null}', None, "line 2: no prompt"),
        ('{"prompt": 5}', None, "line 2: no prompt"),
        ('{"prompt": ["When?"]}', None, "line 2: no prompt"),
        ('{"prompt": "a", "prompt": "b"}', None, "line 2: the key prompt appears twice"),
        ('{"prompt": "\\ud83d"}', "\ud83d", "line 2: a question that is not text"),
    ],
)
def test_a_broken_row_has_its_error_and_the_rest_goes_on(
    broken: str | bytes, prompt: str | None, error: str
) -> None:
    data = broken if isinstance(broken, bytes) else broken.encode()
    first, second, third = rows(b'{"prompt": "one"}\n' + data + b'\r\n{"prompt": "two"}')
    assert (first["text"], third["text"]) == ("said one", "said two")
    assert set(second) == {"prompt", "error"}
    assert second["prompt"] == prompt
    assert second["error"].startswith(error)


@pytest.mark.parametrize("prompt", ["", "  ", "q" * 4097])
def test_a_question_that_is_empty_or_too_long_has_its_error(
    nightschool: Command, engine: ScriptedEngine, tmp_path: Path, prompt: str
) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps({"prompt": prompt}) + '\n{"prompt": "Who?"}\n')
    done = nightschool("ask", "--file", str(file))
    assert (done.code, done.err) == (0, "")
    refused, answered = map(json.loads, done.out.splitlines())
    assert set(refused) == {"prompt", "error"}
    assert refused["prompt"] == prompt
    assert answered["text"].endswith("says: Who?")
    assert len(engine.requests) == 1


def test_a_byte_order_mark_and_odd_separators_change_nothing() -> None:
    assert rows('\ufeff{"prompt": "a\u2028b\u0085c"}\r\n') == [
        {"prompt": "a\u2028b\u0085c"} | said("a\u2028b\u0085c").to_json()
    ]


def test_what_is_printed_is_a_line_a_row_however_lines_are_cut() -> None:
    (row,) = answered_rows(b'{"prompt": "a\xe2\x80\xa8b"}', said)
    assert len(line(row).splitlines()) == 1


def test_an_engine_that_fails_on_a_row_leaves_the_others_alone() -> None:
    def ask(question: str) -> Reply:
        if question == "one":
            raise EngineError("The model server broke off.")
        return said(question)

    first, second = answered_rows(b'{"prompt": "one"}\n{"prompt": "two"}', ask)
    assert first == {"prompt": "one", "error": "The model server broke off."}
    assert second["text"] == "said two"


def test_answers_come_one_by_one() -> None:
    asked: list[str] = []

    def ask(question: str) -> Reply:
        asked.append(question)
        return said(question)

    answers = answered_rows(b'{"prompt": "one"}\n{"prompt": "two"}', ask)
    next(answers)
    assert asked == ["one"]


def test_no_question_of_a_file_knows_another(
    nightschool: Command, engine: ScriptedEngine, tmp_path: Path, store: Store
) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"prompt": "Who?"}\n{"prompt": "And she?"}\n')
    nightschool("ask", "--file", str(file), "--adapter", "base")
    assert [[m["content"] for m in r["messages"]] for r in engine.requests] == [
        ["Who?"],
        ["And she?"],
    ]
    assert {request["model"] for request in engine.requests} == {"base"}
    assert [(reply.channel, reply.thread) for reply in store.replies.each()] == [("cli", "")] * 2


def test_a_file_without_rows_has_no_answers_and_needs_no_engine(
    nightschool: Command, home: Home, tmp_path: Path
) -> None:
    home.config.write_text(f'model = "{tmp_path / "nothing"}"\n')
    file = tmp_path / "questions.jsonl"
    file.write_text("\n \n")
    done = nightschool("ask", "--file", str(file))
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_model_that_cannot_be_loaded_is_one_line_and_no_answer(
    nightschool: Command, home: Home, tmp_path: Path
) -> None:
    home.config.write_text(f'model = "{tmp_path / "nothing"}"\n')
    file = tmp_path / "questions.jsonl"
    file.write_text('{"prompt": "Who?"}\n{"prompt": "Where?"}\n')
    done = nightschool("ask", "--file", str(file))
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [(), ("Who?", "--file", "{file}"), ("--file", "{gone}")])
def test_a_text_or_a_file_that_is_there_is_wanted(
    nightschool: Command, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"prompt": "Who?"}\n')
    given = [one.format(file=file, gone=tmp_path / "gone.jsonl") for one in arguments]
    done = nightschool("ask", *given)
    assert (done.code, done.out) == (2, "")
    assert "Error: " in done.err
