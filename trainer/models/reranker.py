"""The reranker: how likely a lesson answers a question, read together by the bundled encoder.

A cross-encoder (Nogueira and Cho 2019, arXiv 1901.04085): question and lesson are one input of two
segments, and attention compares them word by word, which tells a question in other words from a
near one that asks something else. There are two, whose scores are averaged: one knows near
questions, the other lessons that are all named alike. Each is the bundled encoder with low-rank
changes (LoRA, Hu et al. 2021, arXiv 2106.09685) and a head of two layers, which lie in `lists`; how
they were trained is in docs/log.md and `bench/train_reranker.py`.
"""

import hashlib
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
from tokenizers import Tokenizer

from trainer.errors import ModelError
from trainer.models.activations import gelu
from trainer.models.embedder import BATCH_TOKENS, Embedder, renamed
from trainer.models.loading import fingerprint

MAX_TOKENS = 128
"""Tokens of question and lesson together; longer ones are cut at their ends in turn."""
SCALE = 2.0
"""Factor on the low-rank products, as in the training."""
SHARES = {"reranker": 2 / 3, "reranker_overlapping": 1 / 3}
"""The files in `lists`, and how much the scores of each count (docs/log.md)."""


class Reranker:
    """Scores pairs of a question and a lesson.

    Attributes:
        revision: a fingerprint of encoder and changes; other ones may give other scores.
        tokenizer: cuts pairs off at MAX_TOKENS, and does not pad.
    """

    def __init__(self, folder: Path) -> None:
        """Loads the encoder of a folder with the reranker's changes.

        Raises:
            ModelError: the folder holds another encoder than the changes were made for.
        """
        self._readers = [(_Reader(folder, name), share) for name, share in SHARES.items()]
        changes = "".join(reader.fingerprint for reader, _ in self._readers)
        digest = hashlib.sha256(changes.encode()).hexdigest()[:12]
        self.revision = f"{fingerprint(folder)}-{digest}"
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Returns the log-odds that each lesson answers its question.

        Args:
            pairs: a question, and a lesson's question with its answer after a space.
        """
        rows = self.tokenizer.encode_batch(list(pairs))
        order = sorted(range(len(rows)), key=lambda place: len(rows[place].ids))
        scores = [0.0] * len(rows)
        size = max(1, BATCH_TOKENS // MAX_TOKENS)
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            found: Any = self._logits([rows[place] for place in chosen]).tolist()
            for place, score in zip(chosen, found, strict=True):
                scores[place] = score
        return scores

    def _logits(self, rows: Sequence[Any]) -> mx.array:
        longest = max(len(row.ids) for row in rows)

        def padded(name: str) -> mx.array:
            return mx.array([getattr(r, name) + [0] * (longest - len(r.ids)) for r in rows])

        real = mx.arange(longest)[None] < mx.array([[len(row.ids)] for row in rows])
        ids, segments = padded("ids"), padded("type_ids")
        logits = [share * reader.logits(ids, real, segments) for reader, share in self._readers]
        return mx.sum(mx.stack(logits), axis=0)


class _Reader:
    """One cross-encoder."""

    def __init__(self, folder: Path, name: str) -> None:
        with as_file(files("trainer") / "lists" / f"{name}.safetensors") as file:
            loaded: Any = mx.load(str(file), return_metadata=True)
            self.fingerprint = hashlib.sha256(file.read_bytes()).hexdigest()
        weights, metadata = loaded
        if metadata.get("encoder") != fingerprint(folder):
            raise ModelError("The reranker was made for another encoder than this one.")
        self._encoder = Embedder(folder).encoder
        self._encoder.load_weights(list(_merged(self._encoder, weights).items()), strict=False)
        self._head = {name: weights[name].astype(mx.float32) for name in weights if name[0] == "h"}
        mx.eval(self._encoder.parameters(), self._head)  # type: ignore[no-untyped-call]  # its library is untyped

    def logits(self, ids: mx.array, real: mx.array, segments: mx.array) -> mx.array:
        """Returns the log-odds (rows,) of pairs (rows, length)."""
        states = self._encoder(ids, real, segments).astype(mx.float32)
        weights = real.astype(mx.float32)[..., None]
        pooled = (states * weights).sum(axis=1) / weights.sum(axis=1)
        hidden = gelu(pooled @ self._head["h1.weight"].T + self._head["h1.bias"])
        found: mx.array = (hidden @ self._head["h2.weight"].T + self._head["h2.bias"])[:, 0]
        return found


def _merged(encoder: Any, weights: dict[str, mx.array]) -> dict[str, mx.array]:
    """Returns the encoder's linear layers with the low-rank products added."""
    dtype = trainer.hardware.device.weights_dtype()
    merged = {}
    for name, a in weights.items():
        if name.endswith(".A"):
            place = renamed(name.removeprefix("m.").removesuffix(".A") + ".weight")
            layer = encoder
            for part in str(place).removesuffix(".weight").split("."):
                layer = layer[int(part)] if part.isdigit() else layer[part]
            change = SCALE * (a.astype(mx.float32) @ weights[name[:-1] + "B"].astype(mx.float32)).T
            merged[str(place)] = (layer["weight"].astype(mx.float32) + change).astype(dtype)
    return merged
