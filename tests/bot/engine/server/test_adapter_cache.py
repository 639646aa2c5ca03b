"""The right adapter answers to each name, and one that is broken stops nobody."""

import pytest

from bot.engine.server import adapter_cache
from bot.engine.server.adapter_cache import MAX_LOADED, AdapterCache
from bot.engine.server.protocol import LATEST, ApiError
from bot.engine.server.worker import Worker
from bot.home import Home
from tests.bot.engine.tiny_model_home import (
    TinyModelHome,
    greedy_request,
    make_home,
    running_worker,
    submit,
)
from trainer.adapters.registry import WEIGHTS, AdapterCard, write_card
from trainer.models.loading import load


def test_an_adapter_that_cannot_go_by_row_gets_a_model_of_its_own(
    empty_home: TinyModelHome, caplog: pytest.LogCaptureFixture
) -> None:
    """DoRA beside the base and a LoRA: all are right, and the log says it."""
    by_row, dora = empty_home.add(1), empty_home.add(2, kind="dora")
    with running_worker(empty_home) as worker:
        answer = {v: submit(worker, greedy_request("Hello", v)) for v in ("base", by_row, dora)}
        assert answer["base"].wait().text == empty_home.expected("Hello")
        assert answer[by_row].wait().text == empty_home.expected("Hello", by_row)
        assert answer[dora].wait().text == empty_home.expected("Hello", dora)
    assert f"adapter {dora} gets a model of its own" in caplog.text


def test_latest_is_what_is_promoted_and_answers_in_flight_keep_theirs(
    empty_home: TinyModelHome,
) -> None:
    """No reload and no failure: base, then v0001, then v0002, then back."""
    with running_worker(empty_home) as worker:
        long = submit(worker, greedy_request("Hello", tokens=450))
        assert long.started.wait(60)
        assert long.version_used == "base"
        for seed in (1, 2):
            version = empty_home.add(seed, promote=True)
            answer = submit(worker, greedy_request("x")).wait()
            assert answer.version_used == version
            assert answer.text == empty_home.expected("x", version)
        empty_home.registry.rollback()
        assert submit(worker, greedy_request("x")).wait().version_used == "v0001"
        assert long.wait().text == empty_home.expected("Hello", tokens=450)


@pytest.mark.parametrize(
    "damage", ["torn", "empty", "other model", "other template", "other shapes", "no scale"]
)
def test_a_broken_adapter_stops_nobody(
    empty_home: TinyModelHome, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """`latest` is then the one promoted before it; asked for by name, it is refused."""
    good, bad = empty_home.add(1, promote=True), empty_home.add(2, promote=True)
    folder = empty_home.registry.path(bad)
    if damage == "torn":
        whole = (folder / WEIGHTS).read_bytes()
        (folder / WEIGHTS).write_bytes(whole[: len(whole) // 2])
    elif damage == "empty":
        (folder / WEIGHTS).write_bytes(b"")
    elif damage == "other model":
        write_card(folder, AdapterCard(bad, "another", base_revision="0123"))
    elif damage == "other template":
        write_card(folder, AdapterCard(bad, "another", template_hash="0123"))
    elif damage == "other shapes":
        other = make_home(Home(empty_home.home.root / "other"), "qwen3_moe")
        other.add(1)
        (folder / WEIGHTS).write_bytes((other.registry.path("v0001") / WEIGHTS).read_bytes())
    else:
        (folder / "adapter_config.json").write_text("{}")
    with running_worker(empty_home) as worker:
        for _ in range(2):
            assert submit(worker, greedy_request("x")).wait().version_used == good
        named = submit(worker, greedy_request("x", bad)).wait().events
        assert submit(worker, greedy_request("x", "base")).wait().text == empty_home.expected("x")
    (error,) = named
    assert isinstance(error, ApiError)
    assert bad in str(error)
    assert caplog.text.count("Others go on answering") == 1


def test_without_any_usable_adapter_latest_is_the_base(empty_home: TinyModelHome) -> None:
    bad = empty_home.add(1, promote=True)
    (empty_home.registry.path(bad) / WEIGHTS).write_bytes(b"")
    with running_worker(empty_home) as worker:
        assert submit(worker, greedy_request("x")).wait().version_used == "base"


def test_adapters_not_asked_for_make_room_and_come_back(empty_home: TinyModelHome) -> None:
    versions = [empty_home.add(seed, rank=2) for seed in range(1, MAX_LOADED + 3)]
    with running_worker(empty_home) as worker:
        for version in [*versions, *versions[:2]]:
            answer = submit(worker, greedy_request("Hello", version, 6)).wait()
            assert answer.text == empty_home.expected("Hello", version, 6), version


def test_an_unknown_adapter_is_refused(worker: Worker) -> None:
    (error,) = submit(worker, greedy_request("x", "v0099")).wait().events
    assert isinstance(error, ApiError)
    assert error.status == 404
    assert "v0099" in str(error)


def test_an_unreadable_list_of_promotions_means_the_base(empty_home: TinyModelHome) -> None:
    version = empty_home.add(1, promote=True)
    (empty_home.home.adapters / "current.json").write_text("{")
    with running_worker(empty_home) as worker:
        assert submit(worker, greedy_request("x")).wait().version_used == "base"
        empty_home.registry.root.joinpath("current.json").unlink()
        empty_home.registry.promote(version)
        assert submit(worker, greedy_request("x")).wait().version_used == version


def test_the_adapter_used_longest_ago_makes_room_but_none_that_answers(
    empty_home: TinyModelHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter_cache, "MAX_LOADED", 2)
    one, two, three = (empty_home.add(seed, rank=2) for seed in (1, 2, 3))
    loaded = load(empty_home.model)
    cache = AdapterCache(loaded, empty_home.registry)

    def answered(version: str) -> None:
        cache.release(cache.acquire(version))

    for version in (one, two, one, three):
        answered(version)
    assert list(cache._placements) == [one, three]
    assert cache._bank is not None
    assert len(cache._bank._adapters) == 2
    in_flight = cache.acquire(one)
    for version in (three, two, three):
        answered(version)
    assert one in cache._placements
    cache.release(in_flight)
    for version in (two, three):
        answered(version)
    assert list(cache._placements) == [two, three]


def test_latest_goes_back_to_the_newest_usable_version(empty_home: TinyModelHome) -> None:
    versions = [empty_home.add(seed, promote=True, rank=2) for seed in (1, 2, 3)]
    (empty_home.registry.path(versions[2]) / WEIGHTS).write_bytes(b"")
    cache = AdapterCache(load(empty_home.model), empty_home.registry)
    assert cache.acquire(LATEST).version == versions[1]
