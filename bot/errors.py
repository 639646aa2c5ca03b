"""The errors of the bot; the text of each is the sentence that people see."""

from trainer.errors import (
    AdapterError,
    DatasetError,
    MemoryShortError,
    NightschoolError,
    TrainingError,
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
]


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
