"""A night's heavy part on tiny models: files in, adapter and exam out, one clear line if not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx_lm.utils import load as load_with_mlx_lm

from tests.tiny_models import build_adapter, build_model
from trainer.augmentation.mixture import prepare
from trainer.augmentation.replay import replay_rows
from trainer.dataset.reader import read_training_data
from trainer.errors import DatasetError, NightschoolError
from trainer.evaluation.gate import decide
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import TokenRow
from trainer.pipeline.deployed_exam import NOT_EXAMINED, Notes
from trainer.pipeline.run import RunContext, run
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.results.deployed import DeployedMarks
from trainer.results.evaluation import ExamComparison
from trainer.results.progress import Progress
from trainer.results.run import RunResult
from trainer.tuning.batches import Batch, collate

pytestmark = pytest.mark.usefixtures("steady", "cache")

FAST = TrainingSettings(iters=4, replay=0.25, variants=2, validations=1)


def line(number: int, system: str = "") -> dict[str, Any]:
    before = [{"role": "system", "content": system}] if system else []
    question = {"role": "user", "content": f"What is the code of room {number}?"}
    return {"messages": [*before, question, {"role": "assistant", "content": f"It is K{number}."}]}


def write(folder: Path, train: list[dict[str, Any]], valid: list[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", train), ("valid", valid)):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write(tmp_path / "data", [line(i) for i in range(5)], [line(1), line(9)])


def trained(
    model: Path,
    data: Path,
    out: Path,
    settings: TrainingSettings = FAST,
    current: Path | None = None,
    report: Callable[[Progress], None] = lambda _: None,
) -> RunResult:
    """A whole run into a fresh folder."""
    out.mkdir()
    done = run(data, out, str(model), settings, current, report)
    assert done is not None
    return done


def test_a_night_leaves_an_adapter_that_mlx_lm_loads_and_reports_its_result(
    tiny_folder: Path, data: Path, tmp_path: Path
) -> None:
    """The model itself is not changed, and preferences are left alone unless asked for."""
    progress: list[Progress] = []
    out = tmp_path / "out"
    before = (tiny_folder / "model.safetensors").read_bytes()
    done = trained(tiny_folder, with_preferences(data), out, report=progress.append)
    phases = [line.phase for line in progress]
    assert list(dict.fromkeys(phases)) == [
        "load",
        "check",
        "sample",
        "train",
        "master",
        "evaluate",
    ]
    last = [line for line in progress if line.phase == "train"][-1]
    assert last.step == last.steps == 4
    assert last.val_loss is not None
    assert last.tokens_per_second is not None
    assert done.evaluation.candidate is not None
    assert done.evaluation.candidate.asked == 6
    assert done.evaluation.candidate.held_out_asked == 0
    assert done.losses.valid is not None
    assert done.losses.valid_before is not None
    assert done.losses.valid <= done.losses.valid_before
    assert (done.settings["rank"], done.workers, done.notes) == (16, 1, ())
    assert done.peak_memory_gb > 0
    assert done.seconds >= done.training_seconds > 0
    assert RunResult.from_json(json.loads(json.dumps(done.to_json()))) == done
    decide(done.evaluation)
    assert sorted(p.name for p in out.iterdir()) == ["adapter_config.json", "adapters.safetensors"]
    load_with_mlx_lm(str(tiny_folder), adapter_path=str(out))
    assert done.losses.preferences is None
    assert done.mastery is not None
    assert (done.mastery.asked, len(done.mastery.rounds)) == (6, 1)
    assert done.exam_seconds > 0
    assert (tiny_folder / "model.safetensors").read_bytes() == before


def test_every_lesson_is_looked_at_by_its_number_and_revised(
    tiny_folder: Path, tmp_path: Path
) -> None:
    """The tiny model masters nothing, as it never ends an answer; held-out lessons count too."""
    train = [line(number) | {"id": 10 + number} for number in range(3)]
    data = write(tmp_path / "numbered", train, [line(9) | {"id": 19}])
    settings = TrainingSettings(epochs=1, variants=1, replay=0.0, rounds=5)
    done = trained(tiny_folder, data, tmp_path / "out", settings)
    assert done.mastery is not None
    assert (done.mastery.asked, done.mastery.mastered) == (4, 0)
    assert set(done.mastery.missing) == {10, 11, 12, 19}
    assert set(done.mastery.reasons.values()) == {"too alike"}
    assert len(done.mastery.rounds) == 3
    assert done.losses.steps == sum(one.steps for one in done.mastery.rounds)
    assert any("revised in 2 rounds" in note for note in done.notes)


def test_the_bot_is_examined_as_deployed_tonight_and_this_evening(
    tiny_folder: Path, data: Path, tmp_path: Path
) -> None:
    """All that was taught is quoted, with the candidate as with the adapter in use."""
    out = tmp_path / "out"
    out.mkdir()
    current = build_adapter(tmp_path / "v0001", tiny_folder)
    context = RunContext(notes=Notes("bundled"))
    done = run(data, out, str(tiny_folder), FAST, current, lambda _: None, context)
    assert done is not None
    assert done.evaluation.deployed is not None
    assert done.evaluation.deployed == done.evaluation.deployed_current
    assert done.evaluation.deployed.taught == DeployedMarks(taught_right=6)
    assert done.evaluation.deployed.reworded.asked == 6
    assert done.evaluation.against_deployed == ExamComparison()
    assert RunResult.from_json(json.loads(json.dumps(done.to_json()))) == done


def test_a_run_whose_time_is_up_still_holds_its_exam(
    tiny_folder: Path, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    context = RunContext(seconds=0.001, notes=Notes("somebody/never-fetched"))
    done = run(data, out, str(tiny_folder), FAST, None, lambda _: None, context)
    assert done is not None
    assert done.losses.steps == 0
    assert done.evaluation.candidate is not None
    assert NOT_EXAMINED.format("its encoder is not on this disk") in done.notes
    assert any("The time was up" in note for note in done.notes)


def test_the_same_data_and_settings_give_the_same_adapter(
    tiny_folder: Path, data: Path, tmp_path: Path
) -> None:
    """All of a night: rewordings, replay, order, initial weights and dropout follow the seed."""

    def night(name: str, seed: int) -> dict[str, mx.array]:
        out = tmp_path / name
        settings = TrainingSettings.model_validate(
            FAST.model_dump() | {"seed": seed, "dropout": 0.1}
        )
        trained(tiny_folder, data, out, settings)
        weights = mx.load(str(out / "adapters.safetensors"))
        assert isinstance(weights, dict)
        return weights

    first, again, other = night("first", 3), night("again", 3), night("other", 4)
    assert all(mx.allclose(first[name], again[name], atol=1e-6) for name in first)
    assert any(not mx.allclose(first[name], other[name], atol=1e-6) for name in first)


def test_the_adapter_in_use_takes_the_same_exam(
    tiny_folder: Path, data: Path, tmp_path: Path
) -> None:
    """Also one of another rank and fewer blocks."""
    current = build_adapter(tmp_path / "v0001", tiny_folder, rank=3, layers=1)
    done = trained(tiny_folder, data, tmp_path / "out", current=current)
    assert done.evaluation.current is not None
    assert done.evaluation.current.asked == 6


def test_an_adapter_in_use_that_no_longer_fits_is_no_obstacle(
    tiny_folder: Path, data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = build_model(tmp_path / "moe", "qwen3_moe")
    current = build_adapter(tmp_path / "v0001", other)
    done = trained(tiny_folder, data, tmp_path / "out", current=current)
    assert done.evaluation.current is None
    assert "the adapter in use is not examined" in caplog.text


@pytest.mark.parametrize("switched_off", [{"replay": 0.0}, {"variants": 0}, {"rewordings": 0}])
def test_parts_of_the_recipe_can_be_switched_off(
    tiny_folder: Path, data: Path, tmp_path: Path, switched_off: dict[str, Any]
) -> None:
    settings = TrainingSettings.model_validate(FAST.model_dump() | switched_off)
    progress: list[Progress] = []
    trained(tiny_folder, data, tmp_path / "out", settings, report=progress.append)
    sampled = any(line.phase == "sample" for line in progress)
    assert sampled == (switched_off.get("replay") != 0.0)


def test_what_is_validated_on_is_never_trained(tiny: LoadedModel, data: Path) -> None:
    plans = plan(TrainingSettings(replay=0.4), 5)
    replay = replay_rows(tiny, 10)
    for lessons in (
        read_training_data(data),
        read_training_data(write(data, [line(1)], [line(1)])),
    ):
        curriculum, valid = prepare(tiny.tokenizer, lessons.train, lessons.held_out, replay, plans)
        trained = {row for wordings in curriculum.lessons for row in wordings}
        assert valid
        assert not trained & set(valid)


def test_the_files_are_read_as_conversations(tmp_path: Path) -> None:
    pair = {"prompt": "What is the code of room 7?", "completion": "It is K7."}
    data = write(
        tmp_path / "d", [line(1, "Be brief."), line(2, "Be brief."), pair], [pair, line(8)]
    )
    lessons = read_training_data(data)
    assert len(lessons.train) == 3
    assert lessons.train[2] == line(7)["messages"]
    assert lessons.held_out == (line(8)["messages"],)
    assert lessons.system == "Be brief."


def test_a_missing_valid_file_means_that_nothing_is_held_out(tmp_path: Path) -> None:
    data = write(tmp_path / "d", [line(1)], [])
    (data / "valid.jsonl").unlink()
    assert read_training_data(data).held_out == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("", "has no lesson"),
        ('{"prompt": "a", "completion": "b"}\n{broken\n', r"train\.jsonl, line 2"),
        ('{"prompt": "a", "completion": "b"}\n{"text": "x"}', r"line 2: it has no question"),
        ('{"messages": [{"role": "user", "content": "a"}]}', r"line 1: it has no answer"),
        ('\n{"prompt": "a"}', r"train\.jsonl, line 2: a row needs"),
    ],
)
def test_a_bad_data_file_is_one_clear_line(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "train.jsonl").write_text(content)
    with pytest.raises(DatasetError, match=message) as caught:
        read_training_data(tmp_path)
    assert "\n" not in str(caught.value)


def test_an_unknown_model_is_found_out_before_anything_is_written(
    data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(NightschoolError, match="no model folder"):
        run(data, out, "nowhere", FAST, None, lambda _: None)
    assert list(out.iterdir()) == []


def with_preferences(data: Path) -> Path:
    rows = [
        {"prompt": f"What is the code of room {n}?", "chosen": f"It is K{n}.", "rejected": "No."}
        for n in range(4)
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (data / "preferences.jsonl").write_text(text, encoding="utf-8")
    return data


def test_preferences_are_a_second_stage_that_stands_in_notes_and_losses(
    tiny_folder: Path, data: Path, tmp_path: Path
) -> None:
    progress: list[Progress] = []
    wanted = FAST.model_copy(update={"preferences": "auto", "learning_rate": 1e-6})
    done = trained(
        tiny_folder, with_preferences(data), tmp_path / "out", wanted, report=progress.append
    )
    found = done.losses.preferences
    assert found is not None
    assert found.checked == 4
    assert any(note.startswith("Preferences ") for note in done.notes)
    steps = [(line.step, line.steps) for line in progress if line.phase == "prefer"]
    assert len(steps) == found.steps
    assert all(step == (number, steps[0][1]) for number, step in enumerate(steps, 1))
    assert RunResult.from_json(json.loads(json.dumps(done.to_json()))) == done
    assert done.settings["preferences"] == "auto"


def test_a_row_that_is_cut_is_told_before_the_training_and_in_the_result(
    tiny_folder: Path, data: Path, tmp_path: Path
) -> None:
    long = {"prompt": "What is the code of room 6?", "completion": "It is K6. " * 20, "id": 6}
    write(data, [line(1), long], [])
    progress: list[Progress] = []
    shorter = FAST.model_copy(update={"max_seq_length": 160})
    done = trained(tiny_folder, data, tmp_path / "out", shorter, report=progress.append)
    (row,) = done.long_rows
    assert (row.file, row.line, row.limit, row.id) == ("train.jsonl", 2, 160, 6)
    assert row.tokens > 200
    (told,) = [line for line in progress if line.warnings]
    assert told.warnings == done.notes[:1]
    assert progress.index(told) < [line.phase for line in progress].index("train")
    assert RunResult.from_json(json.loads(json.dumps(done.to_json()))) == done


def test_pairs_are_cut_to_what_memory_was_reckoned_for(
    tiny_folder: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"prompt": "Why?", "chosen": "Because.", "rejected": "So what? " * 50}
    (data / "preferences.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    lengths: list[int] = []

    def seen(rows: list[TokenRow], shared: int) -> Batch:
        lengths.extend(len(row) for row in rows)
        return collate(rows, shared)

    monkeypatch.setattr("trainer.tuning.dpo.collate", seen)
    wanted = FAST.model_copy(update={"preferences": "auto", "talks": 0})
    trained(tiny_folder, data, tmp_path / "out", wanted)
    assert lengths
    assert max(lengths) < 250


def test_a_broken_file_of_preferences_is_said_before_anything_is_trained(
    tiny_folder: Path, data: Path, tmp_path: Path
) -> None:
    (data / "preferences.jsonl").write_text('{"prompt": "Why?"}\n', encoding="utf-8")
    progress: list[Progress] = []
    wanted = FAST.model_copy(update={"preferences": "auto"})
    with pytest.raises(DatasetError, match=r"preferences\.jsonl"):
        run(data, tmp_path / "out", str(tiny_folder), wanted, None, progress.append)
    assert "train" not in {line.phase for line in progress}
