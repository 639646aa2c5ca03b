"""The sentence encoder: a text becomes a vector, and texts of like meaning point the same way.

It reads a folder in sentence-transformers' layout (a BERT, RoBERTa or XLM-RoBERTa encoder, its
`tokenizer.json`, the pooling) and computes the same vectors with mlx. BERT: Devlin et al. 2019
(arXiv 1810.04805); pooling: Reimers and Gurevych 2019 (arXiv 1908.10084).
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
from mlx.nn.layers.activations import gelu_approx, relu
from mlx.nn.layers.base import Module
from mlx.nn.layers.embedding import Embedding
from mlx.nn.layers.linear import Linear
from mlx.nn.layers.normalization import LayerNorm
from tokenizers import Tokenizer

from trainer.errors import ModelError
from trainer.models.activations import gelu
from trainer.models.encoders import OFFSET_KINDS, encoder_config
from trainer.models.loading import fingerprint

BATCH_TOKENS = 8192
"""Padded tokens that are computed at once: a few dozen megabytes in a small encoder."""
_ACTIVATIONS = {"gelu": gelu, "gelu_new": gelu_approx, "relu": relu}


class _Block(Module):
    """One transformer block with its normalisations after the sums (post-LN)."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # its library is untyped
        width, inner = config["hidden_size"], config["intermediate_size"]
        epsilon = config["layer_norm_eps"]
        self.heads = config["num_attention_heads"]
        self.activation = _ACTIVATIONS[config["hidden_act"]]
        self.query = Linear(width, width)
        self.key = Linear(width, width)
        self.value = Linear(width, width)
        self.attention_output = Linear(width, width)
        self.attention_norm = LayerNorm(width, eps=epsilon)
        self.intermediate = Linear(width, inner)
        self.output = Linear(inner, width)
        self.output_norm = LayerNorm(width, eps=epsilon)

    def __call__(self, x: mx.array, mask: mx.array) -> mx.array:
        """Transforms states (rows, length, width); `mask` (rows, 1, 1, length) is added."""
        rows, length, width = x.shape

        def split(y: mx.array) -> mx.array:
            return y.reshape(rows, length, self.heads, -1).swapaxes(1, 2)

        seen = mx.fast.scaled_dot_product_attention(
            split(self.query(x)),
            split(self.key(x)),
            split(self.value(x)),
            scale=1 / math.sqrt(width // self.heads),
            mask=mask,
        )
        seen = self.attention_output(seen.swapaxes(1, 2).reshape(rows, length, width))
        x = self.attention_norm(x + seen)
        result: mx.array = self.output_norm(x + self.output(self.activation(self.intermediate(x))))
        return result


class _Encoder(Module):
    """Embeddings of words, places and segments, then the blocks."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # its library is untyped
        width = config["hidden_size"]
        self.words = Embedding(config["vocab_size"], width)
        self.places = Embedding(config["max_position_embeddings"], width)
        self.segments = Embedding(config["type_vocab_size"], width)
        self.norm = LayerNorm(width, eps=config["layer_norm_eps"])
        self.layers = [_Block(config) for _ in range(config["num_hidden_layers"])]
        # RoBERTa counts places from the one after its padding token.
        offset = config["model_type"] in OFFSET_KINDS
        self.first_place = config.get("pad_token_id", 1) + 1 if offset else 0

    def __call__(
        self, tokens: mx.array, real: mx.array, segments: mx.array | None = None
    ) -> mx.array:
        """Encodes tokens (rows, length) as (rows, length, width).

        Args:
            tokens: their ids.
            real: (rows, length), False for padding.
            segments: (rows, length), 0 or 1; None takes 0 for all.
        """
        places = mx.arange(tokens.shape[1]) + self.first_place
        x: mx.array = (
            self.words(tokens)
            + self.places(places)
            + self.segments.weight[0 if segments is None else segments]
        )
        x = self.norm(x)
        mask = mx.where(real, 0.0, -mx.inf).astype(x.dtype)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        return x


class Embedder:
    """Computes vectors of length 1 for texts.

    Attributes:
        width: how many numbers a vector has.
        revision: a fingerprint of the files; other files may give other vectors.
        encoder: the module that computes the states of all tokens.
    """

    def __init__(self, folder: Path) -> None:
        """Loads the encoder in a folder.

        Raises:
            ModelError: the folder holds no encoder of a known kind, or cannot be read.
        """
        try:
            config = encoder_config(folder)
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self.encoder = _Encoder(config)
            self.encoder.load_weights(list(_weights(folder, config).items()))
            self._first_token_only = _pools_first_token(folder)
            self._tokenizer.enable_truncation(_max_length(folder, config))
        except Exception as error:
            reason = str(error).strip().splitlines()
            raise ModelError(
                f"The encoder in '{folder}' cannot be read "
                f"({reason[0] if reason else type(error).__name__}): answers.embedder wants a "
                "folder in sentence-transformers' layout with a BERT or RoBERTa encoder."
            ) from error
        self._tokenizer.no_padding()
        self._pad = int(config.get("pad_token_id") or 0)
        mx.eval(self.encoder.parameters())  # type: ignore[no-untyped-call]  # its library is untyped
        self.width: int = config["hidden_size"]
        self.revision = fingerprint(folder)

    def embed(self, texts: Sequence[str]) -> mx.array:
        """Returns the vectors (texts, width) in 32 bits, of length 1 each.

        What is longer than the encoder reads (256 to 512 tokens) is cut off.
        """
        return self.embed_tokens(self.tokenize(texts))

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Returns the tokens of each text, cut off at the encoder's length."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]

    def embed_tokens(self, rows: Sequence[list[int]]) -> mx.array:
        """Returns the vectors of texts that were tokenised, as `embed` does."""
        if not rows:
            return mx.zeros((0, self.width))
        by_length = sorted(range(len(rows)), key=lambda index: len(rows[index]))
        found: dict[int, mx.array] = {}
        start = 0
        while start < len(by_length):
            end = start + 1
            while (
                end < len(by_length)
                and len(rows[by_length[end]]) * (end + 1 - start) <= BATCH_TOKENS
            ):
                end += 1
            chosen = by_length[start:end]
            vectors = self._vectors([rows[index] for index in chosen])
            mx.eval(vectors)
            found.update(zip(chosen, vectors, strict=True))
            start = end
        return mx.stack([found[index] for index in range(len(rows))])

    def _vectors(self, rows: list[list[int]]) -> mx.array:
        longest = max(map(len, rows))
        tokens = mx.array([row + [self._pad] * (longest - len(row)) for row in rows])
        real = mx.arange(longest)[None] < mx.array([[len(row)] for row in rows])
        states = self.encoder(tokens, real).astype(mx.float32)
        if self._first_token_only:
            pooled = states[:, 0]
        else:
            weights = real.astype(mx.float32)[..., None]
            pooled = (states * weights).sum(axis=1) / weights.sum(axis=1)
        return pooled / mx.maximum(mx.linalg.norm(pooled, axis=-1, keepdims=True), 1e-12)


def _weights(folder: Path, config: dict[str, Any]) -> dict[str, mx.array]:
    """Reads the weights under the names of `_Encoder`; leaves out heads that are not needed."""
    prefix = config["model_type"].removeprefix("xlm-") + "."
    loaded: Any = mx.load(str(folder / "model.safetensors"))
    dtype = trainer.hardware.device.weights_dtype()
    weights = {}
    for name, tensor in loaded.items():
        if place := renamed(name.removeprefix(prefix)):
            weights[place] = tensor.astype(dtype)
    return weights


_TOP = {
    "embeddings.word_embeddings": "words",
    "embeddings.position_embeddings": "places",
    "embeddings.token_type_embeddings": "segments",
    "embeddings.LayerNorm": "norm",
}
_PARTS = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "attention_output",
    "attention.output.LayerNorm": "attention_norm",
    "intermediate.dense": "intermediate",
    "output.dense": "output",
    "output.LayerNorm": "output_norm",
}


def renamed(name: str) -> str | None:
    """Returns our name of a weight of Hugging Face's; None where the encoder needs none."""
    stem, _, kind = name.rpartition(".")
    if stem in _TOP:
        return f"{_TOP[stem]}.{kind}"
    if stem.startswith("encoder.layer."):
        _, _, number, part = stem.split(".", 3)
        return f"layers.{number}.{_PARTS[part]}.{kind}"
    return None


def _pools_first_token(folder: Path) -> bool:
    """Whether the first token's state is the vector; else the mean over all tokens is."""
    place = folder / "1_Pooling" / "config.json"
    if not place.is_file():
        return False
    pooling = json.loads(place.read_text(encoding="utf-8"))
    return bool(pooling.get("pooling_mode_cls_token")) or pooling.get("pooling_mode") == "cls"


def _max_length(folder: Path, config: dict[str, Any]) -> int:
    places = int(config["max_position_embeddings"])
    if config["model_type"] in OFFSET_KINDS:
        places -= 2
    place = folder / "sentence_bert_config.json"
    if not place.is_file():
        return places
    stated = json.loads(place.read_text(encoding="utf-8")).get("max_seq_length")
    return min(places, int(stated)) if stated else places
