"""What the engine's tests share: a home with a tiny model, and mlx-lm's own answers."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import mlx_lm

from bot.engine.server.generation import (
    Accepted,
    Finished,
    GenerationEvent,
    GenerationRequest,
    TextDelta,
)
from bot.engine.server.process import open_model
from bot.engine.server.protocol import ApiError
from bot.engine.server.worker import Worker
from bot.home import Home
from bot.settings import Settings
from tests.tiny_models import Architecture, build_adapter, build_model
from trainer.adapters.registry import AdapterCard, Registry, write_card
from trainer.models.loading import LoadedModel, load
from trainer.models.tokenization import prompt_tokens

TOKENS = 24


@dataclass(frozen=True)
class TinyModelHome:
    """A home whose settings name a tiny model."""

    home: Home
    model: Path

    @property
    def registry(self) -> Registry:
        return Registry(self.home.adapters)

    @property
    def settings(self) -> Settings:
        return Settings(model=str(self.model))

    def add(self, seed: int = 1, *, promote: bool = False, **how: object) -> str:
        """Adds an adapter version as a night would, and returns its name."""
        version = self.registry.new_version()
        staging = self.home.runs / version
        build_adapter(staging, self.model, seed=seed, **how)  # type: ignore[arg-type]  # any argument
        loaded = _alone(self.model, None)
        write_card(
            staging, AdapterCard(version, str(self.model), loaded.revision, loaded.template_hash)
        )
        self.registry.add(staging, version)
        if promote:
            self.registry.promote(version)
        return version

    def expected(self, text: str, version: str | None = None, tokens: int = TOKENS) -> str:
        """Returns what mlx-lm itself answers to one question, greedily."""
        return self.expected_after([{"role": "user", "content": text}], version, tokens)

    def expected_after(
        self, messages: list[dict[str, str]], version: str | None = None, tokens: int = TOKENS
    ) -> str:
        """Returns what mlx-lm itself answers to a conversation, greedily."""
        adapter = None if version is None else self.registry.path(version)
        loaded = _alone(self.model, adapter)
        prompt = prompt_tokens(loaded.tokenizer, messages)
        answer: str = mlx_lm.generate(loaded.model, loaded.tokenizer, prompt, max_tokens=tokens)
        return answer


@lru_cache(maxsize=1)
def _alone(model: Path, adapter: Path | None) -> LoadedModel:
    return load(model, adapter)


def make_home(
    home: Home, architecture: Architecture = "llama", bits: int | None = None
) -> TinyModelHome:
    """Builds a model of an architecture, quantized to `bits` if given."""
    home.prepare()
    return TinyModelHome(home, build_model(home.root / "model", architecture, bits=bits))


def greedy_request(text: str, model: str = "latest", tokens: int = TOKENS) -> GenerationRequest:
    """Returns the request that asks one question and takes the most likely tokens."""
    return GenerationRequest([{"role": "user", "content": text}], model, tokens)


class AnswerRecorder:
    """A listener that collects the events of one answer."""

    def __init__(self) -> None:
        self.events: list[GenerationEvent] = []
        self.started = threading.Event()
        self.done = threading.Event()

    def __call__(self, event: GenerationEvent) -> None:
        self.events.append(event)
        self.started.set()
        if isinstance(event, Finished | ApiError):
            self.done.set()

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def version_used(self) -> str:
        """The version that answers, or `base`."""
        first = self.events[0]
        assert isinstance(first, Accepted), first
        return first.model

    def wait(self) -> "AnswerRecorder":
        """Waits until the answer is whole or has failed."""
        assert self.done.wait(60), self.events
        return self


def submit(worker: Worker, question: GenerationRequest) -> AnswerRecorder:
    """Submits a request and returns its answer, for which the caller may wait."""
    answer = AnswerRecorder()
    worker.submit(question, answer)
    return answer


@contextmanager
def running_worker(tiny_home: TinyModelHome, **changes: object) -> Iterator[Worker]:
    """Runs a worker inside the block, with changes of the settings."""
    settings = tiny_home.settings.with_changes(**changes)
    worker = Worker(lambda: open_model(tiny_home.home, settings))
    worker.start()
    worker.ready.result(60)
    try:
        yield worker
    finally:
        worker.stop()


def wait_until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Waits for what another process does; fails if it does not come in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
