"""Tiny models with random weights, as folders that mlx-lm loads: for what is not about learning.

They say nothing sensible, in printable characters and without end, but always the same to the
same question. Each takes a tenth of a second and half a megabyte.
"""

import importlib
import json
from pathlib import Path
from typing import Any, Literal

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import mlx.core as mx
from mlx.nn.layers.quantized import quantize
from mlx.utils import tree_flatten, tree_map
from mlx_lm.tuner.utils import linear_to_lora_layers
from mlx_lm.utils import load
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from tests.reasoning_templates import SWITCHED

Architecture = Literal["llama", "qwen3", "qwen3_moe", "gemma3_text"]

CONTEXT = 512
"""Tokens that a tiny model takes."""
_PRINTABLE = 94
"""The first so many tokens are `!` to `~`."""
_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>")
_CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_COMMON: dict[str, Any] = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "intermediate_size": 96,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "max_position_embeddings": CONTEXT,
    "tie_word_embeddings": False,
}
_SPECIFIC: dict[Architecture, dict[str, Any]] = {
    "llama": {},
    "qwen3": {},
    "qwen3_moe": {
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "decoder_sparse_step": 1,
        "mlp_only_layers": [],
        "moe_intermediate_size": 32,
        "norm_topk_prob": True,
    },
    # every second layer looks back on 16 tokens only: a rotating cache
    "gemma3_text": {"sliding_window": 16, "sliding_window_pattern": 2, "query_pre_attn_scalar": 32},
}


def build_model(
    folder: Path, architecture: Architecture = "llama", *, seed: int = 0, bits: int | None = None
) -> Path:
    """Writes a model folder; returns it.

    Args:
        folder: made if it is missing.
        architecture: one of mlx-lm's.
        seed: other weights for another seed.
        bits: quantised to so many, in groups of 32; None for 32-bit floats.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = build_tokenizer(folder, thinking=architecture.startswith("qwen3"))
    config = _COMMON | _SPECIFIC[architecture]
    config |= {
        "model_type": architecture,
        "vocab_size": len(tokenizer),
        "eos_token_id": tokenizer.eos_token_id,
    }
    mx.random.seed(seed)
    module = importlib.import_module(f"mlx_lm.models.{architecture}")
    model = module.Model(module.ModelArgs.from_dict(config))
    # Twice mlx's spread, or they would repeat one letter; only printable letters have a chance.
    model.update(tree_map(lambda w: 2 * w if w.ndim > 1 else w, model.parameters()))
    model.lm_head.weight *= (mx.arange(len(tokenizer)) < _PRINTABLE)[:, None]
    if bits is not None:
        config["quantization"] = {"group_size": 32, "bits": bits}
        quantize(model, **config["quantization"])
    weights: dict[str, mx.array] = dict(tree_flatten(model.parameters()))
    mx.save_safetensors(str(folder / "model.safetensors"), weights, metadata={"format": "mlx"})
    (folder / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    return folder


def build_tokenizer(
    folder: Path, *, thinking: bool = False, template: str | None = None
) -> PreTrainedTokenizerFast:
    """Writes a tokenizer of one token a byte, with ChatML's markers and template or another."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({char: i for i, char in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in _SPECIAL])
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # its library is untyped
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|im_end|>"
    )
    fast.chat_template = template or (SWITCHED if thinking else _CHATML)
    fast.save_pretrained(str(folder))
    return fast


def build_adapter(
    folder: Path,
    model: Path,
    *,
    seed: int = 1,
    rank: int = 4,
    scale: float = 20.0,
    layers: int = -1,
    keys: list[str] | None = None,
    kind: Literal["lora", "dora"] = "lora",
) -> Path:
    """Writes an adapter that changes the answers of a model folder, as mlx-lm's training would.

    Args:
        folder: made if it is missing.
        model: of `build_model`.
        seed: other weights for another seed.
        rank: of the products.
        scale: their factor.
        layers: the last so many blocks; -1 for all.
        keys: names of the modules within a block; None for all that mlx-lm would choose.
        kind: LoRA, or DoRA, which cannot be applied row by row.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parameters: dict[str, Any] = {"rank": rank, "scale": scale, "dropout": 0.0}
    if keys is not None:
        parameters["keys"] = keys
    config = {"fine_tune_type": kind, "num_layers": layers, "lora_parameters": parameters}
    loaded = load(str(model))[0]
    loaded.freeze()
    mx.random.seed(seed)  # before the layers: they draw one of their two matrices
    linear_to_lora_layers(loaded, layers, parameters, use_dora=kind == "dora")
    weights: dict[str, mx.array] = dict(tree_flatten(loaded.trainable_parameters()))
    for name in [name for name in weights if name.endswith("lora_b")]:
        weights[name] = 0.05 * mx.random.normal(weights[name].shape)
    mx.save_safetensors(str(folder / "adapters.safetensors"), weights)
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    return folder
