"""Any number of facts about services: every service has an owner, a port, a log, a zone, ...

Services overlap: many share a word of their name, and all are asked for the same ten things. The
words, values and templates of `services.json` are apart for the half to tune on and the one that is
reported.
"""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.sets import Asked, Half, QuestionSet, Taught, code

OTHER = 2
"""Questions in other words for each lesson."""
UNTAUGHT = 100
"""Questions about services that no lesson names."""
FILE = Path(__file__).parent / "services.json"


def services(count: int, half: Half) -> QuestionSet:
    """Returns so many lessons, service after service; the first hundred of any two sets are equal.

    Raises:
        ValueError: there are not enough names for so many.
    """
    words = json.loads(FILE.read_text(encoding="utf-8"))[half]
    names = _names(words)
    kinds = list(words["templates"])
    needed = -(-count // len(kinds))
    spare = -(-UNTAUGHT // len(kinds))
    if needed + spare > len(names):
        raise ValueError(f"there are names for {(len(names) - spare) * len(kinds)} lessons only")
    lessons: list[Taught] = []
    other: list[Asked] = []
    for place in range(count):
        number, kind = divmod(place, len(kinds))
        lesson, asked = _lesson(words, names[number], number, kinds[kind])
        other += [Asked(question, place) for question in asked]
        lessons.append(lesson)
    untaught = []
    for place in range(UNTAUGHT):
        number, kind = divmod(place, len(kinds))
        unknown = len(names) - 1 - number
        _, (question, *_) = _lesson(words, names[unknown], unknown, kinds[kind])
        untaught.append(question)
    return QuestionSet("services", tuple(lessons), tuple(other), tuple(untaught))


def _names(words: dict[str, Any]) -> list[str]:
    names = [f"{subject}-{role}" for subject in words["subjects"] for role in words["roles"]]
    random.Random(0).shuffle(names)  # noqa: S311  not for secrets
    return names


def _lesson(words: dict[str, Any], name: str, number: int, kind: str) -> tuple[Taught, list[str]]:
    """Returns the lesson about one thing of a service, and questions for it in other words."""
    templates = words["templates"][kind]
    dice = random.Random(f"{name} {kind}")  # noqa: S311  not for secrets
    value = _VALUES[kind](words, number)
    filled = {"s": name, "t": name.replace("-", " "), "v": value}
    taught = dice.choice(templates["taught"]).format(**filled)
    answer = dice.choice(templates["answers"]).format(**filled)
    asked = [text.format(**filled) for text in dice.sample(templates["other"], OTHER)]
    return Taught(taught, answer, code(value)), asked


def _person(words: dict[str, Any], number: int) -> str:
    first, last = words["first"], words["last"]
    row, column = divmod(number, len(first))
    return f"{first[column]} {last[(row + column) % len(last)]}"


def _word(words: dict[str, Any], number: int) -> tuple[str, int]:
    row, column = divmod(number, len(words["words"]))
    return words["words"][column], row + 11


def _time(words: dict[str, Any], number: int) -> str:
    row, column = divmod(number, len(words["days"]))
    hours, minutes = divmod(row * 5, 60)
    return f"{words['days'][column]} at {hours + 6:02}:{minutes:02}"


_VALUES: dict[str, Callable[[dict[str, Any], int], str]] = {
    "owner": _person,
    "port": lambda _, number: str(4100 + 17 * number),
    "log": lambda words, number: "/var/log/{}/{}.log".format(*_word(words, number)),
    "zone": lambda _, number: f"{('fra', 'dub', 'osl')[number % 3]}-{number + 21}",
    "rota": lambda words, number: "{} {}".format(*_word(words, number)).title(),
    "repository": lambda words, number: "forge/{}-{}".format(*_word(words, number + 5)),
    "dashboard": lambda _, number: f"Q-{310 + 7 * number}",
    "database": lambda words, number: "pg-{}-{}".format(*_word(words, number + 9)),
    "window": _time,
    "bucket": lambda words, number: "{}-vault-{}".format(*_word(words, number + 3)),
}
"""The value of each kind for the service of a number; no two services have the same one."""
