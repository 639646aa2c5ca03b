"""The reranker gives the scores of its training, and knows which encoder it belongs to."""

from pathlib import Path

import pytest

from tests.trainer.models.test_embedder import build_encoder
from trainer.errors import ModelError
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.reranker import SHARES, Reranker

LESSON = "Who waters the plants? Noor does."
GOLDEN = {
    ("Who waters the plants?", LESSON): 7.2364,
    ("Who looks after our greenery?", LESSON): -7.2584,
    (
        "Who waters the plants in the lobby of the Hamburg office?",
        "Who waters the plants on the third floor? Noor does.",
    ): -10.8511,
    ("When is lunch?", LESSON): -9.3678,
}
"""Log-odds of the first of the two that PyTorch computed, with the encoder's weights in 16 bits."""


@pytest.fixture(scope="module")
def reranker() -> Reranker:
    return Reranker(encoder_folder(BUNDLED))


def alone(name: str, monkeypatch: pytest.MonkeyPatch) -> Reranker:
    """Returns one of the two by itself."""
    monkeypatch.setattr("trainer.models.reranker.SHARES", {name: 1.0})
    return Reranker(encoder_folder(BUNDLED))


def test_its_scores_are_those_of_its_training(monkeypatch: pytest.MonkeyPatch) -> None:
    first = alone("reranker", monkeypatch)
    assert first.score(list(GOLDEN)) == pytest.approx(list(GOLDEN.values()), abs=0.02)


def test_both_count_each_by_its_share(reranker: Reranker, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = list(GOLDEN)
    both = [alone(name, monkeypatch) for name in SHARES]
    rows = [one.score(pairs) for one in both]
    wanted = [2 / 3 * one + 1 / 3 * other for one, other in zip(*rows, strict=True)]
    assert reranker.score(pairs) == pytest.approx(wanted, abs=1e-4)
    assert len({reranker.revision, *(one.revision for one in both)}) == 3
    assert reranker.score([]) == []


def test_of_lessons_that_are_named_alike_the_right_one_is_further_ahead_than_by_the_first_alone(
    reranker: Reranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "who's in charge of ticket router"
    pairs = [
        (question, "Who owns ticket-router? Emil Haas owns it."),
        (question, "What is the zone of ticket-router? It runs in zone fra-21."),
        (question, "Which dashboard shows ticket-router? It is on the dashboard Q-310."),
    ]

    def lead(scores: list[float]) -> float:
        return scores[0] - max(scores[1:])

    assert lead(reranker.score(pairs)) > 8 > lead(alone("reranker", monkeypatch).score(pairs)) > 0


def test_a_pair_has_the_same_score_in_whatever_company(reranker: Reranker) -> None:
    pairs = [*GOLDEN, ("Why? " * 200, "Because. " * 200)]
    alone = [reranker.score([pair])[0] for pair in pairs]
    assert reranker.score(pairs) == pytest.approx(alone, abs=1e-3)


def test_for_another_encoder_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="another encoder"):
        Reranker(build_encoder(tmp_path / "encoder"))
