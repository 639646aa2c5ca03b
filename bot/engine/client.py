"""The client of the model server: ours, or any that speaks OpenAI's chat API.

Our own engine may die and come back under another address. A client that follows its address
file waits for it, and asks once more if nothing of the answer had arrived yet.
"""

import contextlib
import json
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import httpx

from bot.engine.address import EngineAddress, read_address
from bot.engine.answer_text import AnswerText, KnownModels
from bot.engine.encodings import (
    EMBEDDER,
    RERANKER,
    Ranking,
    SentenceVectors,
    read_ranking,
    read_vectors,
)
from bot.errors import EngineError, EngineUnavailableError
from bot.messages import Completion, Message, as_dicts

_READ_SECONDS = 300.0
"""How long a request waits for the next byte before the server counts as gone."""
RESTART_SECONDS = 60.0
"""How long a request waits for an engine that is being started again."""
_POLL_SECONDS = 0.1
"""Seconds between two looks for it."""
_CONNECT_SECONDS = 5.0
_HEALTH_SECONDS = 5.0
ONLY_REASONING = (
    "The model reasoned without coming to an answer: ask again in other words; whoever runs the "
    "bot can raise engine.max_tokens or switch the model's reasoning off."
)
NO_REASONING = {"chat_template_kwargs": {"enable_thinking": False}}
"""What a request to a server of others has besides: adapters are trained with reasoning switched
off, so that they are asked so too. Servers that refuse what they do not know are asked without."""
_PROBE = {"messages": [{"role": "user", "content": "Say yes."}], "temperature": 0}
"""What a model is asked whose first answer was cut off: may that have been its reasoning?"""
_PROBE_TOKENS = 2048
_REFUSALS = (400, 422)


class _RefusedError(EngineError):
    """The server says that there is something wrong with the request."""


class EngineClient:
    """A connection to one model server; may be used from several threads."""

    def __init__(
        self,
        url: str,
        token: str | None,
        names: Callable[[str, list[str]], str] | None = None,
    ):
        """Makes a client of a server at a fixed address; connects at the first request.

        Args:
            url: with or without the final /v1.
            token: the bearer token, None if the server wants none.
            names: for a server that is not ours: turns `base`, `latest` or a version, and the
                models which the server has, into the name to ask it for.
        """
        self._restart_seconds = 0.0
        self._start_failure: Callable[[], str | None] = lambda: None
        self._names = names
        self._known_models = KnownModels()
        self._switches_reasoning = names is not None
        fixed = EngineAddress(url, token)
        self._read_address: Callable[[], EngineAddress | None] = lambda: fixed
        self._http = httpx.Client(
            timeout=httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS), trust_env=False
        )

    @classmethod
    def following(
        cls,
        file: Path,
        restart_seconds: float = RESTART_SECONDS,
        start_failure: Callable[[], str | None] = lambda: None,
    ) -> Self:
        """Returns a client of whichever engine the address file names at the time of a request.

        Args:
            file: data/engine.json of the home.
            restart_seconds: how long to wait for an engine that is not there.
            start_failure: gives the sentence that says why no engine can start, None while one
                may: with a sentence nobody waits.
        """
        client = cls("", None)
        client._read_address = lambda: read_address(file)
        client._restart_seconds = restart_seconds
        client._start_failure = start_failure
        return client

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def healthy(self) -> bool:
        """Returns whether the server answers now."""
        address = self._read_address()
        if address is None:
            return False
        try:
            url = _endpoint(address, "models")
            response = self._http.get(url, headers=_headers(address), timeout=_HEALTH_SECONDS)
        except httpx.HTTPError:
            return False
        return response.is_success

    def complete(
        self,
        messages: Sequence[Message],
        model: str = "latest",
        max_tokens: int | None = None,
        temperature: float | None = None,
    ) -> Completion:
        """Asks, and returns the whole answer.

        Args:
            messages: the conversation, the question last.
            model: `base`, `latest` or a version.
            max_tokens: the most tokens of the answer; None leaves it to the server.
            temperature: 0 for the most likely tokens; None leaves it to the server.

        Raises:
            EngineUnavailableError: nobody answered, also when asked again.
            EngineError: the server refused the question; its sentence says why.
        """
        *_, completion = self.stream(messages, model, max_tokens, temperature)
        if not isinstance(completion, Completion):
            raise EngineError("The model server sent no end of its answer.")
        return completion

    def stream(
        self,
        messages: Sequence[Message],
        model: str = "latest",
        max_tokens: int | None = None,
        temperature: float | None = None,
    ) -> Generator[str | Completion, None, None]:
        """Asks; yields the text in pieces as it comes, and the whole answer last.

        Takes what `complete` takes. Closing the generator early frees the row on the server.

        Raises:
            EngineUnavailableError: nobody answered, or the server stopped in the middle.
            EngineError: the server refused the question.
        """
        body: dict[str, Any] = {
            "messages": as_dicts(messages),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if max_tokens is not None:
            body["max_tokens"] = max_tokens
        if temperature is not None:
            body["temperature"] = temperature
        started = time.monotonic()
        for again in (False, True):
            address = self._wait_for_address(again=again)
            yielded = False
            try:
                for item in self._stream_once(address, body, model, started):
                    yielded = True
                    yield item
            except httpx.TransportError as error:
                if yielded:
                    raise EngineUnavailableError(
                        "The model server stopped in the middle of the answer: ask again."
                    ) from error
                if again or isinstance(error, httpx.ReadTimeout):
                    raise _unreachable() from error
            else:
                return

    def embed(self, texts: Sequence[str]) -> SentenceVectors:
        """Asks for the vectors of some texts (at least one).

        Raises:
            EngineUnavailableError: nobody answered, also when asked again.
            EngineError: the server has no encoder, or refused the texts; its sentence says why.
        """
        body = {"model": EMBEDDER, "input": list(texts), "encoding_format": "base64"}
        return read_vectors(self._post("embeddings", body), len(texts))

    def rerank(self, question: str, texts: Sequence[str]) -> Ranking:
        """Asks how likely each of some texts (at least one) answers a question.

        Raises:
            EngineUnavailableError: nobody answered, also when asked again.
            EngineError: the server has no reranker, or refused the texts; its sentence says why.
        """
        body = {"model": RERANKER, "query": question, "documents": list(texts)}
        return read_ranking(self._post("rerank", body), len(texts))

    def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Asks a model that is no chat model; once more where the server died meanwhile."""
        for again in (False, True):
            address = self._wait_for_address(again=again)
            try:
                if self._names is not None and body["model"] not in self._list_models(address):
                    raise EngineError(f"The model server has no model called {body['model']}.")
                response = self._http.post(
                    _endpoint(address, path), json=body, headers=_headers(address)
                )
            except httpx.TransportError as error:
                if again or isinstance(error, httpx.ReadTimeout):
                    raise _unreachable() from error
            else:
                _raise_for_error(response)
                return response
        raise _unreachable()

    def _stream_once(
        self, address: EngineAddress, body: dict[str, Any], model: str, started: float
    ) -> Iterator[str | Completion]:
        if self._names is not None:
            model = self._names(model, self._list_models(address))
        body = body | {"model": model}
        if self._switches_reasoning:
            with contextlib.suppress(_RefusedError):
                yield from self._answer(address, body | NO_REASONING, model, started)
                return
        for item in self._answer(address, body, model, started):
            # It may have refused the question as such; now it was the switch that it refused.
            self._switches_reasoning = False
            yield item

    def _answer(
        self, address: EngineAddress, body: dict[str, Any], model: str, started: float
    ) -> Iterator[str | Completion]:
        """Yields what a server answers to one request.

        Raises:
            EngineError: the server refused it, or broke off.
        """
        ours = self._names is None
        text = AnswerText(opened=False, ours=True) if ours else self._known_models.answer(model)
        answered, reason = model, ""
        usage: dict[str, Any] = {}
        for event in self._events_of(address, body):
            answered = event.get("model") or answered
            usage = event.get("usage") or usage
            for choice in event.get("choices", []):
                reason = choice.get("finish_reason") or reason
                if shown := text.feed((choice.get("delta") or {}).get("content") or ""):
                    yield shown
        rest = text.finish(cut=reason == "length")
        if text.undecided:
            rest = text.decide(self._begins_with_reasoning(address, body))
        if rest:
            yield rest
        self._known_models.learn(model, text)
        if text.only_reasoning or (not text.whole.strip() and _reasoning_tokens(usage)):
            raise EngineError(ONLY_REASONING)
        yield Completion(
            text=text.whole,
            model=answered,
            adapter=self._adapter(answered, address),
            prompt_tokens=int(usage.get("prompt_tokens", 0)),
            completion_tokens=int(usage.get("completion_tokens", 0)),
            seconds=time.monotonic() - started,
            finish_reason=reason,
        )

    def _begins_with_reasoning(self, address: EngineAddress, body: dict[str, Any]) -> bool:
        """Asks a model something short; returns whether it begins within its reasoning.

        One that says more than `_PROBE_TOKENS` tokens to it counts as one, as does one whose
        server takes no such question: what may be reasoning is not shown.
        """
        for limit in ({"max_tokens": _PROBE_TOKENS}, {}):
            probe = {k: v for k, v in body.items() if k != "max_tokens"} | _PROBE | limit
            text, reason = AnswerText(opened=None), ""
            try:
                for event in self._events_of(address, probe):
                    for choice in event.get("choices", []):
                        reason = choice.get("finish_reason") or reason
                        text.feed((choice.get("delta") or {}).get("content") or "")
            except _RefusedError:
                continue  # its window may have less room than that
            text.finish(cut=reason == "length")
            return text.undecided or bool(text.opened)
        return True

    def _events_of(self, address: EngineAddress, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yields the events of an answer as a server streams them.

        Raises:
            EngineError: the server refused the request, or broke off.
        """
        with self._http.stream(
            "POST", _endpoint(address, "chat/completions"), json=body, headers=_headers(address)
        ) as response:
            if not response.is_success:
                response.read()
            _raise_for_error(response)
            for event in _events(response.iter_lines()):
                if "error" in event:
                    raise EngineError(
                        _error_message(event, "The model server broke off its answer.")
                    )
                yield event

    def _adapter(self, answered: str, address: EngineAddress) -> str | None:
        base = "base" if self._names is None else self._names("base", self._list_models(address))
        return None if answered == base else answered

    def _list_models(self, address: EngineAddress) -> list[str]:
        response = self._http.get(_endpoint(address, "models"), headers=_headers(address))
        _raise_for_error(response)
        try:
            return [str(model["id"]) for model in response.json()["data"]]
        except (ValueError, KeyError, TypeError) as error:
            raise EngineError(
                "The model server's list of models is not in OpenAI's form."
            ) from error

    def _wait_for_address(self, *, again: bool) -> EngineAddress:
        """Returns the address to ask; waits for an engine that is away, `again` until it answers.

        Raises:
            EngineUnavailableError: it cannot start, or did not come in time.
        """
        deadline = time.monotonic() + self._restart_seconds
        while True:
            address = self._read_address()
            if address is not None and (not again or not self._restart_seconds or self.healthy()):
                return address
            if reason := self._start_failure():
                raise EngineUnavailableError(reason)
            if time.monotonic() >= deadline:
                raise _unreachable()
            time.sleep(_POLL_SECONDS)


def _reasoning_tokens(usage: dict[str, Any]) -> int:
    """Returns how many tokens of an answer were reasoning, as far as the server says so."""
    details = usage.get("completion_tokens_details")
    count = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return count if isinstance(count, int) else 0


def _endpoint(address: EngineAddress, path: str) -> str:
    return f"{address.url.rstrip('/').removesuffix('/v1')}/v1/{path}"


def _headers(address: EngineAddress) -> dict[str, str]:
    return {} if address.token is None else {"Authorization": f"Bearer {address.token}"}


def _events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Yields the objects of a stream of server-sent events, up to [DONE]."""
    for line in lines:
        if line.startswith("data:"):
            data = line.removeprefix("data:").strip()
            if data == "[DONE]":
                return
            try:
                event = json.loads(data)
            except ValueError:
                event = None
            if not isinstance(event, dict):
                raise EngineError("The model server's answer is not in OpenAI's form.")
            yield event
    raise httpx.RemoteProtocolError("the stream ended without [DONE]")


def _raise_for_error(response: httpx.Response) -> None:
    if response.is_success:
        return
    try:
        body = response.json()
    except ValueError:
        body = {}
    kind = _RefusedError if response.status_code in _REFUSALS else EngineError
    raise kind(_error_message(body, f"The model server answered {response.status_code}."))


def _error_message(body: Any, otherwise: str) -> str:
    """Returns the sentence of an error object in OpenAI's form."""
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) and message else otherwise


def _unreachable() -> EngineUnavailableError:
    return EngineUnavailableError(
        "The model server does not answer: try again in a minute; if it stays so, see "
        "data/engine.log."
    )
