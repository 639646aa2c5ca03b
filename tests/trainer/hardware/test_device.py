"""What depends on the machine: number formats, memory, speed, sleep."""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import psutil
import pytest

from trainer.hardware import device

# isort: split
import mlx.core as mx
from mlx.utils import tree_flatten

from tests.tiny_models import build_model
from trainer.models.loading import load


def has(monkeypatch: pytest.MonkeyPatch, *, metal: bool = False, cuda: bool = False) -> None:
    """Says which graphics cards there are."""
    monkeypatch.setattr(mx.metal, "is_available", lambda: metal)
    monkeypatch.setattr(mx.cuda, "is_available", lambda: cuda)


@pytest.mark.parametrize(
    ("metal", "cuda", "on_cpu"),
    [(False, False, True), (True, False, False), (False, True, False)],
)
def test_weights_have_32_bits_where_there_is_no_graphics_card(
    monkeypatch: pytest.MonkeyPatch, metal: bool, cuda: bool, on_cpu: bool
) -> None:
    has(monkeypatch, metal=metal, cuda=cuda)
    assert device.on_cpu() == on_cpu
    assert device.weights_dtype() == (mx.float32 if on_cpu else mx.bfloat16)


def formats(model: Any) -> set[mx.Dtype]:
    leaves: Any = tree_flatten(model.parameters())
    return {leaf.dtype for _, leaf in leaves}


def test_quantised_weights_are_widened_on_a_processor_and_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build_model(tmp_path / "model", bits=4)
    has(monkeypatch, cuda=True)
    quantised = load(folder).model
    assert mx.uint32 in formats(device.suited(quantised))
    tokens = mx.array([[1, 2, 3]])
    expected = quantised(tokens)
    has(monkeypatch)
    widened = device.suited(quantised)
    assert formats(widened) == {mx.float32}
    assert mx.allclose(widened(tokens), expected, atol=1e-4)


@pytest.mark.parametrize("narrow", [mx.float16, mx.bfloat16])
def test_16_bit_weights_are_widened_on_a_processor_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, narrow: mx.Dtype
) -> None:
    model = load(build_model(tmp_path / "model")).model
    model.set_dtype(narrow)
    has(monkeypatch, metal=True)
    assert formats(device.suited(model)) == {narrow}
    has(monkeypatch)
    assert formats(device.suited(model)) == {mx.float32}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_peak_of_a_processor_is_the_processs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch)
    held = psutil.Process().memory_info().rss / 1e9
    assert 0.9 * held < device.peak_memory_gb() < held + 100


def test_the_peak_of_a_graphics_card_is_mlxs(monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch, cuda=True)
    monkeypatch.setattr(mx, "get_peak_memory", lambda: 3_000_000_000)
    assert device.peak_memory_gb() == 3


def machine(monkeypatch: pytest.MonkeyPatch, machine_gb: float, container_gb: float) -> None:
    memory = SimpleNamespace(available=machine_gb * 1e9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(device, "_container_gb", lambda: container_gb)


def test_a_processor_has_what_the_machine_or_its_container_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    has(monkeypatch)
    machine(monkeypatch, 8, 3)
    assert device.free_memory_gb() == 3
    machine(monkeypatch, 2, float("inf"))
    assert device.free_memory_gb() == 2
    assert device.card_memory_gb() is None


def test_a_mac_gives_its_graphics_a_part_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch, metal=True)
    info = {"max_recommended_working_set_size": 5_000_000_000}
    monkeypatch.setattr(mx, "device_info", lambda: info)
    machine(monkeypatch, 8, float("inf"))
    assert device.free_memory_gb() == 5
    machine(monkeypatch, 4, float("inf"))
    assert device.free_memory_gb() == 4
    info.clear()
    assert device.free_memory_gb() == 4
    assert device.card_memory_gb() is None


def test_an_nvidia_card_has_its_own_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch, cuda=True)
    machine(monkeypatch, 8, float("inf"))
    info = {"total_memory": 80_000_000_000, "free_memory": 70_000_000_000}
    monkeypatch.setattr(mx, "device_info", lambda: info)
    assert device.free_memory_gb() == device.card_memory_gb() == 70
    info.pop("free_memory")
    assert device.free_memory_gb() == 80
    info.clear()
    monkeypatch.setattr(mx, "get_memory_limit", lambda: 60_000_000_000)
    assert device.free_memory_gb() == 60


@pytest.mark.parametrize(
    ("limit", "used", "left"),
    [("5000000000\n", "2000000000\n", 3), ("max\n", "2000000000\n", float("inf"))],
)
def test_a_container_leaves_its_limit_less_what_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, used: str, left: float
) -> None:
    monkeypatch.setattr(device, "Path", lambda _, name: tmp_path / name)
    assert device._container_gb() == float("inf"), "no container"
    (tmp_path / "memory.max").write_text(limit)
    (tmp_path / "memory.current").write_text(used)
    assert device._container_gb() == left


class Process:
    """Takes note of what is started and ended."""

    def __init__(self, log: list[Any], command: list[str]) -> None:
        self._log = log
        log.append(command)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def terminate(self) -> None:
        self._log.append("ended")


def started(log: list[Any]) -> Callable[[list[str]], Process]:
    return lambda command: Process(log, command)


def test_a_mac_is_kept_awake_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[Any] = []
    monkeypatch.setattr(device, "subprocess", SimpleNamespace(Popen=started(log)))
    monkeypatch.setattr(device, "sys", SimpleNamespace(platform="darwin"))
    command = ["/usr/bin/caffeinate", "-ims", "-w", str(os.getpid())]
    with contextlib.suppress(ValueError), device.awake():
        assert log == [command]
        raise ValueError
    assert log == [command, "ended"]


def test_other_machines_need_nothing_to_stay_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[Any] = []
    monkeypatch.setattr(device, "subprocess", SimpleNamespace(Popen=started(log)))
    monkeypatch.setattr(device, "sys", SimpleNamespace(platform="linux"))
    with device.awake():
        pass
    assert log == []


def test_the_speed_is_that_of_the_best_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two operations for each of SIZE^3 pairs of numbers; other processes only slow it down."""
    has(monkeypatch)
    # The clock is read at the beginning, before every product, and around it.
    clock = iter([0.0, 0.0, 0.0, 0.3, 0.3, 0.3, 0.4, 0.5])
    monkeypatch.setattr(device, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    monkeypatch.setattr(device, "SIZE", 100)
    assert device.gflops() == pytest.approx(2 * 100**3 / 0.1 / 1e9)
