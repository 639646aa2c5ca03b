"""Asking the model server: ours, or any that speaks OpenAI's chat API. Knows no mlx.

Our own engine may die and come back under another address. A client that follows its address
file waits for it, and asks once more if nothing of the answer had arrived yet.
"""

import json
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from bot.engine.address import Address, read_address
from bot.errors import EngineError, EngineUnavailableError
from bot.messages import Completion, Message

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds that a question waits for an engine that is being started again."""
_LOOK_AGAIN = 0.1
"""Seconds between two looks for it."""


class EngineClient:
    """A connection to one model server; may be used from several threads."""

    def __init__(
        self,
        url: str,
        token: str | None,
        timeout: float = 300.0,
        names: Callable[[str, list[str]], str] | None = None,
    ):
        """Connects to a server at a fixed address.

        Args:
            url: with or without the final /v1.
            token: the bearer token, None if the server wants none.
            timeout: seconds without any byte from the server before it counts as gone.
            names: for a server that is not ours: turns `base`, `latest` or a version, and the
                models which the server has, into the name to ask it for.
        """
        self._timeout = timeout
        self._patience = 0.0
        self._why: Callable[[], str | None] = lambda: None
        self._names = names
        fixed = Address(url, token)
        self._address: Callable[[], Address | None] = lambda: fixed
        self._http = httpx.Client(timeout=httpx.Timeout(timeout, connect=5.0), trust_env=False)

    @classmethod
    def following(
        cls,
        file: Path,
        timeout: float = 300.0,
        patience: float = PATIENCE,
        why: Callable[[], str | None] = lambda: None,
    ) -> Self:
        """A client of whichever engine the address file names at the time of a question.

        Args:
            file: data/engine.json of the home.
            timeout: as above.
            patience: seconds to wait for an engine that is not there.
            why: the sentence that says why it cannot come, if it cannot: then nobody waits.
        """
        client = cls("", None, timeout)
        client._address = lambda: read_address(file)
        client._patience = patience
        client._why = why
        return client

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def healthy(self) -> bool:
        """True if the server answers now."""
        address = self._address()
        if address is None:
            return False
        try:
            url = _endpoint(address, "models")
            answer = self._http.get(url, headers=_headers(address), timeout=5.0)
        except httpx.HTTPError:
            return False
        return answer.is_success

    def models(self) -> list[str]:
        """The names that can be asked for.

        Raises:
            EngineUnavailableError: nobody answers.
            EngineError: the server refused.
        """
        return self._patiently(self._listed)

    def complete(
        self,
        messages: Sequence[Message],
        model: str = "latest",
        max_tokens: int | None = None,
        temperature: float | None = None,
    ) -> Completion:
        """Asks and waits for the whole answer.

        Args:
            messages: the conversation, the question last.
            model: `base`, `latest` or a version.
            max_tokens: length limit of the answer; None leaves it to the server.
            temperature: None leaves it to the server.

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

        Closing the iterator early frees the place on the server.

        Raises:
            EngineUnavailableError: nobody answered, or the server stopped in the middle.
            EngineError: the server refused the question.
        """
        body: dict[str, Any] = {
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if max_tokens is not None:
            body["max_tokens"] = max_tokens
        if temperature is not None:
            body["temperature"] = temperature
        started = time.monotonic()
        for again in (False, True):
            address = self._present(again=again)
            yielded = False
            try:
                for item in self._ask(address, body, model, started):
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

    def _ask(
        self, address: Address, body: dict[str, Any], model: str, started: float
    ) -> Iterator[str | Completion]:
        if self._names is not None:
            model = self._names(model, self._listed(address))
        body = body | {"model": model}
        text: list[str] = []
        answered, reason = model, ""
        usage: dict[str, int] = {}
        with self._http.stream(
            "POST", _endpoint(address, "chat/completions"), json=body, headers=_headers(address)
        ) as answer:
            if not answer.is_success:
                answer.read()
            _check(answer)
            for event in _events(answer.iter_lines()):
                if "error" in event:
                    raise EngineError(_sentence(event, "The model server broke off its answer."))
                answered = event.get("model") or answered
                usage = event.get("usage") or usage
                for choice in event.get("choices", []):
                    reason = choice.get("finish_reason") or reason
                    if piece := (choice.get("delta") or {}).get("content"):
                        text.append(piece)
                        yield piece
        yield Completion(
            text="".join(text),
            model=answered,
            adapter=self._adapter(answered, address),
            prompt_tokens=int(usage.get("prompt_tokens", 0)),
            completion_tokens=int(usage.get("completion_tokens", 0)),
            seconds=time.monotonic() - started,
            finish_reason=reason,
        )

    def _adapter(self, answered: str, address: Address) -> str | None:
        base = "base" if self._names is None else self._names("base", self._listed(address))
        return None if answered == base else answered

    def _listed(self, address: Address) -> list[str]:
        answer = self._http.get(_endpoint(address, "models"), headers=_headers(address))
        _check(answer)
        try:
            return [str(model["id"]) for model in answer.json()["data"]]
        except (ValueError, KeyError, TypeError) as error:
            raise EngineError(
                "The model server's list of models is not in OpenAI's form."
            ) from error

    def _patiently(self, ask: Callable[[Address], T]) -> T:
        try:
            return ask(self._present(again=False))
        except httpx.TransportError:
            try:
                return ask(self._present(again=True))
            except httpx.TransportError as error:
                raise _unreachable() from error

    def _present(self, *, again: bool) -> Address:
        """The address to ask; waits for an engine that is away, `again` until it answers."""
        deadline = time.monotonic() + self._patience
        while True:
            address = self._address()
            if address is not None and (not again or not self._patience or self.healthy()):
                return address
            if reason := self._why():
                raise EngineUnavailableError(reason)
            if time.monotonic() >= deadline:
                raise _unreachable()
            time.sleep(_LOOK_AGAIN)


def _endpoint(address: Address, path: str) -> str:
    return f"{address.url.rstrip('/').removesuffix('/v1')}/v1/{path}"


def _headers(address: Address) -> dict[str, str]:
    return {} if address.token is None else {"Authorization": f"Bearer {address.token}"}


def _events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The objects of a stream of server-sent events, up to [DONE]."""
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


def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    try:
        body = answer.json()
    except ValueError:
        body = {}
    raise EngineError(_sentence(body, f"The model server answered {answer.status_code}."))


def _sentence(body: Any, otherwise: str) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) and message else otherwise


def _unreachable() -> EngineUnavailableError:
    return EngineUnavailableError(
        "The model server does not answer: try again in a minute; if it stays so, see "
        "data/engine.log."
    )
