"""How many secrets redaction misses, and how many harmless lines it takes for one.

    .venv/bin/python -m bench.redaction --half tune --show

The lists are 240 lines each, written by people who had not read the rules: 150 to tune on, and 90
to report, which were added as a first half to report was spent. Whoever works on the rules looks at
"tune" only; of the other this prints numbers, never a line.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from bot.redaction import find

FOLDER = Path(__file__).with_name("redaction")
Half = Literal["tune", "report"]
List = Literal["secrets", "harmless"]


@dataclass(frozen=True)
class Row:
    """A line that people could write; in the file it is in parts, so that no scanner reports it."""

    text: str
    kind: str


@dataclass
class Measured:
    """Wrong verdicts on one list: secrets that are missed, or harmless lines that are not."""

    total: Counter[str] = field(default_factory=Counter)
    """Lines of each kind."""
    wrong: list[Row] = field(default_factory=list, repr=False)

    @property
    def rate(self) -> float:
        """Share of wrong verdicts, from 0 to 1."""
        return len(self.wrong) / self.total.total()


def rows(name: List, half: Half) -> Iterator[Row]:
    """The lines of one half of a list."""
    for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["half"] == half:
            yield Row("".join(row["parts"]), row["kind"])


def measure(name: List, half: Half) -> Measured:
    """What redaction gets wrong in one half of a list."""
    measured = Measured()
    for row in rows(name, half):
        measured.total[row.kind] += 1
        if bool(find(row.text)) != (name == "secrets"):
            measured.wrong.append(row)
    return measured


def main() -> None:
    """Prints the wrong verdicts by kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--half", choices=get_args(Half), default="tune")
    parser.add_argument("--show", action="store_true", help="print the lines (of tune only)")
    arguments = parser.parse_args()
    if arguments.show and arguments.half != "tune":
        parser.error("the lines of the report half are not shown: rules would be made for them")
    for name in get_args(List):
        measured = measure(name, arguments.half)
        word = "missed" if name == "secrets" else "false"
        count, total = len(measured.wrong), measured.total.total()
        print(f"{name}, {arguments.half}: {count} of {total} {word} ({measured.rate:.1%})")
        wrong = Counter(row.kind for row in measured.wrong)
        for kind, lines in sorted(measured.total.items()):
            print(f"  {kind:24} {wrong[kind]} of {lines}")
        for row in measured.wrong if arguments.show else ():
            print(f"  {row.kind}: {row.text!r}")


if __name__ == "__main__":
    main()
