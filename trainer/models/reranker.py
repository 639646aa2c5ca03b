"""The reranker: how likely a lesson answers a question, read together by the bundled encoder.

A cross-encoder (Nogueira and Cho 2019, arXiv 1901.04085): question and lesson are one input of two
segments, and attention compares them word by word, which tells a question in other words from a
near one that asks something else. It is the bundled encoder with low-rank changes (LoRA, Hu et al.
2021, arXiv 2106.09685) and a head of two layers, which lie in `lists/reranker.safetensors`; how
they were trained is in docs/log.md.
"""

import hashlib
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
from mlx.nn.layers.activations import gelu
from tokenizers import Tokenizer

from trainer.errors import ModelError
from trainer.models.embedder import BATCH_TOKENS, Embedder, renamed
from trainer.models.loading import fingerprint

MAX_TOKENS = 128
"""Tokens of question and lesson together; longer ones are cut at their ends in turn."""
SCALE = 2.0
"""Factor on the low-rank products, as in the training."""


class Reranker:
    """Scores pairs of a question and a lesson.

    Attributes:
        revision: a fingerprint of encoder and changes; other ones may give other scores.
    """

    def __init__(self, folder: Path) -> None:
        """Loads the encoder of a folder with the reranker's changes.

        Raises:
            ModelError: the folder holds another encoder than the changes were made for.
        """
        with as_file(files("trainer") / "lists" / "reranker.safetensors") as file:
            loaded: Any = mx.load(str(file), return_metadata=True)
            changes = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
        weights, metadata = loaded
        if metadata.get("encoder") != fingerprint(folder):
            raise ModelError("The reranker was made for another encoder than this one.")
        encoder = Embedder(folder)
        self.revision = f"{encoder.revision}-{changes}"
        self._encoder = encoder.encoder
        self._encoder.load_weights(list(_merged(self._encoder, weights).items()), strict=False)
        self._head = {name: weights[name].astype(mx.float32) for name in weights if name[0] == "h"}
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        mx.eval(self._encoder.parameters(), self._head)  # type: ignore[no-untyped-call]  # its library is untyped

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Returns the log-odds that each lesson answers its question.

        Args:
            pairs: a question, and a lesson's question with its answer after a space.
        """
        rows = self._tokenizer.encode_batch(list(pairs))
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
        states = self._encoder(padded("ids"), real, padded("type_ids")).astype(mx.float32)
        weights = real.astype(mx.float32)[..., None]
        pooled = (states * weights).sum(axis=1) / weights.sum(axis=1)
        hidden = gelu(pooled @ self._head["h1.weight"].T + self._head["h1.bias"])
        logits: mx.array = (hidden @ self._head["h2.weight"].T + self._head["h2.bias"])[:, 0]
        return logits


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
