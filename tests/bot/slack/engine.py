"""A model server for tests where the model does not matter: it says what it is told to say."""

import base64
import contextlib
import json
import re
import threading
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from bot.engine.server.protocol import ranking

WIDTH = 256
"""Numbers of a vector."""
SUREST = 8.0
"""Log-odds of a text that has all words of a question; of one that has none, the negative."""
POLL_SECONDS = 0.01
"""Seconds until the server notices that it is to stop."""
Script = Callable[[str, str], str | list[str]]
"""The last question and the model asked for make an answer, in pieces where it is a list."""


class ScriptedEngine:
    """Speaks the engine's HTTP API; `open` may be cleared to keep every answer back.

    With `synonyms` it encodes and reranks sentences too: texts with the same words, after those
    are replaced, have the same vector, and a text that has all words of a question answers it
    (`log_odds`). `encoder` and `reranker` are the fingerprints; without one it has none of it.

    With `hold_at`, an answer stops before that piece: `held` is set then, and it goes on when
    `go` is. `left` is set where the client went away meanwhile.
    """

    def __init__(self) -> None:
        self.script: Script = lambda question, model: f"{model} says: {question}"
        self.adapter = "v0007"
        self.requests: list[dict[str, Any]] = []
        self.synonyms: dict[str, str] | None = None
        self.encoder = "scripted"
        self.reranker: str | None = "scripted-reranker"
        self.encoded: list[str] = []
        self.reranked: list[tuple[str, str]] = []
        self.broken = False
        self.garbled = False
        self.breaks_at: int | None = None
        self.hold_at: int | None = None
        self.held, self.go, self.left = (threading.Event() for _ in range(3))
        self.open = threading.Event()
        self.open.set()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.engine = self
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.open.set()
        self.go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def bag_of_words(text: str, synonyms: dict[str, str]) -> npt.NDArray[np.float32]:
    """The vector of a text: a place for each word, of length 1 (0 without a word)."""
    vector = np.zeros(WIDTH, np.float32)
    for word in _words(text, synonyms):
        vector[zlib.crc32(word.encode()) % WIDTH] += 1
    length = max(float(np.linalg.norm(vector)), 1.0)
    return (vector / length).astype(np.float32)


def log_odds(question: str, text: str, synonyms: dict[str, str]) -> float:
    """The log-odds that a text answers a question: by the share of its words that the text has."""
    asked, held = (_words(sentence, synonyms) for sentence in (question, text))
    share = len(set(asked) & set(held)) / len(set(asked)) if asked else 0.0
    return SUREST * (2 * share - 1)


def _words(text: str, synonyms: dict[str, str]) -> list[str]:
    return [synonyms.get(word, word) for word in re.findall(r"\w+", text.lower())]


class _Server(ThreadingHTTPServer):
    engine: ScriptedEngine


class _Handler(BaseHTTPRequestHandler):
    @property
    def engine(self) -> ScriptedEngine:
        assert isinstance(self.server, _Server)
        return self.server.engine

    def do_GET(self) -> None:
        engine = self.engine
        names = ["base", "latest", engine.adapter]
        if engine.synonyms is not None:
            names += ["embedder"] if engine.reranker is None else ["embedder", "reranker"]
        self._send("application/json", json.dumps({"data": [{"id": name} for name in names]}))

    def do_POST(self) -> None:
        engine = self.engine
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/embeddings"):
            self._embed(body["input"])
            return
        if self.path.endswith("/rerank"):
            self._rerank(body["query"], body["documents"])
            return
        engine.requests.append(body)
        engine.open.wait(60)
        if engine.broken:
            self.send_error(500)
            return
        if engine.garbled:
            self._send("text/event-stream", "data: {\n\n")
            return
        model = engine.adapter if body["model"] == "latest" else body["model"]
        text = engine.script(body["messages"][-1]["content"], model)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            self._say([text] if isinstance(text, str) else text, model)
        except (BrokenPipeError, ConnectionResetError):
            engine.left.set()

    def _embed(self, texts: list[str]) -> None:
        engine = self.engine
        if engine.synonyms is None:
            self._refuse("There is no encoder.")
            return
        engine.encoded += texts
        vectors = [bag_of_words(text, engine.synonyms) for text in texts]
        data = [{"embedding": base64.b64encode(v.tobytes()).decode()} for v in vectors]
        answer = {"data": data, "system_fingerprint": engine.encoder}
        self._send("application/json", json.dumps(answer))

    def _rerank(self, question: str, texts: list[str]) -> None:
        engine = self.engine
        if engine.synonyms is None or engine.reranker is None:
            self._refuse("There is no reranker.")
            return
        engine.reranked += [(question, text) for text in texts]
        scores = [log_odds(question, text, engine.synonyms) for text in texts]
        self._send("application/json", json.dumps(ranking(scores, engine.reranker)))

    def _refuse(self, why: str) -> None:
        self._send("application/json", json.dumps({"error": {"message": why}}), 503)

    def _say(self, pieces: list[str], model: str) -> None:
        for number, piece in enumerate(pieces):
            if number == self.engine.hold_at:
                self.engine.held.set()
                self.engine.go.wait(60)
            if number == self.engine.breaks_at:
                return
            delta = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
            self._event({"model": model, "choices": [delta]})
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 5, "completion_tokens": 7}
        self._event({"model": model, "choices": [end], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, event: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

    def _send(self, kind: str, content: str, status: int = 200) -> None:
        data = content.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # the bot was stopped meanwhile
            self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Says nothing on standard error."""
