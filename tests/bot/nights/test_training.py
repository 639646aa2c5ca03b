"""A training that does not fit into memory gives up one thing after the other, and says so."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from bot.errors import MemoryShortError, TrainingError
from bot.nights import training as nights_training
from bot.nights.launch import Workers
from bot.nights.trainer_process import TrainerProcess
from bot.nights.training import Notes, Training, notes_of, train
from bot.settings import AnswerSettings, ExampleSettings, Settings
from bot.store import Store
from tests.trainer.models.test_embedder import build_encoder
from trainer.models.loading import fingerprint
from trainer.planning.settings import TrainingSettings
from trainer.results.progress import Progress
from trainer.retrieval.calibration import Calibration, LogisticRegression

# The real trainer, whose attempts fail as mlx does until one has short rows. Its exam is short.
CHILD = """
import os, signal, sys
import trainer.canaries
import trainer.hardware.device
from trainer.tuning import lora
from trainer.__main__ import main

steps = lora.train_with_mlx_lm
shipped = trainer.canaries._shipped
trainer.canaries._shipped = lambda name: shipped(name)[:2]

def failing(*arguments, args, **keywords):
    if {unforeseen}:
        raise RuntimeError("no such stream")
    if args.batch_size == 4:
        os.kill(os.getpid(), signal.SIGSEGV)
    if args.max_seq_length > 100:
        raise RuntimeError("[metal::malloc] Attempting to allocate 9 bytes which is greater than")
    return steps(*arguments, args=args, **keywords)

lora.train_with_mlx_lm = failing
sys.exit(main(sys.argv[4:]))
"""


@pytest.fixture
def training(tmp_path: Path, tiny_folder: Path, cache: Path) -> Training:
    assert cache.is_dir()
    data = tmp_path / "data"
    data.mkdir()
    answer = "It is upstairs, as it says on the door of every room of the house." * 2
    rows = [{"prompt": f"Room {n}?", "completion": answer} for n in range(4)]
    (data / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = TrainingSettings(
        iters=2, batch_size=4, grad_checkpoint=True, replay=0, variants=0, talks=0, rewordings=0
    )
    return Training(
        data, tmp_path / "out", str(tiny_folder), settings, tmp_path / "run", tmp_path / "lock"
    )


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a shell script in the place of the interpreter that children run in."""

    def put(script: str) -> None:
        file = tmp_path / "python"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(file))

    return put


@pytest.fixture
def failing(tmp_path: Path, python: Callable[[str], None]) -> Callable[[bool], None]:
    """Puts a trainer in place that fails for want of memory, or for a reason unforeseen."""

    def put(unforeseen: bool) -> None:
        script = tmp_path / "child.py"
        script.write_text(CHILD.format(unforeseen=unforeseen))
        python(f'exec "{sys.executable}" "{script}" "$@"')

    return put


def test_batch_and_rows_are_tried_in_that_order_and_reported(
    training: Training, failing: Callable[[bool], None]
) -> None:
    """On a processor mlx does not raise when memory is refused to it: it crashes, without a word.

    The second attempt raises, as mlx does elsewhere.
    """
    failing(False)
    heard: list[Progress] = []
    children: list[TrainerProcess] = []
    done = train(training, heard.append, children.append)
    assert len(children) == 3
    assert [line.step for line in heard if line.phase == "lighter"] == [1, 2]
    assert [line.lighter for line in heard if line.phase == "check"] == [0, 1, 2]
    note, cut = done.notes
    assert "cut off at the end: train.jsonl, line 1" in cut
    assert note.startswith("Memory ran out: batches of 2, not 4, rows of ")
    assert done.settings["batch_size"] == 2
    assert done.settings["max_seq_length"] < 100


def test_an_error_that_nobody_foresaw_names_the_log_that_tells_it(
    training: Training, failing: Callable[[bool], None]
) -> None:
    failing(True)
    with pytest.raises(TrainingError) as error:
        train(training, lambda _: None)
    log = training.folder / "trainer.log"
    assert str(error.value) == f"The training broke off (RuntimeError); the log {log} says where."
    assert "no such stream" in log.read_text()


def test_it_ends_where_nothing_is_left_to_give_up(
    training: Training, python: Callable[[str], None], tmp_path: Path
) -> None:
    """A child that is asked for more reductions than there are says so before its check."""
    tried = tmp_path / "tried"
    python(
        f"""echo "$@" >> "{tried}"
        case "$*" in
          *"--lighter 1") echo '{{"phase": "check", "lighter": 1}}';;
          *--lighter*) ;;
          *) echo '{{"phase": "check", "lighter": 0}}';;
        esac
        echo '{{"phase": "failed", "error": "Choose a smaller model.", "memory": true}}'; exit 1"""
    )
    heard: list[Progress] = []
    with pytest.raises(MemoryShortError, match=r"^Choose a smaller model\.$"):
        train(training, heard.append)
    assert [line.step for line in heard if line.phase == "lighter"] == [1, 2]
    attempts = [line.rpartition(" --lighter ")[2] for line in tried.read_text().splitlines()[1:]]
    assert attempts == ["1", "2"]


def test_what_the_child_gave_up_by_itself_is_not_tried_once_more(
    training: Training, python: Callable[[str], None], tmp_path: Path
) -> None:
    """It made two reductions before it began; its log may stand where somebody wants it."""
    python(
        """case "$*" in
          *--lighter*) echo "$@" >&2;;
          *) echo '{"phase": "check", "lighter": 2}';;
        esac
        echo '{"phase": "failed", "memory": true}'; exit 1"""
    )
    heard: list[Progress] = []
    with pytest.raises(MemoryShortError):
        train(replace(training, log=tmp_path / "own.log"), heard.append)
    assert [line.step for line in heard if line.phase == "lighter"] == [3]
    assert (tmp_path / "own.log").read_text().endswith(" --lighter 3\n")


def test_a_lighter_attempt_has_the_time_that_the_ones_before_it_left(
    training: Training, python: Callable[[str], None], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Each of them takes 400 seconds of the 900 here; there is never less than none left."""
    tried = tmp_path / "tried"
    python(
        f"""echo "$@" >> "{tried}"
        case "$*" in
          *"--lighter 3"*) ;;
          *"--lighter 2"*) echo '{{"phase": "check", "lighter": 2}}';;
          *"--lighter 1"*) echo '{{"phase": "check", "lighter": 1}}';;
          *) echo '{{"phase": "check", "lighter": 0}}';;
        esac
        echo '{{"phase": "failed", "memory": true}}'; exit 1"""
    )
    clock = count(0.0, 400.0)
    monkeypatch.setattr(nights_training, "monotonic", lambda: next(clock))
    with pytest.raises(MemoryShortError):
        train(replace(training, seconds=900.0), lambda _: None)
    words = [line.split() for line in tried.read_text().splitlines()]
    assert [line[line.index("--seconds") + 1] for line in words] == [
        "900.0",
        "500.0",
        "100.0",
        "0.0",
    ]


def test_a_training_is_handed_over_as_arguments_and_a_file_of_settings(tmp_path: Path) -> None:
    names = ("data", "out", "lock", "current", "checkpoint", "resume", "paraphrases", "warm-start")
    paths = {name: tmp_path / name for name in names}
    fields = {name.replace("-", "_"): path for name, path in paths.items()}
    run = Training(
        **fields, model="starter", folder=tmp_path / "run", settings=TrainingSettings(iters=3),
        checkpoint_seconds=60.0, seconds=900.0, workers=Workers(2), log=None,
        notes=Notes("bundled", "silent", tmp_path / "calibration.json"),
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
        "--seconds": "900.0",
        "--workers": "2",
        "--embedder": "bundled",
        "--untaught": "silent",
        "--calibration": str(tmp_path / "calibration.json"),
    }
    assert None not in json.loads(settings.read_text()).values()
    assert json.loads(settings.read_text())["iters"] == 3
    assert run.arguments(2)[-2:] == ["--lighter", "2"]


def test_how_the_bot_finds_its_lessons_is_told_where_it_quotes_them(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    assert notes_of(settings, store, folder) == Notes("bundled", "decline")
    assert not folder.exists(), "a calibration comes with that encoder"
    for changes in (
        {"answers": AnswerSettings(embedder="")},
        {"examples": ExampleSettings(recall="off")},
        {"examples": ExampleSettings(recall="prompt")},
        {"answers": AnswerSettings(embedder=str(tmp_path / "nowhere"))},
    ):
        assert notes_of(settings.with_changes(**changes), store, folder) is None


def test_a_calibration_that_was_made_here_lies_in_the_folder_of_the_run(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    encoder = build_encoder(tmp_path / "encoder")
    chosen = settings.with_changes(answers=AnswerSettings(embedder=str(encoder), untaught="silent"))
    folder = tmp_path / "run"
    assert notes_of(chosen, store, folder) == Notes(str(encoder), "silent")
    weights = LogisticRegression((0.5,), 1.0)
    made = Calibration(fingerprint(encoder), "", weights, weights)
    store.calibrations.put(made)
    notes = notes_of(chosen, store, folder)
    assert notes == Notes(str(encoder), "silent", folder / "calibration.json")
    stored = json.loads((folder / "calibration.json").read_text())
    assert Calibration.from_json(stored) == made
