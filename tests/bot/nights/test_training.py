"""A training that does not fit into memory gives up one thing after the other, and says so."""

import json
import os
import sys
from pathlib import Path

import pytest

from bot.errors import MemoryShortError, TrainingError
from bot.nights.launch import Workers
from bot.nights.trainer_process import TrainerProcess
from bot.nights.training import Training, train
from tests.tiny_models import build_model
from trainer.planning.settings import TrainingSettings
from trainer.results.progress import Progress

METAL = "[metal::malloc] Attempting to allocate 9 bytes which is greater than the maximum allowed"
# The real trainer, in which a step fails as mlx fails, unless the run is small enough.
CHILD = """
import os, signal, sys
import trainer.hardware.device
from trainer.tuning import lora
from trainer.__main__ import main

steps = lora.train_with_mlx_lm

def failing(*arguments, args, **keywords):
    if not ({fits}):
        {fails}
    return steps(*arguments, args=args, **keywords)

lora.train_with_mlx_lm = failing
sys.exit(main(sys.argv[3:]))
"""


@pytest.fixture
def training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Training:
    monkeypatch.setenv("NIGHTSCHOOL_CACHE", str(tmp_path / "cache"))
    model = build_model(tmp_path / "model")
    data = tmp_path / "data"
    data.mkdir()
    answer = "It is upstairs, as it says on the door of every room of the house." * 2
    rows = [{"prompt": f"Room {n}?", "completion": answer} for n in range(4)]
    (data / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    values = {"iters": 2, "batch_size": 4, "replay": 0.0, "variants": 0, "talks": 0}
    settings = TrainingSettings.model_validate(values)
    return Training(
        data, tmp_path / "out", str(model), settings, tmp_path / "run", tmp_path / "lock"
    )


def failing(folder: Path, monkeypatch: pytest.MonkeyPatch, fits: str, fails: str) -> None:
    """Puts an interpreter in place in which training fails unless it `fits`."""
    script = folder / "child.py"
    script.write_text(CHILD.format(fits=fits, fails=fails))
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))


def test_batch_checkpoints_and_rows_are_tried_in_that_order_and_reported(
    training: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(tmp_path, monkeypatch, "args.max_seq_length < 100", f'raise RuntimeError("{METAL}")')
    heard: list[Progress] = []
    done = train(training, heard.append)
    assert [line.step for line in heard if line.phase == "lighter"] == [1, 2, 3]
    assert [line.lighter for line in heard if line.phase == "check"] == [0, 1, 2, 3]
    (note,) = done.notes
    assert note.startswith("Memory ran out: batches of 2, not 4, gradient checkpoints, rows of ")
    assert done.settings["batch_size"] == 2
    assert done.settings["grad_checkpoint"] is True
    assert done.settings["max_seq_length"] < 100


def test_an_error_that_nobody_foresaw_names_the_log_that_tells_it(
    training: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(tmp_path, monkeypatch, "False", 'raise RuntimeError("no such stream")')
    with pytest.raises(TrainingError) as error:
        train(training, lambda _: None)
    log = training.folder / "trainer.log"
    assert str(error.value) == f"The training broke off (RuntimeError); the log {log} says where."
    assert "no such stream" in log.read_text()


def test_a_crash_without_a_word_counts_as_too_little_memory(
    training: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a processor mlx does not raise when memory is refused to it: it breaks down."""
    crash = "os.kill(os.getpid(), signal.SIGSEGV)"
    failing(tmp_path, monkeypatch, "args.batch_size < 4", crash)
    children: list[TrainerProcess] = []
    done = train(training, lambda _: None, children.append)
    assert list(done.notes) == ["Memory ran out: batches of 2, not 4."]
    assert len(children) == 2


def test_where_nothing_helps_one_sentence_says_what_to_do(
    training: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(tmp_path, monkeypatch, "False", "raise MemoryError")
    row = {"prompt": "What is the name of the room upstairs?", "completion": "Attic."}
    (training.data / "train.jsonl").write_text(json.dumps(row))
    small = TrainingSettings(iters=1, grad_checkpoint=True, replay=0)
    training = Training(**vars(training) | {"settings": small})
    with pytest.raises(MemoryShortError, match="choose a smaller model") as caught:
        train(training, lambda _: None)
    assert "\n" not in str(caught.value)


def test_a_training_is_handed_over_as_arguments_and_a_file_of_settings(tmp_path: Path) -> None:
    paths = {name: tmp_path / name for name in ("data", "out", "lock", "checkpoint", "resume")}
    run = Training(
        **paths, model="starter", folder=tmp_path / "run", settings=TrainingSettings(iters=3),
        checkpoint_seconds=60.0, workers=Workers(2),
    )  # fmt: skip
    command, *pairs = run.arguments()
    options = dict(zip(pairs[::2], pairs[1::2], strict=True))
    settings = tmp_path / "run" / "settings.json"
    assert command == "night"
    assert options == {f"--{name}": str(path) for name, path in paths.items()} | {
        "--model": "starter",
        "--settings": str(settings),
        "--parent": str(os.getpid()),
        "--checkpoint-seconds": "60.0",
        "--workers": "2",
    }
    assert None not in json.loads(settings.read_text()).values()
    assert json.loads(settings.read_text())["iters"] == 3
    assert run.arguments(2)[-2:] == ["--lighter", "2"]
