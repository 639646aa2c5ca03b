"""Processes that train together: what they share, and that they do what one alone would."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.errors import TrainingError
from trainer.tuning.distributed import ProcessGroup

MEMBER = """
import json
import trainer.hardware.device
import mlx.core as mx
from trainer.errors import TrainingError
from trainer.tuning.distributed import ProcessGroup

group = ProcessGroup(2)
told = {"rank": group.rank, "size": group.size, "first": group.first}
told["shared"] = group.share(lambda: {"from": group.rank})
told["bytes"] = group.share_bytes(bytes([group.rank, 200])).hex()
told["nothing"] = group.share_bytes(b"").hex()
told["batches"] = [group.whole_batch(size) for size in (1, 2, 3)]
group.agree("same", "The base model")
try:
    group.agree(f"mark {group.rank}", "The base model")
    told["agreed"] = True
except TrainingError as error:
    told["agreed"] = str(error)

def loss(weight, values):
    return (weight * values).mean(), mx.array(values.size)

values = mx.array([8.0]) if group.first else mx.array([1.0, 2.0, 3.0])
weighted = group.averaged(loss)
(mean, count), gradient = mx.value_and_grad(weighted)(mx.array(2.0), values)
told["mean"] = mx.distributed.all_sum(mean).item() / 2
told["gradient"] = mx.distributed.all_sum(gradient).item() / 2
told["count"] = count.item()
print(json.dumps(told))
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each of two processes says that found each other over loopback."""
    hosts = tmp_path_factory.mktemp("hosts") / "hosts.json"
    hosts.write_text(json.dumps([[f"127.0.0.1:{free_port()}"] for _ in range(2)]))
    members = [
        subprocess.Popen(
            [sys.executable, "-c", MEMBER],
            env=os.environ | {"MLX_HOSTFILE": str(hosts), "MLX_RANK": str(rank)},
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
        )
        for rank in range(2)
    ]
    try:
        return [json.loads(member.communicate(timeout=300)[0]) for member in members]
    finally:
        for member in members:
            member.kill()


def test_the_first_one_speaks_for_all(pair: list[dict[str, Any]]) -> None:
    assert [(one["rank"], one["size"], one["first"]) for one in pair] == [
        (0, 2, True),
        (1, 2, False),
    ]
    assert [one["shared"] for one in pair] == [{"from": 0}] * 2
    assert [one["bytes"] for one in pair] == ["00c8"] * 2
    assert [one["nothing"] for one in pair] == [""] * 2


def test_every_process_gets_as_many_rows_of_a_batch(pair: list[dict[str, Any]]) -> None:
    assert [one["batches"] for one in pair] == [[2, 2, 4]] * 2


def test_a_machine_that_has_something_else_stops(pair: list[dict[str, Any]]) -> None:
    assert pair[0]["agreed"] is True
    assert pair[1]["agreed"] == "The base model on machine 2 differs from the first one's."


def test_the_mean_over_processes_is_the_mean_over_all_answer_tokens(
    pair: list[dict[str, Any]],
) -> None:
    """Of the values 8, 1, 2 and 3, whose mean is 3.5, at a weight of 2."""
    for one in pair:
        assert one["mean"] == pytest.approx(7.0)
        assert one["gradient"] == pytest.approx(3.5)
    assert [one["count"] for one in pair] == [1, 3]


def test_a_single_process_is_a_team_of_its_own() -> None:
    group = ProcessGroup()
    assert (group.first, group.size, group.whole_batch(3)) == (True, 1, 3)
    assert group.share(lambda: {"a": [1]}) == {"a": [1]}
    assert group.share_bytes(b"a") == b"a"
    group.agree("mark", "The base model")


def test_a_single_process_needs_no_other_loss() -> None:
    def loss() -> tuple[mx.array, mx.array]:
        return mx.array(1.0), mx.array(1)

    assert ProcessGroup().averaged(loss) is loss


def test_a_process_that_misses_others_says_so() -> None:
    with pytest.raises(TrainingError, match="2 processes should train together, but 1 found it"):
        ProcessGroup(2)
    assert ProcessGroup(1).size == 1


def test_machines_that_cannot_reach_each_other_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise RuntimeError("[ring] Couldn't connect")

    monkeypatch.setattr(mx.distributed, "init", refused)
    with pytest.raises(TrainingError, match="check the addresses in the hosts file"):
        ProcessGroup()


def test_mlx_lm_adds_up_where_those_who_train_together_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It asks for the processor, which NCCL most likely refused (docs/log.md)."""
    asked: list[dict[str, object]] = []
    original = mx.distributed.all_sum

    def heard(x: mx.array, **options: object) -> mx.array:
        asked.append(options)
        return original(x)

    monkeypatch.setattr(mx.distributed, "all_sum", heard)
    group = ProcessGroup()
    with group.summing():
        mx.distributed.all_sum(mx.array(1), stream=mx.cpu)
    group.size = 2
    with group.summing():
        assert mx.distributed.all_sum(mx.array(1), stream=mx.cpu).item() == 1
    assert asked == [{"stream": mx.cpu}, {"group": None}]
    assert mx.distributed.all_sum is heard
