"""The engine's encoder: OpenAI's form, beside answers in flight, and missing without harm."""

import base64
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import pytest

from bot.engine.address import read_address
from bot.engine.client import EngineClient
from bot.engine.server import encoding
from bot.engine.server.encoding import Embedded, EncodingQueue
from bot.engine.server.generation import Finished
from bot.engine.server.protocol import ApiError
from bot.engine.server.worker import Worker
from bot.engine.supervisor import EngineSupervisor
from bot.errors import EngineError
from bot.settings import AnswerSettings
from tests.bot.engine.tiny_model_home import (
    TinyModelHome,
    greedy_request,
    running_worker,
    submit,
)
from tests.trainer.models.test_embedder import build_encoder
from trainer.models.embedder import BUNDLED, Embedder, encoder_folder

Vectors = npt.NDArray[np.float32]
EMBEDDINGS = "/v1/embeddings"
TEXTS = ["Who waters the plants?", "Who looks after our greenery?", "Where is the key?"]


@pytest.fixture(scope="module")
def http(engine: EngineSupervisor, tiny_home: TinyModelHome) -> Iterator[httpx.Client]:
    """A client of the real engine, with the right token."""
    assert engine.pid
    address = read_address(tiny_home.home.engine_file)
    assert address is not None
    headers = {"Authorization": f"Bearer {address.token}"}
    with httpx.Client(base_url=address.url, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def expected() -> Vectors:
    """The vectors of TEXTS."""
    return np.array(Embedder(encoder_folder(BUNDLED)).embed(TEXTS))


def test_a_text_or_a_list_of_texts_becomes_vectors(http: httpx.Client, expected: Vectors) -> None:
    answer = http.post(EMBEDDINGS, json={"model": "embedder", "input": TEXTS}).json()
    assert (answer["object"], answer["model"]) == ("list", "embedder")
    assert [(row["object"], row["index"]) for row in answer["data"]] == [
        ("embedding", 0),
        ("embedding", 1),
        ("embedding", 2),
    ]
    vectors = np.array([row["embedding"] for row in answer["data"]])
    assert np.abs(vectors - expected).max() < 1e-5
    assert answer["usage"]["prompt_tokens"] == answer["usage"]["total_tokens"] > len(TEXTS)
    (one,) = http.post(EMBEDDINGS, json={"input": TEXTS[1]}).json()["data"]
    assert np.abs(one["embedding"] - expected[1]).max() < 1e-5


def test_base64_holds_the_same_numbers(http: httpx.Client, expected: Vectors) -> None:
    asked = {"input": TEXTS, "encoding_format": "base64"}
    rows = http.post(EMBEDDINGS, json=asked).json()["data"]
    vectors = [np.frombuffer(base64.b64decode(row["embedding"]), dtype="<f4") for row in rows]
    assert np.abs(np.stack(vectors) - expected).max() < 1e-5


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"input": []}, 400, "input"),
        ({"input": [1, 2]}, 400, "input"),
        ({"input": ["a"] * 2049}, 400, "input"),
        ({}, 400, "input"),
        ({"input": "a", "dimensions": 12}, 400, "dimensions"),
        ({"input": "a", "encoding_format": "octal"}, 400, "encoding_format"),
        ({"input": "a", "model": "base"}, 404, "embedder"),
    ],
)
def test_what_is_no_request_for_vectors_is_refused_by_its_field(
    http: httpx.Client, body: dict[str, Any], status: int, word: str
) -> None:
    refused = http.post(EMBEDDINGS, json=body)
    assert refused.status_code == status
    assert word in refused.json()["error"]["message"]


def test_vectors_need_the_token(http: httpx.Client) -> None:
    refused = http.post(EMBEDDINGS, json={"input": "a"}, headers={"Authorization": "Bearer no"})
    assert refused.status_code == 401


def test_the_client_gets_them_with_the_fingerprint_of_the_encoder(
    engine: EngineSupervisor, tiny_home: TinyModelHome, expected: Vectors
) -> None:
    assert engine.pid
    client = EngineClient.following(tiny_home.home.engine_file)
    found = client.embed(TEXTS)
    assert np.abs(found.rows - expected).max() < 1e-5
    assert found.revision == Embedder(encoder_folder(BUNDLED)).revision
    with pytest.raises(EngineError, match="input"):
        client.embed([])
    client.close()


def test_many_texts_let_an_answer_go_on_between_them(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, expected: Vectors
) -> None:
    monkeypatch.setattr(encoding, "TEXTS_AT_ONCE", 1)
    embed_tokens, asked = Embedder.embed_tokens, threading.Event()

    def after_the_question(encoder: Embedder, rows: list[list[int]]) -> Any:
        assert asked.wait(60)
        return embed_tokens(encoder, rows)

    monkeypatch.setattr(Embedder, "embed_tokens", after_the_question)
    order: list[str] = []
    vectors = worker.embed(TEXTS * 10)
    vectors.add_done_callback(lambda _: order.append("vectors"))
    worker.submit(
        greedy_request("Hello", tokens=2),
        lambda event: order.append("answer") if isinstance(event, Finished) else None,
    )
    asked.set()
    assert np.abs(vectors.result(60).vectors[-3:] - expected).max() < 1e-5
    assert order == ["answer", "vectors"]


def test_whoever_goes_away_frees_the_queue(worker: Worker) -> None:
    given_up = worker.embed(TEXTS * 100)
    assert given_up.cancel()
    assert worker.embed(TEXTS[:1]).result(60).vectors.shape == (1, 384)


def failure(future: "Future[Embedded]") -> ApiError:
    error = future.exception(60)
    assert isinstance(error, ApiError)
    return error


def test_an_encoder_that_is_missing_costs_no_answer_and_may_come_back(
    empty_home: TinyModelHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "RETRY_SECONDS", 0.0)
    place = empty_home.home.root / "encoder"
    answers = AnswerSettings(embedder=str(place))
    with running_worker(empty_home, answers=answers) as worker:
        missing = failure(worker.embed(["who"]))
        assert (missing.status, missing.code) == (503, "embedder_unavailable")
        assert "encoder" in str(missing)
        assert submit(worker, greedy_request("Hello")).wait().text == empty_home.expected("Hello")
        build_encoder(place)
        assert worker.embed(["who"]).result(60).vectors.shape == (1, 8)


def test_a_missing_encoder_is_not_looked_for_at_every_question() -> None:
    queue = EncodingQueue("/nowhere/encoder")
    assert queue.names() == ["embedder", "reranker"]
    queue.prepare()
    first = queue.encoder._look_again_at
    queue.prepare()
    assert queue.encoder._look_again_at == first > 0
    assert queue.names() == []


def test_where_none_is_wanted_none_is_listed(empty_home: TinyModelHome) -> None:
    with running_worker(empty_home, answers=AnswerSettings(embedder="")) as worker:
        refused = failure(worker.embed(["who"]))
        assert "answers.embedder" in str(refused)
        assert worker.ready.result().encoding.names() == []


def test_an_encoder_that_fails_at_a_text_says_so_without_it(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a secret word")

    monkeypatch.setattr(Embedder, "embed_tokens", fail)
    assert failure(worker.embed(["a secret word"])).status == 500
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_a_worker_that_stops_ends_what_waits(empty_home: TinyModelHome) -> None:
    with running_worker(empty_home) as worker:
        waiting = worker.embed(["Who waters the plants?"] * 4000)
    assert failure(waiting).code == "stopped"
