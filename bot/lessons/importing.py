"""Imports a file of lessons as examples; lines that cannot be taught are returned with the reason.

Knows no Slack.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from bot.errors import DatasetError, NightschoolError
from bot.lessons.curation import SAMPLE_SOURCE, Curation
from bot.lessons.teaching import Lesson, OnConflict, Taught
from bot.messages import Message
from bot.store import Store
from bot.store.examples.rows import LIVE, STATUSES
from trainer.formats import to_messages
from trainer.importing.importer import Rows, read_rows, read_thread
from trainer.importing.lines import Rejected

BATCH = 500
"""Rows that one transaction adds at most: other writers get their turn in between."""


@dataclass(frozen=True)
class Imported:
    """The result of an import, as counts of examples and the lines that were rejected.

    `added` counts new examples of any status, `replaced` those with other answers that gave way,
    `out_of_use` the duplicates of examples that were withdrawn, rejected or replaced and stay so,
    and `redacted` the new examples that something was taken out of, by its kind.
    """

    added: int
    duplicates: int
    rejected: tuple[Rejected, ...]
    replaced: int = 0
    out_of_use: int = 0
    redacted: Mapping[str, int] = field(default_factory=dict)


def import_rows(
    store: Store,
    curation: Curation,
    file: Path,
    author: str,
    source: str = "import",
    on_progress: Callable[[int, int], None] = lambda _done, _of: None,
    *,
    thread: bool = False,
    on_conflict: OnConflict = "replace",
) -> Imported:
    """Teaches every row of a JSONL or CSV file, or a thread; importing twice adds nothing.

    What is in a file is for everyone. Another answer to a question that was taught before replaces
    it, stands beside it (`keep`), or is rejected with its line (`ask`: there is nobody to ask about
    thousands of lines).

    Args:
        store: where the examples are kept, in transactions of `BATCH` rows.
        curation: teaches each row.
        file: JSONL or CSV, as its name says.
        author: the person who teaches them, by user id or name.
        source: the source that is stored with the examples.
        on_progress: called after every transaction with the number of rows that are done, and of
            all rows.
        thread: whether the file is a thread that was copied out of Slack, in place of JSONL or CSV.
        on_conflict: what to do about another answer.

    Returns:
        The counts, and the lines that were rejected, in the order of the file.

    Raises:
        DatasetError: the file as a whole cannot be read.
        NightschoolError: the database refuses, or the author has opted out; the text says how many
            rows were done until then.
    """
    read = _read_thread(file) if thread else read_rows(file)
    rejected = list(read.rejected)
    count: Counter[str] = Counter()
    redacted: Counter[str] = Counter()
    for start in range(0, len(read.rows), BATCH):
        batch: Counter[str] = Counter()
        taken_out: Counter[str] = Counter()
        try:
            with store.connections.write():
                for item in read.rows[start : start + BATCH]:
                    taught = curation.learn(_lesson(item.row, author, source), on_conflict)
                    errors = taught.errors or _contradicts(taught)
                    batch["refused" if errors else taught.status] += 1
                    batch["replaced"] += len(taught.replaced)
                    if taught.status in STATUSES:
                        taken_out.update(taught.redacted)
                    if taught.status == "duplicate" and taught.id is not None:
                        batch["out_of_use"] += store.examples.get(taught.id).status not in LIVE
                    if errors:
                        rejected.append(Rejected(item.line, errors))
        except NightschoolError as error:
            raise NightschoolError(
                f"{error}. {start} of {len(read.rows)} lessons were seen to; import the file "
                "again afterwards, nothing is added twice."
            ) from error
        count += batch
        redacted += taken_out
        on_progress(min(start + BATCH, len(read.rows)), len(read.rows))
    return Imported(
        added=sum(count[status] for status in STATUSES),
        duplicates=count["duplicate"],
        rejected=tuple(sorted(rejected, key=lambda bad: bad.line)),
        replaced=count["replaced"],
        out_of_use=count["out_of_use"],
        redacted=redacted,
    )


def _contradicts(taught: Taught) -> tuple[str, ...]:
    """Returns an error for each example that contradicts the lesson."""
    return tuple(f"example {known.id} answers that otherwise" for known in taught.conflicts)


def _read_thread(file: Path) -> Rows:
    """Returns the questions and answers of a text file with a thread out of Slack.

    Raises:
        DatasetError: the file is not UTF-8.
    """
    try:
        return read_thread(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise DatasetError(f"{file.name} is not UTF-8 text.") from error


def _lesson(row: dict[str, Any], author: str, source: str) -> Lesson:
    """Returns a row as a lesson: its last question and answer, and all messages if it has more.

    Args:
        row: of a kind that `to_messages` knows, with a question and an answer.
        author: the person who teaches it.
        source: the source that is stored with it.
    """
    messages = tuple(Message(m["role"], m["content"]) for m in to_messages(row))
    *_, question, answer = (m for m in messages if m.role != "system")
    more = len(messages) > 2  # noqa: PLR2004  than a question and its answer
    return Lesson(
        question.content,
        answer.content,
        author,
        source,
        messages=messages if more else None,
        finish_reason=row.get("finish_reason"),
        from_file=True,
    )


def sample_lessons(store: Store, curation: Curation) -> int:
    """Teaches the sample lessons to an empty store; one with examples is left as it is.

    Returns:
        The number of lessons that were taught; 0 where the store had examples of any status.
    """
    if any(store.examples.counts().values()):
        return 0
    with as_file(files("bot") / "demo.jsonl") as file:
        return import_rows(store, curation, file, "Nightschool", SAMPLE_SOURCE).added
