"""The real process speaks OpenAI's chat API, says no in its form, and keeps to itself."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.engine.address import read_address
from bot.engine.supervisor import EngineSupervisor
from tests.bot.engine.tiny_model_home import TOKENS, TinyModelHome
from tests.tiny_models import CONTEXT

CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def http(engine: EngineSupervisor, tiny_home: TinyModelHome) -> Iterator[httpx.Client]:
    """A client with the right token."""
    assert engine.pid
    address = read_address(tiny_home.home.engine_file)
    assert address is not None
    headers = {"Authorization": f"Bearer {address.token}"}
    with httpx.Client(base_url=address.url, headers=headers, timeout=60) as client:
        yield client


def chat_body(text: str = "Hello", **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], "max_tokens": TOKENS} | fields


def test_lists_base_latest_and_every_version(http: httpx.Client) -> None:
    listed = http.get("/v1/models").json()
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == [
        "base",
        "latest",
        "v0001",
        "v0002",
        "embedder",
        "reranker",
    ]


def test_answers_whole_with_the_version_that_answered(
    http: httpx.Client, tiny_home: TinyModelHome
) -> None:
    answer = http.post(CHAT, json=chat_body(model="latest")).json()
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "v0002"
    (choice,) = answer["choices"]
    assert choice["message"] == {
        "role": "assistant",
        "content": tiny_home.expected("Hello", "v0002"),
    }
    assert choice["finish_reason"] == "length"
    usage = answer["usage"]
    assert usage["completion_tokens"] == TOKENS
    assert usage["total_tokens"] == usage["prompt_tokens"] + TOKENS


def test_answers_in_pieces(http: httpx.Client, tiny_home: TinyModelHome) -> None:
    """Role first, text, the reason, the counts, [DONE]; one id for all."""
    body = chat_body(model="base", stream=True, stream_options={"include_usage": True})
    with http.stream("POST", CHAT, json=body) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line]
    assert lines[-1] == "[DONE]"
    *chunks, counts = [json.loads(line) for line in lines[:-1]]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0]["role"] == "assistant"
    assert "".join(delta.get("content", "") for delta in deltas) == tiny_home.expected("Hello")
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"
    assert counts["choices"] == []
    assert counts["usage"]["completion_tokens"] == TOKENS
    assert {chunk["model"] for chunk in chunks} == {"base"}
    assert len({chunk["id"] for chunk in [*chunks, counts]}) == 1


def test_stops_at_a_stop_text(http: httpx.Client, tiny_home: TinyModelHome) -> None:
    whole = tiny_home.expected("Hello")
    answer = http.post(CHAT, json=chat_body(model="base", stop=[whole[5:8]])).json()
    assert answer["choices"][0]["message"]["content"] == whole[: whole.index(whole[5:8])]
    assert answer["choices"][0]["finish_reason"] == "stop"


def test_a_seed_repeats_an_answer(http: httpx.Client) -> None:
    def text(seed: int) -> str:
        answer = http.post(CHAT, json=chat_body(temperature=1.0, top_p=0.9, seed=seed)).json()
        return str(answer["choices"][0]["message"]["content"])

    assert text(1) == text(1) != text(2)


def test_content_may_come_in_parts(http: httpx.Client, tiny_home: TinyModelHome) -> None:
    parts = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]
    messages = [{"role": "user", "content": parts}]
    answer = http.post(CHAT, json=chat_body(model="base", messages=messages)).json()
    assert answer["choices"][0]["message"]["content"] == tiny_home.expected("Hello")


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic x", "Bearer"])
@pytest.mark.parametrize("path", ["/v1/models", CHAT])
def test_without_the_token_there_is_nothing(
    http: httpx.Client, path: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    method = "GET" if path.endswith("models") else "POST"
    with httpx.Client(base_url=http.base_url) as stranger:
        answer = stranger.request(method, path, headers=headers, json=chat_body())
    assert answer.status_code == 401
    assert "token" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("scheme", "status"), [("Basic", 401), ("bearer", 200)])
def test_the_token_counts_as_a_bearer_token_alone(
    http: httpx.Client, scheme: str, status: int
) -> None:
    token = http.headers["authorization"].removeprefix("Bearer ")
    with httpx.Client(base_url=http.base_url) as other:
        answer = other.get("/v1/models", headers={"Authorization": f"{scheme} {token}"})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (chat_body(model="v0099"), 404, "v0099"),
        (chat_body(model="../../etc"), 404, "There is no adapter"),
        (chat_body(messages=[]), 400, "messages"),
        (chat_body(messages=[{"role": "judge", "content": "x"}]), 400, "messages.0.role"),
        (chat_body(temperature="hot"), 400, "temperature"),
        (chat_body(temperature=-1), 400, "temperature"),
        (chat_body(max_tokens=0), 400, "max_tokens"),
        (chat_body(top_p=0), 400, "top_p"),
        (chat_body(stop=["a", "b", "c", "d", "e"]), 400, "stop"),
        (chat_body(n=2), 400, "n:"),
        (chat_body(tools=[{"type": "function"}]), 400, "tools"),
        (chat_body("x" * CONTEXT), 400, "The prompt is too long"),
        ([], 400, "body"),
    ],
)
def test_says_what_is_wrong_in_openai_form(
    http: httpx.Client, body: object, status: int, says: str
) -> None:
    for stream in (False, True):
        sent = body | {"stream": stream} if isinstance(body, dict) else body
        answer = http.post(CHAT, json=sent)
        error = answer.json()["error"]
        assert (answer.status_code, says in error["message"]) == (status, True), error
        assert error["type"] == "invalid_request_error"
        assert error["code"]


def test_what_people_wrote_is_not_in_the_refusal(http: httpx.Client) -> None:
    answer = http.post(CHAT, content=b'{"messages": [{"role": "user", "content": ["secret"]}]}')
    assert answer.status_code == 400
    assert "secret" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe"])
def test_a_body_that_is_no_json_is_refused(http: httpx.Client, body: bytes) -> None:
    assert http.post(CHAT, content=body).status_code == 400


def test_a_body_without_end_is_refused(http: httpx.Client) -> None:
    assert http.post(CHAT, content=b" " * (5 * 2**20)).status_code == 413


def test_health_needs_no_token_and_tells_nothing(http: httpx.Client) -> None:
    with httpx.Client(base_url=http.base_url) as stranger:
        assert stranger.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_away_frees_its_row(http: httpx.Client, *, stream: bool) -> None:
    """Forty long answers are abandoned, more than there are rows; the next one is not kept waiting.

    It would be, for 40 x 450 tokens: then this times out.
    """
    port = http.base_url.port
    assert port is not None
    body = json.dumps(chat_body(max_tokens=450, stream=stream)).encode()
    for _ in range(40):
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(
                f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
                f"Authorization: {http.headers['authorization']}\r\n\r\n".encode()
                + body
            )
            if stream:
                assert raw.recv(12) == b"HTTP/1.1 200"
    assert http.post(CHAT, json=chat_body(), timeout=10).is_success


def test_what_people_wrote_is_not_in_the_log(
    http: httpx.Client, tiny_home: TinyModelHome, engine: EngineSupervisor
) -> None:
    answer = http.post(CHAT, json=chat_body("my secret", model="base")).json()
    log = engine.log_file.read_text()
    assert "ready" in log
    assert "my secret" not in log
    assert answer["choices"][0]["message"]["content"] not in log
    address = read_address(tiny_home.home.engine_file)
    assert address is not None
    assert str(address.token) not in log
