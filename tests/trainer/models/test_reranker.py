"""The reranker gives the scores of its training, and knows which encoder it belongs to."""

from pathlib import Path

import pytest

from tests.trainer.models.test_embedder import build_encoder
from trainer.errors import ModelError
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.reranker import Reranker

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
"""Log-odds that PyTorch computed, with the encoder's weights in 16 bits."""


@pytest.fixture(scope="module")
def reranker() -> Reranker:
    return Reranker(encoder_folder(BUNDLED))


def test_its_scores_are_those_of_its_training(reranker: Reranker) -> None:
    assert reranker.score(list(GOLDEN)) == pytest.approx(list(GOLDEN.values()), abs=0.02)
    assert reranker.score([]) == []


def test_a_pair_has_the_same_score_in_whatever_company(reranker: Reranker) -> None:
    pairs = [*GOLDEN, ("Why? " * 200, "Because. " * 200)]
    alone = [reranker.score([pair])[0] for pair in pairs]
    assert reranker.score(pairs) == pytest.approx(alone, abs=1e-3)


def test_for_another_encoder_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="another encoder"):
        Reranker(build_encoder(tmp_path / "encoder"))
