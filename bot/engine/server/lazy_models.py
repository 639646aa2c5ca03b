"""Models beside the chat model, loaded when first needed or while nobody asks.

Where one is missing, the chat goes on without it and it is looked for again after a while.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Generic, TypeVar

from bot.engine.server.protocol import ApiError
from trainer.errors import ModelError
from trainer.hardware.cache import expanded
from trainer.models.encoders import BUNDLED, encoder_folder, locate_encoder

RETRY_SECONDS = 60.0
"""Seconds after which a model that could not be loaded is looked for again."""
_log = logging.getLogger(__name__)
Model = TypeVar("Model")


class FolderFinder:
    """Finds the folder of an encoder.

    A hub's is fetched on a thread of its own, since the network may be slow or away and the
    answers go on meanwhile.
    """

    def __init__(self, name: str) -> None:
        """Names the encoder, as `encoder_folder` takes it; empty for none."""
        self.name = name
        self._fetched: Future[Path] | None = None

    @property
    def fetching(self) -> bool:
        """Whether it is being fetched now."""
        return self._fetched is not None and not self._fetched.done()

    def find(self) -> Path:
        """Returns the folder.

        Raises:
            ModelError: there is none, it cannot be fetched, or it is being fetched.
        """
        if not self.name:
            raise ModelError("No encoder is set (answers.embedder).")
        place = locate_encoder(self.name)
        if place is not None and (self.name == BUNDLED or place == expanded(self.name)):
            return place
        if self._fetched is None:
            self._fetched = Future()
            threading.Thread(
                target=self._fetch, args=[self._fetched], name=f"fetching {self.name}", daemon=True
            ).start()
        if not self._fetched.done():
            raise ModelError(f"The encoder '{self.name}' is being fetched from the hub.")
        if self._fetched.exception() is None:
            return self._fetched.result()
        failed, self._fetched = self._fetched, None
        return failed.result()

    def _fetch(self, fetched: "Future[Path]") -> None:
        try:
            fetched.set_result(encoder_folder(self.name))
        except Exception as error:  # noqa: BLE001 - whoever calls `find` gets it
            fetched.set_exception(error)


class LazyModel(Generic[Model]):
    """A model that is loaded when it is needed, and looked for again where it is missing."""

    def __init__(self, folder: FolderFinder, make: Callable[[Path], Model], code: str) -> None:
        """Names its folder, what loads it, and the code of the error where it is missing."""
        self._folder = folder
        self._make: Callable[[Path], Model] = make
        self._code = code
        self._model: Model | None = None
        self._why = ""
        self._logged: set[str] = set()
        self._look_again_at = 0.0

    def prepare(self) -> None:
        """Loads it; not before RETRY_SECONDS where that just failed."""
        if self._model is not None or time.monotonic() < self._look_again_at:
            return
        try:
            self._model = self._make(self._folder.find())
        except Exception as error:  # noqa: BLE001 - whatever it is, the chat goes on without it
            self._why = str(error) if isinstance(error, ModelError) else _sentence(error)
            if self._folder.name and self._why not in self._logged:
                _log.info("%s", self._why)
                self._logged.add(self._why)
            pause = 0.0 if self._folder.fetching else RETRY_SECONDS
            self._look_again_at = time.monotonic() + pause

    def get(self) -> Model:
        """Returns it, loaded.

        Raises:
            ApiError: it is missing; the sentence says why.
        """
        self.prepare()
        if self._model is None:
            raise ApiError(503, self._code, self._why)
        return self._model

    @property
    def loaded(self) -> bool:
        """Whether it is there."""
        return self._model is not None

    @property
    def listed(self) -> bool:
        """Whether there is one, for all that is known."""
        return self.loaded or bool(self._folder.name and not self._look_again_at)


def _sentence(error: Exception) -> str:
    return f"The model beside the chat model cannot be loaded ({type(error).__name__})."
