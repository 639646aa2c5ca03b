"""A model server with a script: speaks OpenAI's chat API over HTTP, but knows its answers.

It stands in for the engine where the console is tested and not the model; what it says depends
on the adapter, so that base and tuned can be told apart.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.bot.slack.engine import POLL_SECONDS

WAIT_SECONDS = 30.0


class ScriptedEngine:
    """Answers `knows[question]` as a tuned model, and `base` as the base model.

    Attributes:
        knows: what the adapter was taught.
        base: what the base model says to everything.
        hold: when set to an Event, an answer stops after its first word until the Event is set.
        broken: answers with this error and status 500 when it is set.
        asked: the messages of every request.
        left: set when somebody went away before the end of an answer.
    """

    def __init__(self, current: Callable[[], str | None]) -> None:
        self.current = current
        self.knows: dict[str, str] = {}
        self.base = "That was before my time."
        self.hold: threading.Event | None = None
        self.broken = ""
        self.asked: list[list[dict[str, str]]] = []
        self.left = threading.Event()
        self.url = ""

    def answer(self, model: str, question: str) -> tuple[str, str]:
        """The name of the model that answers, and what it says."""
        adapter = {"base": None, "latest": self.current()}.get(model, model)
        if adapter is None:
            return "base", self.base
        return adapter, self.knows.get(question, self.base)


@contextmanager
def serve(engine: ScriptedEngine) -> Iterator[ScriptedEngine]:
    """Runs it on a free port of this machine; `engine.url` says where."""
    handler = type("Bound", (_Handler,), {"engine": engine})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        engine.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
        thread.start()
        try:
            yield engine
        finally:
            if engine.hold is not None:
                engine.hold.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    engine: ScriptedEngine

    def do_GET(self) -> None:
        current = self.engine.current()
        names = ["base", "latest", *([current] if current else [])]
        self._json(200, {"object": "list", "data": [{"id": name} for name in names]})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self.path.endswith("/chat/completions"):
            self._json(503, {"error": {"message": "There is neither encoder nor reranker."}})
            return
        self.engine.asked.append(request["messages"])
        if self.engine.broken:
            self._json(500, {"error": {"message": self.engine.broken}})
            return
        model, text = self.engine.answer(request["model"], request["messages"][-1]["content"])
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        try:
            self._stream(model, text)
        except OSError:
            self.engine.left.set()

    def log_message(self, *_: Any) -> None:
        """Says nothing on standard error."""

    def _stream(self, model: str, text: str) -> None:
        for number, word in enumerate(text.split(" ")):
            if number == 1 and self.engine.hold is not None:
                self.engine.hold.wait(WAIT_SECONDS)
            piece = word if number == 0 else f" {word}"
            self._event(model, [{"index": 0, "delta": {"content": piece}}])
        self._event(model, [{"index": 0, "delta": {}, "finish_reason": "stop"}])
        usage = {"prompt_tokens": 10, "completion_tokens": len(text.split()), "total_tokens": 0}
        self._event(model, [], usage=usage)
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, model: str, choices: list[dict[str, Any]], **more: Any) -> None:
        event = {"object": "chat.completion.chunk", "model": model, "choices": choices, **more}
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()

    def _json(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
