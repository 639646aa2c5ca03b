"""What a reader makes of a file, without the file."""

from pathlib import Path

import pytest

from bot.lessons.importing import importer
from trainer.importing.importer import Rows
from trainer.importing.lines import FoundPair, FoundRow, Origin, Rejected, SourceWords
from trainer.importing.options import ReadOptions

FILE = Path("export.zip")
ASKED = SourceWords("C1", "1.1", "U0ASKS")
ANSWERED = SourceWords("C1", "1.2", "U0KNOWS")
ORIGIN = Origin("U0KNOWS", "C1", "https://team.example/archives/C1/p12", (ASKED, ANSWERED))


def found(
    monkeypatch: pytest.MonkeyPatch,
    *rows: FoundRow | FoundPair | Rejected,
    notes: tuple[str, ...] = (),
) -> None:
    """Makes every file hold these rows."""
    lessons = tuple(row for row in rows if isinstance(row, FoundRow))
    bad = tuple(row for row in rows if isinstance(row, Rejected))
    pairs = tuple(row for row in rows if isinstance(row, FoundPair))

    def read(_file: Path, _options: ReadOptions) -> Rows:
        return Rows(lessons, bad, pairs, "a Slack export", notes)

    monkeypatch.setattr(importer, "read_rows", read)


def proposal(
    question: str = "When is lunch?", answer: str = "At noon.", origin: Origin | None = ORIGIN
) -> FoundRow:
    """A question and its answer out of a chat, as a proposal."""
    return FoundRow(1, {"prompt": question, "completion": answer}, origin, proposed=True)
