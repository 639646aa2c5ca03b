"""The errors of the bot; the text of each is the sentence that people see."""

import traceback
from pathlib import Path

from trainer.errors import (
    AdapterError,
    DatasetError,
    MemoryShortError,
    NightschoolError,
    TrainingError,
    disk_sentence,
    full_disk,
    os_sentence,
)

__all__ = [
    "AdapterError",
    "DatasetError",
    "EngineError",
    "EngineUnavailableError",
    "InputError",
    "MemoryShortError",
    "NightschoolError",
    "NotFoundError",
    "SettingsError",
    "TrainingError",
    "disk_sentence",
    "full_disk",
    "os_sentence",
    "raised_at",
]
FRAMES = 4
"""The frames of a traceback that `raised_at` names, the innermost ones."""


class SettingsError(NightschoolError):
    """A key or a value in nightschool.toml or the environment that is not right."""


class InputError(NightschoolError):
    """Text from a person that is empty, too long or not of the expected form."""


class NotFoundError(NightschoolError):
    """An example, a reply or a run that does not exist."""


class EngineError(NightschoolError):
    """The model server refused or broke a request."""


class EngineUnavailableError(EngineError):
    """The model server cannot be reached."""


def raised_at(error: BaseException) -> str:
    """Returns the file names and lines through which an error came, without its text.

    A log may say this of any error, while the text of one may hold what people wrote.
    """
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
