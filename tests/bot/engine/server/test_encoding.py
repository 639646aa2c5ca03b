"""The engine's encoder and reranker: beside answers in flight, and missing without harm."""

import asyncio
import base64
import json
import math
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import httpx
import mlx.core as mx
import numpy as np
import numpy.typing as npt
import pytest

from bot.engine.address import read_address
from bot.engine.client import EngineClient
from bot.engine.server import encoding, lazy_models
from bot.engine.server.app import create_app
from bot.engine.server.encoding import EncodingQueue
from bot.engine.server.generation import Finished
from bot.engine.server.protocol import ApiError
from bot.engine.server.worker import Worker
from bot.engine.supervisor import EngineSupervisor
from bot.errors import EngineError
from bot.settings import AnswerSettings, EngineSettings
from tests.bot.engine.tiny_model_home import (
    TinyModelHome,
    greedy_request,
    running_worker,
    submit,
)
from tests.trainer.models.test_embedder import build_encoder
from trainer.models.embedder import Embedder
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.reranker import Reranker

Vectors = npt.NDArray[np.float32]
EMBEDDINGS, RERANK = "/v1/embeddings", "/v1/rerank"
TEXTS = ["Who waters the plants?", "Who looks after our greenery?", "Where is the key?"]

QUERY = "Who waters the plants?"
DOCUMENTS = [
    "Where is the spare key? On hook 14.",
    "Who waters the plants? Noor does.",
    "Who watered the plants last year? Adil did.",
]


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


@pytest.fixture(scope="module")
def scores() -> list[float]:
    """The log-odds that each of DOCUMENTS answers QUERY."""
    pairs = [(QUERY, document) for document in DOCUMENTS]
    return Reranker(encoder_folder(BUNDLED)).score(pairs)


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


def failure(future: "Future[Any]") -> ApiError:
    error = future.exception(60)
    assert isinstance(error, ApiError)
    return error


def test_an_encoder_that_is_missing_costs_no_answer_and_may_come_back(
    empty_home: TinyModelHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lazy_models, "RETRY_SECONDS", 0.0)
    place = empty_home.home.root / "encoder"
    answers = AnswerSettings(embedder=str(place))
    with running_worker(empty_home, answers=answers) as worker:
        missing = failure(worker.embed(["who"]))
        assert (missing.status, missing.code) == (503, "embedder_unavailable")
        assert "encoder" in str(missing)
        assert submit(worker, greedy_request("Hello")).wait().text == empty_home.expected("Hello")
        build_encoder(place)
        assert worker.embed(["who"]).result(60).vectors.shape == (1, 8)


def test_another_encoder_than_the_bundled_one_has_no_reranker(empty_home: TinyModelHome) -> None:
    place = build_encoder(empty_home.home.root / "encoder")
    with running_worker(empty_home, answers=AnswerSettings(embedder=str(place))) as worker:
        refused = failure(worker.rerank("who", ["noor"]))
        assert (refused.status, refused.code) == (503, "reranker_unavailable")
        assert "another encoder" in str(refused)
        assert worker.embed(["who"]).result(60).vectors.shape == (1, 8)
        assert worker.ready.result().encoding.names() == ["embedder"]


def test_without_an_encoder_there_is_no_reranker() -> None:
    queue = EncodingQueue("/nowhere/encoder")
    assert queue.names() == ["embedder", "reranker"], "for all that is known"
    queue.prepare()
    assert queue.names() == []
    assert not queue.reranker.loaded


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


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_vectors_and_scores_that_are_no_numbers_are_refused(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, number: float
) -> None:
    def vectors(_: Embedder, rows: list[list[int]]) -> Any:
        return mx.full((len(rows), 384), number)

    monkeypatch.setattr(Embedder, "embed_tokens", vectors)
    monkeypatch.setattr(Reranker, "score", lambda _, pairs: [number] * len(pairs))
    for refused in (failure(worker.embed(["a"])), failure(worker.rerank("a", ["b"]))):
        assert (refused.status, refused.code) == (500, "not_a_number")
        assert "answers.embedder" in str(refused)


def test_a_worker_that_stops_ends_what_waits(empty_home: TinyModelHome) -> None:
    with running_worker(empty_home) as worker:
        waiting = worker.embed(["Who waters the plants?"] * 4000)
    assert failure(waiting).code == "stopped"


def test_documents_are_reranked_the_likeliest_first(
    http: httpx.Client, scores: list[float]
) -> None:
    answer = http.post(RERANK, json={"model": "reranker", "query": QUERY, "documents": DOCUMENTS})
    ranking = answer.json()
    assert ranking["model"] == "reranker"
    assert ranking["system_fingerprint"] == Reranker(encoder_folder(BUNDLED)).revision
    results = ranking["results"]
    likeliest_first = sorted(range(len(DOCUMENTS)), key=lambda place: -scores[place])
    assert [row["index"] for row in results] == likeliest_first
    assert likeliest_first[0] == 1
    expected = [1 / (1 + math.exp(-scores[row["index"]])) for row in results]
    assert [row["relevance_score"] for row in results] == pytest.approx(expected, rel=1e-2)
    asked = {"query": QUERY, "documents": DOCUMENTS, "top_n": 1, "return_documents": False}
    assert http.post(RERANK, json=asked).json()["results"] == results[:1]


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"documents": []}, 400, "documents"),
        ({"documents": ["a"] * 101}, 400, "documents"),
        ({"documents": "a"}, 400, "documents"),
        ({"documents": ["a", 1]}, 400, "documents.1"),
        ({"documents": [{"text": "a"}]}, 400, "documents.0"),
        ({"documents": None}, 400, "documents"),
        ({"query": ""}, 400, "query"),
        ({"query": ["a"]}, 400, "query"),
        ({"query": None}, 400, "query"),
        ({"top_n": 0}, 400, "top_n"),
        ({"model": "embedder"}, 404, "reranker"),
        ({"model": "base"}, 404, "reranker"),
    ],
)
def test_what_is_no_request_for_scores_is_refused_by_its_field(
    http: httpx.Client, changes: dict[str, Any], status: int, says: str
) -> None:
    refused = http.post(RERANK, json={"query": "a", "documents": ["b"]} | changes)
    assert refused.status_code == status
    assert says in refused.json()["error"]["message"]


def test_as_many_documents_as_are_allowed_are_reranked(http: httpx.Client) -> None:
    results = http.post(RERANK, json={"query": "a", "documents": ["b"] * 100}).json()["results"]
    assert sorted(row["index"] for row in results) == list(range(100))


def test_scores_need_the_token(http: httpx.Client) -> None:
    body = {"query": "a", "documents": ["b"]}
    assert http.post(RERANK, json=body, headers={"Authorization": "Bearer no"}).status_code == 401


def test_the_client_gets_log_odds_in_the_order_of_the_texts(
    engine: EngineSupervisor, tiny_home: TinyModelHome, scores: list[float]
) -> None:
    assert engine.pid
    client = EngineClient.following(tiny_home.home.engine_file)
    ranking = client.rerank(QUERY, DOCUMENTS)
    assert ranking.scores == pytest.approx(scores, abs=0.01)
    assert ranking.revision == Reranker(encoder_folder(BUNDLED)).revision
    with pytest.raises(EngineError, match="documents"):
        client.rerank(QUERY, [])
    client.close()


@pytest.mark.parametrize(
    "text",
    [
        "Who waters the plants? " * 200,
        "plants",
        "\N{SEEDLING}\N{DROPLET}\N{FAMILY}",
        "",
        "\x00\x07\x1b[31m\u200b\ufeff",
        "Wer gie\u00dft die Pflanzen?",
    ],
    ids=["thousands of characters", "one word", "emoji", "empty", "control", "German"],
)
def test_any_text_has_a_vector_and_a_score(http: httpx.Client, text: str) -> None:
    (row,) = http.post(EMBEDDINGS, json={"input": text}).json()["data"]
    assert np.linalg.norm(row["embedding"]) == pytest.approx(1, abs=1e-5)
    body = {"query": text or "a", "documents": [text, TEXTS[0]]}
    results = http.post(RERANK, json=body).json()["results"]
    assert all(0 <= result["relevance_score"] <= 1 for result in results)


def test_half_a_character_is_refused(http: httpx.Client) -> None:
    """JSON can hold one of two surrogates; it is no text."""
    refused = http.post(EMBEDDINGS, content=b'{"input": "\\ud83c"}')
    assert refused.status_code == 400


def test_many_documents_let_an_answer_go_on_between_them(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, scores: list[float]
) -> None:
    monkeypatch.setattr(encoding, "TEXTS_AT_ONCE", 1)
    score, asked = Reranker.score, threading.Event()

    def after_the_question(reranker: Reranker, pairs: list[tuple[str, str]]) -> list[float]:
        assert asked.wait(60)
        return score(reranker, pairs)

    monkeypatch.setattr(Reranker, "score", after_the_question)
    order: list[str] = []
    ranking = worker.rerank(QUERY, DOCUMENTS * 10)
    ranking.add_done_callback(lambda _: order.append("scores"))
    worker.submit(
        greedy_request("Hello", tokens=2),
        lambda event: order.append("answer") if isinstance(event, Finished) else None,
    )
    asked.set()
    assert ranking.result(60).scores == pytest.approx(scores * 10, abs=0.01)
    assert order == ["answer", "scores"]


class Leaver:
    """A client that sends a request and goes away when the worker is at it."""

    def __init__(self, path: str, body: dict[str, Any], busy: threading.Event) -> None:
        headers = [(b"authorization", b"Bearer t0k")]
        self.scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
        self._body: bytes | None = json.dumps(body).encode()
        self._busy = busy
        self.status = 0

    async def receive(self) -> dict[str, Any]:
        if self._body is None:
            await asyncio.to_thread(self._busy.wait, 60)
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body}

    async def send(self, message: Any) -> None:
        self.status = message.get("status", self.status)


@pytest.mark.parametrize("path", [EMBEDDINGS, RERANK])
def test_a_client_that_goes_away_frees_the_queue(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Of a hundred texts only those are computed that were begun."""
    busy, left = threading.Event(), threading.Event()
    computed: list[int] = []

    def compute(_: object, rows: list[Any]) -> Any:
        computed.append(len(rows))
        busy.set()
        assert left.wait(60)
        return [0.0] * len(rows) if path == RERANK else mx.zeros((len(rows), 384))

    monkeypatch.setattr(Embedder, "embed_tokens", compute)
    monkeypatch.setattr(Reranker, "score", compute)
    app = create_app(worker, EngineSettings(), "t0k")
    texts = ["a"] * 100
    leaver = Leaver(path, {"input": texts, "query": "a", "documents": texts}, busy)
    asyncio.run(app(leaver.scope, leaver.receive, leaver.send))
    assert leaver.status == 499
    left.set()
    monkeypatch.undo()
    assert worker.embed(TEXTS[:1]).result(60).vectors.shape == (1, 384)
    assert computed == [16]
