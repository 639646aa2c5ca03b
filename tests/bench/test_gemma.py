"""What is done to llama.cpp's file of a Gemma model; the real one is not kept here."""

from pathlib import Path

import numpy as np
import pytest
from jinja2 import Environment

from bench.gemma import TEMPLATE, assemble, merges_of, renamed, unshifted


def test_merges_follow_from_the_scores() -> None:
    tokens = ["a", "b", "c", "ab", "bc", "abc"]
    assert merges_of(tokens, [0, 0, 0, -2, -1, -3]) == [
        ("b", "c"),
        ("a", "b"),
        ("a", "bc"),
        ("ab", "c"),
    ]


def test_tensors_have_the_names_of_mlx_lm() -> None:
    assert renamed("token_embd.weight") == "model.embed_tokens.weight"
    assert renamed("blk.3.ffn_norm.weight") == "model.layers.3.pre_feedforward_layernorm.weight"


def test_norms_are_without_the_one_that_is_added_later() -> None:
    weight = np.array([1.5, 3.0])
    assert unshifted("blk.3.attn_q_norm.weight", weight).tolist() == [0.5, 2.0]
    assert unshifted("blk.3.attn_q.weight", weight).tolist() == [1.5, 3.0]


def test_a_part_that_is_missing_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="four parts"):
        assemble(tmp_path, tmp_path / "model.gguf")


def test_the_template_is_gemmas() -> None:
    def refuse(message: str) -> None:
        raise ValueError(message)

    template = Environment(autoescape=True).from_string(TEMPLATE)
    template.globals["raise_exception"] = refuse
    talk = [{"role": "user", "content": " Hi "}, {"role": "assistant", "content": "Hello"}]

    def render(messages: list[dict[str, str]], *, opened: bool = False) -> str:
        return (
            template.render(messages=messages, bos_token="[b]", add_generation_prompt=opened)
            .replace("&lt;", "<")
            .replace("&gt;", ">")
        )

    turns = "[b]<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n"
    assert render(talk[:1], opened=True) == turns
    assert render(talk) == f"{turns}Hello<end_of_turn>\n"
    with pytest.raises(ValueError, match="System role"):
        render([{"role": "system", "content": "Be kind."}, *talk])
    with pytest.raises(ValueError, match="alternate"):
        render(talk[1:])
