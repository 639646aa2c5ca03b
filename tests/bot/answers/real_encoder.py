"""The encoder and the reranker that come with the program, in the place of an engine's."""

from collections.abc import Sequence

import numpy as np

from bot.engine.client import EngineClient, Ranking, SentenceVectors
from trainer.models.embedder import Embedder
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.reranker import Reranker


class EncodingClient(EngineClient):
    """A client whose vectors and scores are computed in this process; it has no chat model."""

    def __init__(self) -> None:
        super().__init__("", None)
        folder = encoder_folder(BUNDLED)
        self._encoder = Embedder(folder)
        self._reranker = Reranker(folder)

    def embed(self, texts: Sequence[str]) -> SentenceVectors:
        """Encodes some texts."""
        return SentenceVectors(np.array(self._encoder.embed(texts)), self._encoder.revision)

    def rerank(self, question: str, texts: Sequence[str]) -> Ranking:
        """Scores some texts."""
        scores = self._reranker.score([(question, text) for text in texts])
        return Ranking(tuple(scores), self._reranker.revision)
