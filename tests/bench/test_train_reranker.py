"""The reranker's training: what is found is told apart better, and is read as it was trained."""

from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest

from bench.train_reranker import CANDIDATES, CrossEncoder, batches, groups, loss, save, train
from trainer.models.embedder import Embedder
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.reranker import Reranker
from trainer.retrieval.fitting import LessonQuestions

SOME = LessonQuestions(
    [
        ("Who trains people on press 4?", "Petra does."),
        ("Where are the spares of press 4?", "In drawer 7."),
        ("Who trains people on lathe 7?", "Rosa does."),
    ],
    [
        ("whom do I ask to show me press 4", 0),
        ("something broke off press 4, any bits?", 1),
        ("who can teach me lathe 7", 2),
        ("How loud is lathe 7?", None),
    ],
)


def test_questions_come_with_the_lessons_that_are_found_for_them() -> None:
    made = groups(SOME, Embedder(encoder_folder(BUNDLED)))
    assert [one.question for one in made] == [question for question, _ in SOME.asked]
    for (_, place), one in zip(SOME.asked, made, strict=True):
        assert len(one.texts) == len(one.cosines) == len(one.right) == len(SOME.lessons)
        assert list(one.cosines) == sorted(one.cosines, reverse=True)
        right = [text for text, right in zip(one.texts, one.right, strict=True) if right]
        assert right == ([" ".join(SOME.lessons[place])] if place is not None else [])


def test_training_lowers_the_loss_and_the_file_gives_the_same_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = encoder_folder(BUNDLED)
    some = groups(SOME, Embedder(folder))
    mx.random.seed(0)
    model = CrossEncoder(folder, rank=4, dropout=0.0)
    reranker = Reranker(folder)
    (batch,) = batches(some, reranker.tokenizer, 0)
    before = float(np.array(loss(model, *batch)))
    train(model, some, folder, epochs=6, rate=2e-3)
    assert float(np.array(loss(model, *batch))) < 0.9 * before

    lists = tmp_path / "lists"
    lists.mkdir()
    save(model, folder, lists / "trained.safetensors")
    monkeypatch.setattr("trainer.models.reranker.files", lambda _: tmp_path)
    monkeypatch.setattr("trainer.models.reranker.SHARES", {"trained": 1.0})
    read = Reranker(folder)
    rows, cosines, *_ = next(batches(some[:1], read.tokenizer, 0))
    wanted = list(np.array(model(*rows)))[: len(some[0].texts)]
    pairs = [(some[0].question, text) for text in some[0].texts]
    assert read.score(pairs) == pytest.approx(wanted, abs=0.02)
    assert cosines.shape == (1, CANDIDATES)
