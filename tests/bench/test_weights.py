"""What is measured of weights, on a tiny model with random ones."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.sets import Asked, QuestionSet, Taught
from bench.weights import conversations, look, measure, peer_command, train, write_rows
from trainer.dataset.reader import read_training_data
from trainer.inference.generation import GeneratedText
from trainer.planning.settings import TrainingSettings

PAIR = QuestionSet(
    "pair",
    (Taught("Who?", "Ottilie.", "."), Taught("When?", "Today.", "no such text")),
    (Asked("whose", 0), Asked("and then", 0, after=1)),
)


def test_rows_are_numbered_by_the_places_of_their_lessons(tmp_path: Path) -> None:
    write_rows(PAIR, tmp_path / "data")
    data = read_training_data(tmp_path / "data")
    assert data.train_ids == (0, 1)
    assert list(data.train) == conversations(PAIR)


def test_answers_are_marked_by_the_keys_of_their_lessons(tiny_folder: Path) -> None:
    """A random model says anything: that matches one key and not the other."""
    marks = measure(PAIR, str(tiny_folder), None)
    assert (marks.taught, marks.other, marks.general, marks.mastered) == (1, 2, 0, ())


def test_an_answer_may_be_as_long_as_the_taught_one_and_a_talk_comes_before_its_follow_up(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Sequence[int], int]] = []

    def answers(
        _model: object, _tokenizer: object, prompts: list[list[int]], limits: list[int]
    ) -> list[GeneratedText]:
        asked.extend(zip(prompts, limits, strict=True))
        return [GeneratedText((), "", True) for _ in prompts]

    monkeypatch.setattr("bench.weights.answers", answers)
    long = replace(PAIR, lessons=(replace(PAIR.lessons[0], completion="x" * 90), PAIR.lessons[1]))
    known = look(long, str(tiny_folder), None)
    measure(long, str(tiny_folder), None)
    taught, second, other, follow_up, *_ = asked
    assert taught[1] == other[1] > 90
    assert second[1] == 40
    talk = list(known.rows[1].tokens)
    assert list(follow_up[0])[: len(talk)] == talk


def test_a_model_is_looked_at_lesson_by_lesson(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.weights.mastered", lambda _model, _rows: [False, True])
    known = look(PAIR, str(tiny_folder), None)
    assert known.mastered == (False, True)
    assert len(known.rows) == 2
    assert measure(PAIR, str(tiny_folder), None).mastered == (1,)


@pytest.mark.usefixtures("cache")
def test_a_night_tells_what_it_cost(tiny_folder: Path, tmp_path: Path) -> None:
    write_rows(PAIR, tmp_path / "data")
    settings = TrainingSettings(iters=2, replay=0, rewordings=0, talks=0)
    trained = train(tmp_path / "data", tmp_path / "out", settings, str(tiny_folder))
    assert trained.result.settings["iters"] == 2
    assert 0 < trained.before_exam < trained.seconds
    assert (tmp_path / "out" / "adapters.safetensors").is_file()


def test_a_night_that_fails_says_why(tiny_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(subprocess.CalledProcessError) as failure:
        train(tmp_path / "data", tmp_path / "out", TrainingSettings(), str(tiny_folder))
    assert "train.jsonl" in failure.value.output


def test_the_peer_trains_the_same_rows_and_takes_further_options(tiny_folder: Path) -> None:
    command = peer_command(Path("data"), Path("out"), "--iters", "7", model=str(tiny_folder))
    assert str(tiny_folder) in command
    assert command[command.index("--data") + 1] == "data"
    assert command[-2:] == ["--iters", "7"]


def test_the_base_is_measured_from_the_command_line_as_one_json_line(tiny_folder: Path) -> None:
    command = [sys.executable, "-m", "bench.weights", "--set", "facts", "--size", "2", "--base"]
    done = subprocess.run(
        [*command, "--model", str(tiny_folder)], check=True, capture_output=True, text=True
    )
    document = json.loads(done.stdout)
    expected = {"set": "facts", "half": "tune", "who": "base", "lessons": 2, "others": 4}
    expected |= {"generals": 40, "mastered": 0, "missing": [0, 1]}
    assert expected.items() <= document.items()
