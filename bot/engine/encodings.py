"""What a model server's encoder and reranker answer: vectors of texts, and scores of them."""

import base64
import hashlib
import json
import math
from dataclasses import dataclass

import httpx
import numpy as np
import numpy.typing as npt

from bot.errors import EngineError

EMBEDDER, RERANKER = "embedder", "reranker"
_LEAST_CHANCE = 1e-12
"""Chances nearer to 0 or 1 are taken for this far from them: their log-odds stay finite."""


@dataclass(frozen=True)
class SentenceVectors:
    """The vectors of some texts.

    Attributes:
        rows: (texts, width) in 32 bits, each of length 1, or 0 where the encoder says nothing.
        revision: the fingerprint of the encoder; vectors of another one cannot be compared.
    """

    rows: npt.NDArray[np.float32]
    revision: str


@dataclass(frozen=True)
class Ranking:
    """How likely each of some texts answers a question.

    Attributes:
        scores: log-odds, one a text, in the order in which they were given.
        revision: the fingerprint of the reranker.
    """

    scores: tuple[float, ...]
    revision: str


def read_vectors(response: httpx.Response, texts: int) -> SentenceVectors:
    """Reads the vectors of so many texts, in their order.

    Raises:
        EngineError: they are not in OpenAI's form, too few or too many, or no numbers.
    """
    try:
        body = response.json()
        data = body["data"]
        if len(data) != texts:
            raise EngineError(f"The model server sent {len(data)} vectors for {texts} texts.")
        placed = {int(row.get("index", place)): row for place, row in enumerate(data)}
        rows = np.stack([_vector(placed[place]["embedding"]) for place in range(texts)])
        revision = body.get("system_fingerprint") or _made_up_revision(
            str(body.get("model") or EMBEDDER), rows.shape[1], response.request.url
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise EngineError("The model server's vectors are not in the form we asked for.") from error
    if not np.isfinite(rows).all():
        raise EngineError(
            "The model server's vectors hold what is no number: the encoder's files may be damaged "
            "(answers.embedder)."
        )
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units = rows / np.where(lengths > 0, lengths, 1)
    return SentenceVectors(units.astype(np.float32), str(revision))


def _vector(embedding: object) -> npt.NDArray[np.float64]:
    """Reads one vector: base64 of 32-bit numbers, or, as many servers send all, a list of them."""
    if isinstance(embedding, str):
        vector = np.frombuffer(base64.b64decode(embedding), "<f4").astype(np.float64)
    else:
        vector = np.array(embedding, np.float64)
    if vector.ndim != 1 or not vector.size:
        raise ValueError("a vector is a row of numbers")
    return vector


def _made_up_revision(model: str, width: int, asked: httpx.URL) -> str:
    """Returns the fingerprint of an encoder whose server sends none, as OpenAI's form has none."""
    named = json.dumps([model, width, str(asked)])
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def read_ranking(response: httpx.Response, texts: int) -> Ranking:
    """Reads the scores of so many texts, in their order.

    Raises:
        EngineError: they are not in the form of Cohere's and Jina's servers, or one is missing.
    """
    try:
        body = response.json()
        chances = {int(row["index"]): float(row["relevance_score"]) for row in body["results"]}
        scores = tuple(_log_odds(chances[index]) for index in range(texts))
        return Ranking(scores, str(body["system_fingerprint"]))
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError("The model server's scores are not in the form we asked for.") from error


def _log_odds(chance: float) -> float:
    """Returns log(p / (1 - p))."""
    if not 0 <= chance <= 1:
        raise ValueError("a chance is from 0 to 1")
    chance = min(max(chance, _LEAST_CHANCE), 1 - _LEAST_CHANCE)
    return math.log(chance / (1 - chance))
