"""Our sample sets: each is read without a word, validates, exports and trains."""

from pathlib import Path

import pytest
from mlx_lm import load

from tests.tiny_models import build_model
from trainer.augmentation.mixture import Curriculum
from trainer.dataset import export, validate_dataset
from trainer.dataset.deduplication import clusters
from trainer.dataset.split import question_of
from trainer.formats import parse_jsonl, to_messages
from trainer.importing.importer import read_rows
from trainer.models.tokenization import make_row
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.tuning.lora import add_lora, train

FILES = sorted((Path(__file__).parents[3] / "samples").glob("*.jsonl"))


def test_there_is_one_for_each_use() -> None:
    assert [file.stem for file in FILES] == ["code", "conversations", "style", "support"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_sample_set_is_sound(file: Path) -> None:
    found = read_rows(file)
    rows = [one.row for one in found.rows]
    assert found.rejected == ()
    assert 12 <= len(rows) <= 64
    assert validate_dataset(rows).errors == []
    groups = clusters([question_of(row) for row in rows])
    assert len(set(groups.leaders)) == len(rows)


def test_the_conversations_have_several_turns() -> None:
    (file,) = (file for file in FILES if file.stem == "conversations")
    turns = [len(to_messages(row)) for row in parse_jsonl(file.read_bytes())]
    assert min(turns) >= 4


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_sample_set_exports_and_trains(file: Path, tmp_path: Path) -> None:
    rows = [one.row for one in read_rows(file).rows]
    done = export(rows, tmp_path / "set")
    assert done.left_out == []
    model, tokenizer, *_ = load(str(build_model(tmp_path / "model")))
    chosen = plan(TrainingSettings(iters=2, batch_size=2, rank=2, replay=0.0), len(rows))
    read = parse_jsonl((tmp_path / "set" / "train.jsonl").read_bytes())
    lessons = [[make_row(tokenizer, to_messages(row), 1500)] for row in read]
    add_lora(model, chosen)
    trained = train(model, Curriculum(lessons), [], chosen)
    assert trained.steps == 2
    assert trained.train_loss is not None
