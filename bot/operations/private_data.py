"""What the doctor says of private lessons, of unfinished erasures, and of files open to others."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.home import Home
from bot.nights.report import counted
from bot.operations.diagnosis import Diagnosis
from bot.operations.file_modes import close, open_to_others
from bot.store import Store

NAMED = 20
"""How many lessons are named by their numbers."""
FILES = 5
"""How many files are named."""
_NARROW = (
    "Where one is not meant for everybody: `/nightschool examples here 12` in that channel, or "
    "`nightschool examples scope 12 C0123456789` here. Adapters that learned it keep it until the "
    "next night."
)


def examine_privacy(store: Store) -> Iterator[Diagnosis]:
    """Examines lessons from private places and erasures; no question or answer is told."""
    private = [str(one.id) for one in store.examples.from_private_places()]
    if private:
        numbers = ", ".join(private[:NAMED]) + (", ..." if len(private) > NAMED else "")
        lessons = counted(len(private), "lesson")
        verb = "was" if len(private) == 1 else "were"
        yield Diagnosis(
            f"{lessons} for everyone {verb} taught in private places: {numbers}.",
            "warning",
            _NARROW,
        )
    if number := store.examples.private_count():
        are = "is" if number == 1 else "are"
        yield Diagnosis(
            f"{counted(number, 'lesson')} {are} for one channel or one person: told only there, "
            "not trained."
        )
    if store.erasures.open():
        yield Diagnosis(
            "Somebody was forgotten, and not all files are deleted and searched yet.",
            "warning",
            "The next start of any command goes on with it, or the bot when the night is over.",
        )


def examine_files(home: Home) -> Iterator[Diagnosis]:
    """Examines which files other accounts of the machine can reach."""
    if opened := open_to_others(home):
        yield Diagnosis(
            f"{counted(len(opened), 'file')} can be reached by other accounts of this machine: "
            f"{_names(home, opened)}.",
            "warning",
            "`nightschool doctor --mend` closes them.",
        )
    else:
        yield Diagnosis("No file is open to other accounts of this machine.")


def mend_files(home: Home) -> Iterator[Diagnosis]:
    """Closes the files that other accounts can reach, and tells what it closed and what not."""
    opened = open_to_others(home)
    left = close(home, opened)
    if len(left) < len(opened):
        number = counted(len(opened) - len(left), "file")
        yield Diagnosis(f"{number} could be reached by other accounts, and cannot any more.")
    if left:
        yield Diagnosis(
            f"{counted(len(left), 'file')} could not be closed to other accounts: "
            f"{_names(home, left)}.",
            "warning",
            "They belong to another account: run this as that one, or change their owner.",
        )


def _names(home: Home, files: Sequence[Path]) -> str:
    names = ", ".join(map(home.name_of, files[:FILES]))
    return f"{names}, ..." if len(files) > FILES else names
