"""What the doctor says of the encoder of sentences, and of the lessons that it is to find."""

from collections.abc import Iterator
from pathlib import Path

from bot.errors import NightschoolError
from bot.home import Home
from bot.messages import is_talk
from bot.operations.diagnosis import Diagnosis
from bot.settings import Settings
from bot.store import Store
from trainer.errors import ModelError

FEWEST_LESSONS = 5
"""Of fewer lessons nothing is said about their language: a name or two would decide it."""
_WORDS_ALONE = "Until then questions find their lessons by their words alone"


def examine_encoder(home: Home, settings: Settings) -> Iterator[Diagnosis]:
    """Examines whether the encoder in use is there, and serves the lessons."""
    name = settings.answers.embedder
    if settings.engine.url:
        yield Diagnosis(
            f"The encoder is that of {settings.engine.url}, where it lists a model `embedder`; "
            "otherwise questions find their lessons by their words alone."
        )
        return
    if not name:
        yield Diagnosis(
            "No encoder is set: questions find their lessons by their words alone.",
            "warning",
            'Set answers.embedder = "bundled" to find them in other words too: docs/settings.md.',
        )
        return
    folder, finding = _place(name)
    yield finding
    if folder is not None:
        yield from _lessons(home, folder)


def _place(name: str) -> tuple[Path | None, Diagnosis]:
    """Returns the folder of an encoder where it is whole, and what there is to say of it."""
    from trainer.models.encoders import encoder_config, locate_encoder  # noqa: PLC0415  slow
    from trainer.models.loading import broken  # noqa: PLC0415  as above

    try:
        folder = locate_encoder(name)
        if folder is None:
            what = f"Encoder {name} is not on this disk yet."
            mend = f"It is fetched when the engine starts. {_WORDS_ALONE}."
            return None, Diagnosis(what, "warning", mend)
        encoder_config(folder)
        if wrong := broken(folder):
            raise ModelError(wrong)
    except (NightschoolError, OSError, ValueError) as error:
        what = f"The encoder '{name}' cannot be used: {error}"
        mend = f"{_WORDS_ALONE}. answers.embedder: docs/settings.md."
        return None, Diagnosis(what, "warning", mend)
    return folder, Diagnosis(f"Encoder {name} is at {folder}.")


def _lessons(home: Home, folder: Path) -> Iterator[Diagnosis]:
    """Says how many lessons the encoder still has to read, and whether it knows their language."""
    from trainer.models.loading import fingerprint  # noqa: PLC0415  slow
    from trainer.models.vocabulary import count_foreign  # noqa: PLC0415  as above

    if not home.database.exists():
        return
    try:
        store = Store(home.database)
    except NightschoolError:
        return  # said with the home
    lessons = [one for one in store.examples.approved() if not is_talk(one.messages)]
    missing = store.vectors.count_missing(fingerprint(folder))
    store.close()
    if missing:
        yield Diagnosis(
            f"Lessons without vectors of this encoder: {missing} of {len(lessons)}.",
            "warning",
            "The bot makes them while it runs; where it runs and the number stays, see "
            f"data/engine.log. {_WORDS_ALONE}.",
        )
    elif lessons:
        yield Diagnosis(f"Lessons with vectors of this encoder: all {len(lessons)}.")
    foreign = count_foreign(folder, (f"{one.prompt} {one.completion}" for one in lessons))
    if len(lessons) >= FEWEST_LESSONS and 2 * foreign > len(lessons):
        yield Diagnosis(
            f"{foreign} of {len(lessons)} lessons are in a language that the encoder does not "
            "serve: few questions in other words will find them.",
            "warning",
            "Set answers.embedder to an encoder of that language, or of many: docs/settings.md.",
        )
