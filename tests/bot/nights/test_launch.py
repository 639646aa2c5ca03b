"""Two processes that train together do what one does: real ones, over a ring on loopback."""

import json
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from bot.errors import InputError
from bot.nights import launch
from bot.nights.launch import Workers, workers
from bot.nights.training import Training, train
from tests.trainer.pipeline.test_run import line, write
from trainer.pipeline.run import run
from trainer.planning.settings import TrainingSettings
from trainer.results.progress import Progress


@pytest.fixture
def training(tmp_path: Path, tiny_folder: Path, cache: Path) -> Training:
    """Lessons of unlike length, so that the two have unlike numbers of tokens to average over."""
    assert cache.is_dir()
    rows = [line(number) for number in range(5)]
    rows[0]["messages"][1]["content"] = "It is K0, and the key hangs beside the door of room 1."
    write(tmp_path / "data", rows, [])
    values = {"iters": 3, "batch_size": 4, "learning_rate": 1e-3, "validations": 1, "replay": 0.25}
    return Training(
        tmp_path / "data",
        tmp_path / "out",
        str(tiny_folder),
        TrainingSettings.model_validate(values),
        tmp_path / "run",
        tmp_path / "lock",
    )


def ignore(_: Progress) -> None:
    """No progress is wanted here."""


@pytest.mark.usefixtures("steady")
def test_two_processes_end_with_the_loss_and_weights_of_one(
    training: Training, tmp_path: Path
) -> None:
    """The one is this process: it runs what a child would."""
    training.out.mkdir()
    alone = run(training.data, training.out, training.model, training.settings, None, ignore)
    assert alone is not None
    pair = replace(training, out=tmp_path / "both", workers=workers(2, None, "ring"))
    heard: list[Progress] = []
    both = train(pair, heard.append)
    assert (alone.workers, both.workers) == (1, 2)
    points = [
        [value or 0.0 for point in done.losses.history for value in point] for done in (both, alone)
    ]
    assert points[0] == pytest.approx(points[1], rel=1e-4)
    assert both.evaluation == alone.evaluation
    ours, theirs = (
        mx.load(str(folder / "adapters.safetensors")) for folder in (pair.out, training.out)
    )
    assert isinstance(ours, dict)
    assert isinstance(theirs, dict)
    assert all(mx.allclose(ours[name], theirs[name], atol=1e-4) for name in theirs)
    # Only the first one speaks.
    assert sum(told.phase == "load" for told in heard) == 1


def test_hosts_come_from_a_file_or_are_named_as_wrong(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.json"
    hosts.write_text(json.dumps([{"ssh": "127.0.0.1", "ips": ["10.0.0.1"]}, {"ssh": "mac2"}]))
    found = workers(None, hosts)
    assert found == Workers(2, hosts)
    assert found is not None
    command = found.command(["python", "-m", "trainer"])
    assert command[1:] == ["--hostfile", str(hosts), "--", "python", "-m", "trainer"]
    assert Path(command[0]).parent == Path(sys.executable).parent
    assert workers(1, None) is None
    for content in ("{", "[]", '[{"name": "x"}]'):
        hosts.write_text(content)
        with pytest.raises(InputError, match="machine"):
            workers(None, hosts)
    with pytest.raises(InputError, match="not both"):
        workers(2, hosts)


def test_a_host_file_with_a_backend_of_its_own_is_read_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`mlx.launch` may run in another folder, so the path is made absolute."""
    hosts = tmp_path / "hosts.json"
    hosts.write_text(json.dumps({"backend": "jaccl", "hosts": [{"ssh": "mac1"}, {"ssh": "mac2"}]}))
    monkeypatch.chdir(tmp_path)
    assert workers(None, Path("hosts.json")) == Workers(2, hosts)


def test_a_backend_may_be_chosen_for_the_machines_of_a_host_file(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.json"
    hosts.write_text(json.dumps([{"ssh": "mac1"}, {"ssh": "mac2"}]))
    both = workers(None, hosts, "jaccl")
    assert both is not None
    options = ["--hostfile", str(hosts), "--backend", "jaccl", "--", "python"]
    assert both.command(["python"])[1:] == options


@pytest.mark.parametrize("count", [None, 1])
def test_a_backend_is_for_several_processes(count: int | None) -> None:
    with pytest.raises(InputError, match="several processes"):
        workers(count, None, "ring")


def test_where_ports_run_out_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """No port above the last one is tried."""
    monkeypatch.setattr(launch, "LAST_PORT", 2)
    with pytest.raises(InputError, match="no free ports"):
        Workers(2).command(["python"])


def test_as_many_processes_as_asked_for_start_on_free_ports() -> None:
    pair = workers(2, None, "ring")
    assert pair == Workers(2, None, "ring")
    assert pair is not None
    _, *options = pair.command(["python"])
    assert options[:3] == ["-n", "2", "--starting-port"]
    assert options[4:] == ["--backend", "ring", "--", "python"]
    assert 0 < int(options[3]) < launch.LAST_PORT - 1


def test_ports_are_taken_only_where_all_of_them_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def free_from_the_second_look_on(port: int) -> bool:
        asked.append(port)
        return len(asked) > 1

    monkeypatch.setattr(launch, "_is_free", free_from_the_second_look_on)
    first = launch._free_ports(2)
    assert asked[1:] == [first, first + 1]


def test_a_port_is_free_where_nobody_listens_and_nobody_is_connected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert not launch._is_free(taken.getsockname()[1])
        with socket.create_connection(taken.getsockname()) as client:
            # Nobody listens there, and still it is taken.
            assert not launch._is_free(client.getsockname()[1])
