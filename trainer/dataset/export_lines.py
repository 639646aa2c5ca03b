"""The lines of an export: examples in a layout, and the pairs that go with them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trainer.dataset.layouts import Layout, Turns, labelled, row_line, table_head
from trainer.formats import Row, kind_of, to_messages
from trainer.jsonl import line
from trainer.similarity import normalise


@dataclass(frozen=True)
class ExportItem:
    """One example on its way to a file: its number in the store, if it has one, and its row."""

    id: int | None
    row: Row


@dataclass(frozen=True)
class ExportPair:
    """A better and a worse answer to one question, on their way to a file."""

    id: int
    prompt: str
    chosen: str
    rejected: str


@dataclass(frozen=True)
class ExportRating:
    """An answer that people liked or disliked, on its way to a file; `id` is that of its reply."""

    id: int
    prompt: str
    completion: str
    liked: bool


class Lines:
    """The lines of the files of one export."""

    def __init__(self, layout: Layout, system: str | None, pairs: Sequence[ExportPair]) -> None:
        """Begins an export.

        Args:
            layout: the layout of all of its lines.
            system: a system message for conversations without one.
            pairs: the preference pairs that stand between the examples, or are all there is.
        """
        self._layout = layout
        self._system = system
        self._pairs = pairs
        self._disliked: dict[tuple[str, str], list[ExportPair]] = defaultdict(list)
        if layout.pairs == "within":
            for pair in pairs:
                key = (normalise(pair.prompt), normalise(pair.chosen))
                self._disliked[key].append(pair)
        self.placed: set[int] = set()
        """Ids of the pairs whose disliked answer stands behind the liked one."""

    def of_file(self, items: Sequence[ExportItem]) -> Iterator[str]:
        """Yields the lines of a file with some examples."""
        if self._layout.pairs == "all":
            yield from map(pair_line, self._pairs)
            return
        if self._layout.suffix == "csv":
            yield table_head()
        for item in items:
            yield from self._of(item)

    def _of(self, item: ExportItem) -> Iterator[str]:
        """Yields the line of an example, and one for each answer that is disliked beside it."""
        kept = {} if item.id is None else {"id": item.id}
        if item.row.get("source"):
            kept["source"] = item.row["source"]
        if not has_turns(item.row):
            yield line({"text": item.row["text"]} | kept)
            return
        turns = with_system(item.row, self._system)
        yield row_line(self._layout, self._layout.row(turns) | kept)
        if not self._disliked:
            return
        for pair in self._disliked.get(single_turn(turns) or ("", ""), ()):
            self.placed.add(pair.id)
            answer = {"role": "assistant", "content": pair.rejected}
            yield line(labelled([*turns[:-1], answer], liked=False))


def with_system(row: Row, system: str | None) -> Turns:
    """Returns the turns of a row, with a system message first unless it has one of its own."""
    turns = to_messages(row)
    if system is None or any(turn["role"] == "system" for turn in turns):
        return turns
    return [{"role": "system", "content": system}, *turns]


def single_turn(turns: Turns) -> tuple[str, str] | None:
    """Returns the normalised question and answer of a conversation; None of one of more turns."""
    said = [normalise(turn["content"]) for turn in turns if turn["role"] != "system"]
    return (said[0], said[1]) if len(said) == 2 else None  # noqa: PLR2004  question and answer


def has_turns(row: Row) -> bool:
    """Returns whether a row is a conversation, and not a plain text."""
    return kind_of(row) != "text" or len(to_messages(row)) > 1


def pair_line(pair: ExportPair) -> str:
    """Returns a preference pair as a line of JSON."""
    return line({"prompt": pair.prompt, "chosen": pair.chosen, "rejected": pair.rejected})


def rating_line(rating: ExportRating) -> str:
    """Returns a rated answer as a line of JSON, with the names that TRL's KTO has for it."""
    return line({"prompt": rating.prompt, "completion": rating.completion, "label": rating.liked})
