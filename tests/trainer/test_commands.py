"""mlx-lm's own commands: accepted by its own parsers, safe for the shell, and they run."""

import importlib
import os
import shlex
import shutil
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from mlx_lm import fuse, lora
from mlx_lm.tuner.utils import build_schedule

from tests.tiny_models import build_model
from trainer.commands import fuse_command, generate_command, training_command, training_script
from trainer.errors import DatasetError
from trainer.formats import format_example, to_jsonl
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings

# mlx_lm's own name for it is the function.
generate: Any = importlib.import_module("mlx_lm.generate")
paths = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
).filter(lambda text: text.strip())


def parsed(line: str, command: str, parse: Callable[[list[str]], Namespace]) -> Namespace:
    """What the command makes of a line, as the shell hands it over."""
    name, *arguments = shlex.split(line)
    assert name == command
    return parse(arguments)


def parse_fuse(arguments: list[str]) -> Namespace:
    before = sys.argv
    sys.argv = ["mlx_lm.fuse", *arguments]
    try:
        return fuse.parse_arguments()
    finally:
        sys.argv = before


def parse_lora(arguments: list[str]) -> Namespace:
    parser: ArgumentParser = lora.build_parser()  # type: ignore[no-untyped-call]  # its library is untyped
    return parser.parse_args(arguments)


def parse_generate(arguments: list[str]) -> Namespace:
    parser: ArgumentParser = generate.setup_arg_parser()
    return parser.parse_args(arguments)


def write(folder: Path, rows: int, kind: str = "messages", valid: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, count in (("train", rows), ("valid", valid)):
        if count:
            text = to_jsonl([format_example(f"q{i}", f"a{i}", kind) for i in range(count)])
            (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_mlx_lm_takes_the_training_line(tmp_path: Path) -> None:
    data = write(tmp_path / "data", 40, valid=8)
    settings = TrainingSettings(iters=70, learning_rate=5e-5, layers=8, rank=4, scale=10.0)
    command = training_command("Qwen/Qwen3-0.6B", data, "adapters/v1", settings)
    taken = parsed(str(command), "mlx_lm.lora", parse_lora)
    assert taken.model == "Qwen/Qwen3-0.6B"
    assert (taken.data, taken.adapter_path) == (str(data), "adapters/v1")
    assert (taken.iters, taken.learning_rate, taken.num_layers) == (70, 5e-5, 8)
    assert taken.train
    assert taken.mask_prompt
    assert taken.config == "adapters/v1/lora.yaml"


def test_the_yaml_has_what_has_no_flag(tmp_path: Path) -> None:
    settings = TrainingSettings(rank=4, scale=10.0, dropout=0.1, weight_decay=0.01, iters=100)
    command = training_command("m", tmp_path, "out", settings)
    told = yaml.load(command.yaml, lora.yaml_loader)  # noqa: S506  mlx-lm's own safe one
    assert told["lora_parameters"] == {"rank": 4, "scale": 10.0, "dropout": 0.1}
    assert told["optimizer"] == "adamw"
    assert told["optimizer_config"]["adamw"]["weight_decay"] == 0.01
    assert set(told) <= set(lora.CONFIG_DEFAULTS)
    schedule = build_schedule(told["lr_schedule"])
    rates = [float(schedule(step)) for step in range(100)]
    assert max(rates) == pytest.approx(plan(settings, 200).learning_rate)
    assert rates[0] < rates[10] > rates[99]


def test_what_is_not_set_follows_the_size_of_the_set(tmp_path: Path) -> None:
    for rows in (3, 400):
        data = write(tmp_path / str(rows), rows)
        taken = parsed(str(training_command("m", data, "out")), "mlx_lm.lora", parse_lora)
        assert taken.iters == plan(TrainingSettings(), rows).iters


def test_the_batch_is_never_larger_than_a_set(tmp_path: Path) -> None:
    """mlx-lm stops at once with such a batch."""
    data = write(tmp_path, 30, valid=2)
    taken = parsed(str(training_command("m", data, "out")), "mlx_lm.lora", parse_lora)
    assert taken.batch_size == 2


def test_prompts_of_text_rows_are_not_masked(tmp_path: Path) -> None:
    """mlx-lm refuses it for them."""
    data = write(tmp_path, 5, "text")
    assert not parsed(str(training_command("m", data, "o")), "mlx_lm.lora", parse_lora).mask_prompt


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text("\n")
    with pytest.raises(DatasetError, match="has no rows"):
        training_command("m", tmp_path, "out")


@given(paths, paths, paths)
def test_lines_are_safe_for_the_shell(model: str, path: str, prompt: str) -> None:
    """Whatever is in a name or a prompt reaches the command as it is."""
    made = training_command(model, "no-such-folder", path)
    taken: Any = parsed(made.line, "mlx_lm.lora", parse_lora)
    assert (taken.model, taken.adapter_path) == (model, path)
    taken = parsed(generate_command(model, prompt, path), "mlx_lm.generate", parse_generate)
    assert (taken.model, taken.adapter_path, taken.prompt) == (model, path, prompt)
    taken = parsed(fuse_command(model, path, prompt, dequantize=True), "mlx_lm.fuse", parse_fuse)
    assert (taken.model, taken.adapter_path, taken.save_path) == (model, path, prompt)
    assert taken.dequantize


def test_generating_without_an_adapter_and_fusing_as_it_is() -> None:
    taken = parsed(generate_command("m", "q"), "mlx_lm.generate", parse_generate)
    assert (taken.adapter_path, taken.max_tokens, taken.temp) == (None, 256, 0.0)
    assert not parsed(fuse_command("m", "a", "b"), "mlx_lm.fuse", parse_fuse).dequantize


def test_the_script_trains_asks_and_fuses(tmp_path: Path) -> None:
    """The real commands on a tiny model, with names that a careless script would trip over."""
    model = build_model(tmp_path / "a model")
    data = write(tmp_path / "it's data", 6, valid=2)
    out = tmp_path / "out $HOME"
    settings = TrainingSettings(iters=3, batch_size=2, learning_rate=1e-3)
    script = training_script(str(model), data, out, settings, prompt="say 'q1'; exit 7")
    bash = shutil.which("sh")
    assert bash
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [bash, "-c", script],
        env=os.environ | {"PATH": path, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (out / "adapters.safetensors").is_file()
    assert (out / "fused" / "model.safetensors").is_file()
    assert "Generation: " in done.stdout


def test_rows_that_cannot_be_trained_on_are_named_before_the_command_is(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(
        '{"text": "plain"}\n{"messages": [{"role": "user", "content": "a"}]}\n'
    )
    with pytest.raises(DatasetError, match=r"train\.jsonl, line 2: it has no answer"):
        training_command("m", tmp_path, tmp_path / "out")
