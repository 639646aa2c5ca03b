"""The client speaks plain OpenAI to servers that are not ours, and its errors are sentences."""

import base64
import json
import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from bot.engine.client import EngineClient
from bot.engine.external_models import ExternalModelNames
from bot.engine.supervisor import EngineSupervisor, connect
from bot.errors import EngineError, EngineUnavailableError
from bot.home import Home
from bot.messages import Completion, Message
from bot.settings import EngineSettings, Settings
from tests.bot.engine.tiny_model_home import TOKENS, TinyModelHome
from tests.bot.slack.engine import SUREST, ScriptedEngine

HELLO = [Message("system", "Be kind."), Message("user", "Hello")]


class Foreign(ThreadingHTTPServer):
    """A server that knows its own model names only, as vLLM with LoRA modules."""

    daemon_threads = True

    def __init__(self, *models: str):
        super().__init__(("127.0.0.1", 0), Answering)
        self.models = models
        self.asked: list[dict[str, Any]] = []
        self.status = 200
        self.lines: list[object] = []
        self.probed: list[object] = []
        """The lines for a short question by which the client learns what a model begins with."""
        self.encoded: object = {}
        self.drops = 0
        self.refuses = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Answering(BaseHTTPRequestHandler):
    server: Foreign

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            self._send(404, {"error": {"message": f"There is no {self.path}."}})
            return
        self._send(200, {"object": "list", "data": [{"id": name} for name in self.server.models]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(body | {"authorization": self.headers["authorization"]})
        if self.server.drops:
            self.server.drops -= 1
            return
        if self.path in ("/v1/embeddings", "/v1/rerank"):
            self._send(self.server.status, self.server.encoded)
            return
        assert self.path == "/v1/chat/completions"
        if self.server.refuses and self.server.refuses in body:
            self._send(422, {"error": {"message": f"{self.server.refuses} is not known."}})
            return
        if self.server.status != 200:
            self._send(self.server.status, {"error": {"message": "This server is full."}})
            return
        self.send_response(200)
        self.end_headers()
        probe = body["messages"][-1]["content"] == "Say yes."
        for line in self.server.probed if probe else self.server.lines:
            data = line if isinstance(line, str) else json.dumps(line)
            self.wfile.write(f"data: {data}\n\n".encode())

    def _send(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def foreign() -> Iterator[Foreign]:
    server = Foreign("org/model", "v0001")
    server.lines = [
        {"model": "org/model", "choices": [{"delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"delta": {"content": "Hi "}}]},
        {"choices": [{"delta": {"content": "there"}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}},
        "[DONE]",
    ]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(foreign: Foreign, empty_home: TinyModelHome) -> Iterator[EngineClient]:
    names = ExternalModelNames(empty_home.registry, "org/model")
    client = EngineClient(foreign.url, "t0k", names=names)
    yield client
    client.close()


def test_streams_pieces_and_ends_with_the_whole(client: EngineClient, foreign: Foreign) -> None:
    """The first answer of a model of others comes in one piece: it may begin with reasoning."""
    assert client.complete(HELLO, model="base").text == "Hi there"
    foreign.asked.clear()
    *pieces, whole = client.stream(HELLO, model="base", max_tokens=7, temperature=0.5)
    assert pieces == ["Hi ", "there"]
    assert isinstance(whole, Completion)
    assert (whole.text, whole.adapter, whole.finish_reason) == ("Hi there", None, "stop")
    assert (whole.prompt_tokens, whole.completion_tokens) == (9, 2)
    (asked,) = foreign.asked
    assert asked["model"] == "org/model"
    assert asked["authorization"] == "Bearer t0k"
    assert (asked["max_tokens"], asked["temperature"]) == (7, 0.5)
    assert asked["messages"][0] == {"role": "system", "content": "Be kind."}


def test_latest_is_the_promoted_version_if_the_server_has_it(
    client: EngineClient, foreign: Foreign, empty_home: TinyModelHome
) -> None:
    foreign.lines[0] = {"model": "v0001", "choices": []}
    assert client.complete(HELLO).adapter == "v0001"
    assert foreign.asked[-1]["model"] == "org/model", "nothing is promoted yet"
    empty_home.add(1, promote=True)
    client.complete(HELLO)
    assert foreign.asked[-1]["model"] == "v0001"
    empty_home.add(2, promote=True)
    client.complete(HELLO)
    assert foreign.asked[-1]["model"] == "org/model", "the server has no v0002"


def test_a_server_of_others_is_told_to_switch_reasoning_off_as_in_training(
    client: EngineClient, foreign: Foreign
) -> None:
    """One that refuses what it does not know is asked without, and not told again."""
    client.complete(HELLO)
    (asked,) = foreign.asked
    assert asked["chat_template_kwargs"] == {"enable_thinking": False}
    foreign.refuses = "chat_template_kwargs"
    assert [client.complete(HELLO).text for _ in range(2)] == ["Hi there"] * 2
    told = ["chat_template_kwargs" in asked for asked in foreign.asked[1:]]
    assert told == [True, False, False]


def test_a_question_that_is_refused_as_such_leaves_the_switch_as_it_is(
    client: EngineClient, foreign: Foreign
) -> None:
    foreign.status = 400
    with pytest.raises(EngineError, match="This server is full"):
        client.complete(HELLO)
    foreign.status = 200
    client.complete(HELLO)
    assert "chat_template_kwargs" in foreign.asked[-1]


def test_our_own_engine_is_told_nothing_of_reasoning(foreign: Foreign) -> None:
    """It has it switched off."""
    client = EngineClient(foreign.url, None)
    client.complete(HELLO)
    client.close()
    assert "chat_template_kwargs" not in foreign.asked[-1]


@pytest.mark.parametrize(
    "reasoning",
    [
        {"content": "They greet.\n</think>\n\n"},
        {"content": "<think>They greet.</think>"},
        {"reasoning_content": "They greet.", "content": None},
        {"reasoning": "They greet."},
    ],
)
def test_reasoning_of_another_server_is_left_out(
    client: EngineClient, foreign: Foreign, reasoning: dict[str, str]
) -> None:
    foreign.lines[1:1] = [{"choices": [{"delta": reasoning}]}]
    for _ in range(2):
        *pieces, whole = client.stream(HELLO)
        assert isinstance(whole, Completion)
        assert whole.text == "".join(map(str, pieces)) == "Hi there"


@pytest.mark.parametrize(
    "delta", [{"content": "<think>They greet"}, {"reasoning_content": "They greet"}]
)
def test_an_answer_that_is_only_reasoning_is_said_to_be_none(
    client: EngineClient, foreign: Foreign, delta: dict[str, str]
) -> None:
    spent = {"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 9}}
    foreign.lines[1:-1] = [
        {"choices": [{"delta": delta, "finish_reason": "length"}]},
        {"choices": [], "usage": spent if "content" not in delta else {}},
    ]
    with pytest.raises(EngineError, match="without coming to an answer"):
        client.complete(HELLO)


@pytest.mark.parametrize(
    ("probed", "reason", "shown"),
    [
        ("They want a yes.\n</think>\n\nYes.", "stop", False),
        ("They want a yes, so", "length", False),
        ("Yes.", "stop", True),
        ("<think>They want", "length", True),
    ],
)
def test_a_first_answer_that_a_limit_cut_is_shown_only_where_it_cannot_be_reasoning(
    client: EngineClient, foreign: Foreign, probed: str, reason: str, shown: bool
) -> None:
    """A template that opens the reasoning leaves no mark before its end: a short question tells."""
    foreign.lines[3:-1] = []
    foreign.lines[2] = {"choices": [{"delta": {"content": "there"}, "finish_reason": "length"}]}
    foreign.probed = [
        {"choices": [{"delta": {"content": probed}, "finish_reason": reason}]},
        "[DONE]",
    ]
    for _ in range(2):
        if shown:
            assert client.complete(HELLO, max_tokens=7).text == "Hi there"
        else:
            with pytest.raises(EngineError, match="without coming to an answer"):
                client.complete(HELLO, max_tokens=7)
    limits = [asked["max_tokens"] for asked in foreign.asked]
    assert limits == [7, 2048, 7], "it is asked once"


def test_a_server_that_refuses_a_long_answer_is_probed_without_a_limit(
    client: EngineClient, foreign: Foreign
) -> None:
    foreign.lines[2] = {"choices": [{"delta": {"content": "there"}, "finish_reason": "length"}]}
    foreign.probed = [{"choices": [{"delta": {"content": "Yes."}}]}, "[DONE]"]
    foreign.refuses = "max_tokens"
    assert client.complete(HELLO).text == "Hi there"
    assert ["max_tokens" in asked for asked in foreign.asked] == [False, True, False]


def test_a_refusal_is_the_servers_sentence(client: EngineClient, foreign: Foreign) -> None:
    foreign.status = 429
    with pytest.raises(EngineError, match="This server is full"):
        client.complete(HELLO)


def test_an_error_in_the_stream_is_the_servers_sentence(
    client: EngineClient, foreign: Foreign
) -> None:
    foreign.lines[2:] = [{"error": {"message": "Out of memory."}}, "[DONE]"]
    with pytest.raises(EngineError, match="Out of memory"):
        client.complete(HELLO)


def test_what_is_not_openais_form_is_said(client: EngineClient, foreign: Foreign) -> None:
    foreign.lines = ["<html>", "[DONE]"]
    with pytest.raises(EngineError, match="not in OpenAI's form"):
        client.complete(HELLO)


def test_a_stream_that_breaks_off_is_no_answer(client: EngineClient, foreign: Foreign) -> None:
    client.complete(HELLO)
    foreign.lines[2:] = []
    with pytest.raises(EngineUnavailableError, match="in the middle"):
        client.complete(HELLO)


def test_a_stream_that_breaks_off_before_any_text_is_asked_once_more(
    client: EngineClient, foreign: Foreign
) -> None:
    """So is one of which nothing was shown yet, as it may have begun with reasoning."""
    for lines in ([], foreign.lines[:2]):
        foreign.asked.clear()
        foreign.lines = lines
        with pytest.raises(EngineUnavailableError, match="does not answer"):
            client.complete(HELLO)
        assert len(foreign.asked) == 2


def test_nobody_there_is_said_at_once() -> None:
    client = EngineClient("http://127.0.0.1:9", None)
    assert not client.healthy()
    with pytest.raises(EngineUnavailableError, match="does not answer"):
        client.complete(HELLO)
    client.close()


def test_connect_goes_to_the_server_of_the_settings(foreign: Foreign, home: Home) -> None:
    """Whether or not the address ends in /v1; no engine is started."""
    for url in (foreign.url, foreign.url.removesuffix("/v1")):
        settings = Settings(model="org/model", engine=EngineSettings(url=url))
        with connect(home, settings) as client:
            assert client.complete(HELLO).text == "Hi there"
    assert not home.engine_file.exists()


def test_our_engine_names_what_answered(engine: EngineSupervisor, tiny_home: TinyModelHome) -> None:
    client = engine.client()
    hello = [Message("user", "Hello")]
    latest = client.complete(hello, max_tokens=TOKENS)
    base = client.complete(hello, "base", max_tokens=TOKENS)
    first = client.complete(hello, "v0001", max_tokens=TOKENS)
    assert [c.adapter for c in (latest, base, first)] == ["v0002", None, "v0001"]
    assert [c.model for c in (latest, base, first)] == ["v0002", "base", "v0001"]
    assert latest.text == tiny_home.expected("Hello", "v0002")
    assert base.completion_tokens == TOKENS
    assert base.prompt_tokens > 0
    with pytest.raises(EngineError, match="v0099"):
        client.complete(hello, "v0099")
    client.close()


@pytest.fixture
def scripted() -> Iterator[tuple[ScriptedEngine, EngineClient]]:
    """A server that encodes and reranks by the words that texts share, and its client."""
    with ScriptedEngine() as server:
        server.synonyms = {"greenery": "plants"}
        client = EngineClient(server.url, None)
        yield server, client
        client.close()


def test_the_scripted_engine_encodes_and_reranks_by_shared_words(
    scripted: tuple[ScriptedEngine, EngineClient],
) -> None:
    """The bot's tests rely on it: a text with all words of the question surely answers it."""
    engine, client = scripted
    vectors = client.embed(["the plants", "The greenery?", "lunch"])
    assert vectors.revision == "scripted"
    assert [float(vectors.rows[0] @ row) for row in vectors.rows] == pytest.approx([1, 1, 0])
    ranking = client.rerank("Plants, lunch?", ["Lunch.", "No.", "greenery for lunch"])
    assert ranking.revision == "scripted-reranker"
    assert ranking.scores == pytest.approx([0.0, -SUREST, SUREST])
    assert engine.reranked[1] == ("Plants, lunch?", "No.")


def vector(*values: float) -> dict[str, str]:
    """One vector as a server sends it."""
    return {"embedding": base64.b64encode(np.array(values, "<f4").tobytes()).decode()}


def test_vectors_and_scores_are_asked_for_by_name_and_with_the_token(foreign: Foreign) -> None:
    client = EngineClient(foreign.url, "t0k")
    foreign.encoded = {"system_fingerprint": "abc", "data": [vector(0.6, 0.8), vector(1, 0)]}
    vectors = client.embed(["a", "b"])
    assert vectors.rows.tolist() == [pytest.approx([0.6, 0.8]), [1, 0]]
    assert vectors.revision == "abc"
    results = [{"index": 1, "relevance_score": 0.75}, {"index": 0, "relevance_score": 0.0}]
    foreign.encoded = {"system_fingerprint": "abc", "results": results}
    ranking = client.rerank("a", ["b", "c"])
    assert ranking.scores == pytest.approx((math.log(1e-12), math.log(3)))
    assert ranking.revision == "abc"
    token = {"authorization": "Bearer t0k"}
    assert foreign.asked == [
        {"model": "embedder", "input": ["a", "b"], "encoding_format": "base64"} | token,
        {"model": "reranker", "query": "a", "documents": ["b", "c"]} | token,
    ]
    client.close()


@pytest.mark.parametrize(
    ("encoded", "says"),
    [
        ({"data": [vector(float("nan"), 0)]}, "no number.*answers.embedder"),
        ({"data": [vector(float("inf"), 0)]}, "no number"),
        ({"data": [vector(1), vector(1)]}, "2 vectors for 1 texts"),
        ({"data": []}, "0 vectors for 1 texts"),
        ({"data": [{"embedding": [float("nan"), 1.0]}]}, "no number"),
        ({"data": [{"embedding": [1e400]}]}, "no number"),
        ({"data": [{"embedding": [None]}]}, "no number"),
        ({"data": [{"embedding": [10**400]}]}, "not in the form"),
        ({"data": [{"embedding": [[1.0]]}]}, "not in the form"),
        ({"data": [{"embedding": []}]}, "not in the form"),
        ({"data": [{"embedding": ""}]}, "not in the form"),
        ({"data": [{"embedding": 1.0}]}, "not in the form"),
        ({"data": [{"embedding": [1.0], "index": 1}]}, "not in the form"),
        ({"data": ["AAAAAA=="]}, "not in the form"),
        ({"data": [{"embedding": "AAA"}]}, "not in the form"),
        ({"data": 1}, "not in the form"),
        ([], "not in the form"),
    ],
)
def test_vectors_that_are_none_are_refused_in_one_sentence(
    foreign: Foreign, encoded: object, says: str
) -> None:
    known = {"system_fingerprint": "abc"}
    foreign.encoded = encoded | known if isinstance(encoded, dict) else encoded
    client = EngineClient(foreign.url, None)
    with pytest.raises(EngineError, match=says):
        client.embed(["a"])
    client.close()


OPENAI = {
    "object": "list",
    "model": "text-embedding-3-small",
    "data": [
        {"object": "embedding", "index": 1, "embedding": [0, 2.0]},
        {"object": "embedding", "index": 2, "embedding": [0.0, 0.0]},
        {"object": "embedding", "index": 0, "embedding": [30.0, 40.0]},
    ],
    "usage": {"prompt_tokens": 3, "total_tokens": 3},
}
"""An answer of an OpenAI-compatible server: lists, in any order, without fingerprint."""


def test_an_ordinary_server_can_be_the_encoder(foreign: Foreign) -> None:
    """Rows come in the order of the texts and have length 1, those of length 0 excepted."""
    foreign.encoded = OPENAI
    client = EngineClient(foreign.url, None)
    vectors = client.embed(["a", "b", "c"])
    assert vectors.rows.dtype == np.float32
    assert vectors.rows.tolist() == [pytest.approx([0.6, 0.8]), [0, 1], [0, 0]]
    client.close()


def test_vectors_in_base64_are_made_as_long_as_lists_are(foreign: Foreign) -> None:
    foreign.encoded = {"system_fingerprint": "abc", "data": [vector(3e30, 4e30)]}
    client = EngineClient(foreign.url, None)
    assert client.embed(["a"]).rows.tolist() == [pytest.approx([0.6, 0.8])]
    client.close()


def test_without_a_fingerprint_the_model_the_width_and_the_address_tell_encoders_apart(
    foreign: Foreign,
) -> None:
    client = EngineClient(foreign.url, None)
    elsewhere = EngineClient(foreign.url.replace("127.0.0.1", "localhost"), None)

    def revision(client: EngineClient, **other: object) -> str:
        data = [{"index": 0, "embedding": [1.0, 0.0]}]
        foreign.encoded = {"model": "m", "data": data, **other}
        return client.embed(["a"]).revision

    known = revision(client)
    assert known
    assert revision(client, system_fingerprint=None) == known
    wider = [{"index": 0, "embedding": [1.0, 0.0, 0.0]}]
    others = {
        revision(client, model="n"),
        revision(client, model=None),
        revision(client, data=wider),
        revision(elsewhere),
    }
    assert len(others | {known}) == 5
    assert revision(elsewhere, system_fingerprint="abc") == "abc"
    for each in (client, elsewhere):
        each.close()


@pytest.mark.parametrize(
    "results",
    [
        [],
        [{"index": 1, "relevance_score": 0.5}],
        [{"index": 0, "relevance_score": 1.5}],
        [{"index": 0, "relevance_score": float("nan")}],
        [{"index": 0}],
        1,
    ],
)
def test_scores_that_are_none_are_refused_in_one_sentence(
    foreign: Foreign, results: object
) -> None:
    foreign.encoded = {"system_fingerprint": "abc", "results": results}
    client = EngineClient(foreign.url, None)
    with pytest.raises(EngineError, match="scores are not in the form"):
        client.rerank("a", ["b"])
    client.close()


def test_a_server_that_lists_no_encoder_is_not_asked(
    client: EngineClient, foreign: Foreign
) -> None:
    with pytest.raises(EngineError, match="no model called embedder"):
        client.embed(["a"])
    with pytest.raises(EngineError, match="no model called reranker"):
        client.rerank("a", ["b"])
    assert foreign.asked == []
    foreign.models = (*foreign.models, "embedder")
    foreign.encoded = {"system_fingerprint": "abc", "data": [vector(1)]}
    assert client.embed(["a"]).rows.tolist() == [[1]]


def test_a_server_that_dies_at_texts_is_asked_once_more(foreign: Foreign) -> None:
    client = EngineClient(foreign.url, None)
    foreign.encoded = {"system_fingerprint": "abc", "data": [vector(1)]}
    foreign.drops = 1
    assert client.embed(["a"]).rows.tolist() == [[1]]
    foreign.drops = 2
    with pytest.raises(EngineUnavailableError, match="does not answer"):
        client.embed(["a"])
    assert len(foreign.asked) == 4
    client.close()


def test_a_server_that_refuses_texts_is_heard(foreign: Foreign) -> None:
    client = EngineClient(foreign.url, None)
    foreign.status, foreign.encoded = 503, {"error": {"message": "The encoder is away."}}
    with pytest.raises(EngineError, match="The encoder is away"):
        client.embed(["a"])
    client.close()


def test_a_server_that_is_away_is_said_to_be() -> None:
    client = EngineClient("http://127.0.0.1:9", None)
    for ask in (lambda: client.embed(["a"]), lambda: client.rerank("a", ["b"])):
        with pytest.raises(EngineUnavailableError, match="does not answer"):
            ask()
    client.close()


def test_without_an_encoder_or_a_reranker_the_servers_sentence_is_said(
    scripted: tuple[ScriptedEngine, EngineClient],
) -> None:
    engine, client = scripted
    engine.reranker = None
    assert len(client.embed(["a"]).rows) == 1
    with pytest.raises(EngineError, match="no reranker"):
        client.rerank("a", ["a"])
    engine.synonyms = None
    with pytest.raises(EngineError, match="no encoder"):
        client.embed(["a"])
