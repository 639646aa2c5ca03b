"""The encoder and the reranker that come with the program, in the place of an engine's."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bot.engine.client import EngineClient
from bot.engine.encodings import Ranking, SentenceVectors
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
        self._rows: dict[str, npt.NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> SentenceVectors:
        """Encodes some texts, each once."""
        new = [text for text in texts if text not in self._rows]
        self._rows |= zip(new, np.array(self._encoder.embed(new)), strict=True)
        return SentenceVectors(np.stack([self._rows[t] for t in texts]), self._encoder.revision)

    def rerank(self, question: str, texts: Sequence[str]) -> Ranking:
        """Scores some texts."""
        scores = self._reranker.score([(question, text) for text in texts])
        return Ranking(tuple(scores), self._reranker.revision)
