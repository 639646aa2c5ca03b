"""The sentence encoder, against vectors of sentence-transformers and of Transformers."""

import json
from pathlib import Path

import pytest

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import mlx.core as mx
import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

from trainer.errors import ModelError
from trainer.models import embedder
from trainer.models.embedder import Embedder
from trainer.models.encoders import BUNDLED, encoder_folder

GOLDEN = Path(__file__).with_name("all_minilm_l6_v2.json")
WORDS = [
    "<pad>",
    "</s>",
    "<unk>",
    "<s>",
    "who",
    "waters",
    "the",
    "plants",
    "noor",
    "does",
    "a",
    "b",
]
SENTENCES = ["who waters the plants", "noor does"]
# Of the two sentences: the mean over the tokens, then the first token's state (Transformers 5).
MEANS = {
    "bert": (
        [0.364865, -0.392612, -0.358346, 0.272849, 0.482611, -0.075642, -0.520648, -0.012689],
        [0.616915, 0.176765, -0.437994, -0.429274, 0.076628, 0.303287, -0.073454, -0.329855],
    ),
    "xlm-roberta": (
        [0.48493, -0.297173, -0.442664, 0.123036, 0.470599, 0.049021, -0.473982, -0.130059],
        [0.627127, 0.010374, -0.495052, -0.260196, 0.261521, 0.266813, -0.233974, -0.315435],
    ),
}
FIRSTS = {
    "bert": (
        [0.3631, -0.393596, -0.355223, 0.276175, 0.481027, -0.081082, -0.52227, -0.007575],
        [0.617678, 0.174732, -0.439117, -0.427417, 0.079079, 0.302944, -0.07563, -0.329673],
    ),
    "xlm-roberta": (
        [0.488723, -0.292208, -0.451697, 0.109241, 0.470513, 0.065287, -0.462897, -0.141005],
        [0.627021, 0.008933, -0.495463, -0.258871, 0.262739, 0.26632, -0.23497, -0.314798],
    ),
}


def build_encoder(folder: Path, kind: str = "bert", pooling: str | None = None) -> Path:
    """Writes an encoder of width 8 whose weights are sines, as the reference had them."""
    folder.mkdir()
    width, inner, blocks = 8, 16, 2
    config = {
        "model_type": kind,
        "vocab_size": len(WORDS),
        "hidden_size": width,
        "num_hidden_layers": blocks,
        "num_attention_heads": 2,
        "intermediate_size": inner,
        "max_position_embeddings": 12,
        "type_vocab_size": 2 if kind == "bert" else 1,
        "hidden_act": "gelu",
        "pad_token_id": 0 if kind == "bert" else 1,
        "layer_norm_eps": 1e-5,
    }
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(WORDS), width),
        "embeddings.position_embeddings.weight": (12, width),
        "embeddings.token_type_embeddings.weight": (2 if kind == "bert" else 1, width),
    }
    norms = ["embeddings.LayerNorm"]
    for block in range(blocks):
        stem = f"encoder.layer.{block}"
        norms += [f"{stem}.attention.output.LayerNorm", f"{stem}.output.LayerNorm"]
        for name, rows, columns in (
            ("attention.self.query", width, width),
            ("attention.self.key", width, width),
            ("attention.self.value", width, width),
            ("attention.output.dense", width, width),
            ("intermediate.dense", inner, width),
            ("output.dense", width, inner),
        ):
            shapes |= {f"{stem}.{name}.weight": (rows, columns), f"{stem}.{name}.bias": (rows,)}
    for norm in norms:
        shapes |= {f"{norm}.weight": (width,), f"{norm}.bias": (width,)}
    weights = {}
    for number, name in enumerate(sorted(shapes)):
        size = int(np.prod(shapes[name]))
        values = mx.sin(mx.arange(size, dtype=mx.float32) * 0.7 + number) * 0.5
        if name.endswith("LayerNorm.weight"):
            values = 1 + values * 0.2
        weights[name] = values.reshape(shapes[name])
    weights["pooler.dense.weight"] = mx.zeros((width, width))
    mx.save_safetensors(str(folder / "model.safetensors"), weights)
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps(config))
    if pooling is not None:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(pooling)
    return folder


@pytest.fixture(scope="module")
def bundled() -> Embedder:
    """The encoder that comes with the program."""
    return Embedder(encoder_folder(BUNDLED))


def test_the_bundled_encoder_gives_the_vectors_of_sentence_transformers(bundled: Embedder) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    vectors = np.array(bundled.embed(golden["texts"]))
    assert vectors.shape == (len(golden["texts"]), bundled.width)
    assert np.abs(vectors[:, :8] - golden["first"]).max() < 1e-5
    assert np.abs(vectors @ vectors.T - golden["likeness"]).max() < 1e-4


def test_a_text_has_the_same_vector_in_whatever_company(
    bundled: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["Who?", "Who waters the plants on the third floor?", "", "Plants " * 40]
    together = np.array(bundled.embed(texts))
    monkeypatch.setattr(embedder, "BATCH_TOKENS", 16)
    assert np.abs(np.array(bundled.embed(texts)) - together).max() < 1e-5
    for text, vector in zip(texts, together, strict=True):
        assert np.abs(np.array(bundled.embed([text]))[0] - vector).max() < 1e-5
    assert np.abs(np.linalg.norm(together, axis=1) - 1).max() < 1e-5


def test_no_text_has_no_vector(bundled: Embedder) -> None:
    assert bundled.embed([]).shape == (0, 384)


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
@pytest.mark.parametrize(
    ("pooling", "golden"),
    [
        (None, MEANS),
        ('{"pooling_mode_mean_tokens": true}', MEANS),
        ('{"pooling_mode_cls_token": true}', FIRSTS),
        ('{"pooling_mode": "cls"}', FIRSTS),
    ],
)
def test_other_encoders_give_the_vectors_of_transformers(
    tmp_path: Path,
    kind: str,
    pooling: str | None,
    golden: dict[str, tuple[list[float], list[float]]],
) -> None:
    encoder = Embedder(build_encoder(tmp_path / "encoder", kind, pooling))
    assert np.abs(np.array(encoder.embed(SENTENCES)) - golden[kind]).max() < 1e-5


@pytest.mark.parametrize(("kind", "places"), [("bert", 12), ("xlm-roberta", 10)])
def test_what_is_longer_than_it_reads_is_cut_off(tmp_path: Path, kind: str, places: int) -> None:
    """XLM-RoBERTa counts its places from the one after its padding token."""
    folder = build_encoder(tmp_path / "encoder", kind)
    long = ["plants"] * 40
    whole, cut = Embedder(folder).embed([" ".join(long), " ".join(long[:places])])
    assert mx.allclose(whole, cut)
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 3}')
    whole, cut = Embedder(folder).embed(["who waters the plants", "who waters the"])
    assert mx.allclose(whole, cut)


def test_other_files_have_another_revision(tmp_path: Path) -> None:
    one = Embedder(build_encoder(tmp_path / "one"))
    other = Embedder(build_encoder(tmp_path / "other", "xlm-roberta"))
    assert one.revision == Embedder(tmp_path / "one").revision != other.revision


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("config.json", '{"model_type": "llama"}', "llama"),
        ("config.json", '{"model_type": "bert"}', "hidden_size"),
        ("model.safetensors", "torn", "cannot be read"),
        ("tokenizer.json", "{}", "cannot be read"),
    ],
)
def test_what_is_no_encoder_is_one_clear_line(
    tmp_path: Path, file: str, content: str, reason: str
) -> None:
    folder = build_encoder(tmp_path / "encoder")
    (folder / file).write_text(content)
    with pytest.raises(ModelError, match=reason) as refused:
        Embedder(folder)
    assert "answers.embedder" in str(refused.value)
    assert "\n" not in str(refused.value)
