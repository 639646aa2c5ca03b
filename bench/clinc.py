"""CLINC150 as lessons: real questions of people, each of 150 intents with an invented answer.

The data is not part of this repository: data/data_full.json of github.com/clinc/oos-eval (Larson
et al. 2019, CC BY 3.0). What is reported comes from its test questions, what is tuned on from the
others.
"""

import json
import random
from pathlib import Path

from bench.sets import Asked, Half, QuestionSet, Taught, code

OTHER = 3
"""Questions in other words for each intent."""
OUT_OF_SCOPE = 300
FRAMES = (
    "That is written on card {code}.",
    "Please look into folder {code}.",
    "Ask the desk for {code}.",
    "The rule for this is called {code}.",
    "Use form {code} for it.",
    "This is done by team {code}.",
    "You find it under {code}.",
    "Send it to the box {code}.",
)
"""Answers that tell nothing of their question: what is found is found by the question alone."""
FIRST = (
    "amber", "brisk", "copper", "dusty", "early", "fallow", "gentle", "hollow", "ivory", "jolly",
    "kindly", "lunar", "misty", "nimble", "ochre",
)  # fmt: skip
SECOND = (
    "anchor", "badger", "candle", "dolphin", "ember", "falcon", "garnet", "heron", "island",
    "juniper",
)  # fmt: skip


def intents(file: Path, half: Half, wordings: int = 1, size: int | None = None) -> QuestionSet:
    """Returns one lesson for each wording of each intent, and other questions of the same intents.

    Args:
        file: data_full.json.
        half: the test questions to report; those of `val`, and the out-of-scope ones of `val` and
            `train`, to tune on.
        wordings: lessons of each intent; they have one answer.
        size: only so many intents.
    """
    data = json.loads(file.read_text(encoding="utf-8"))
    split = "test" if half == "report" else "val"
    by_intent: dict[str, list[str]] = {}
    for question, intent in data[split]:
        by_intent.setdefault(intent, []).append(question)
    names = sorted(by_intent)
    dice(0).shuffle(names)
    lessons: list[Taught] = []
    other: list[Asked] = []
    for number, intent in enumerate(names[:size]):
        questions = sorted(set(by_intent[intent]))
        dice(number + 1).shuffle(questions)
        word = f"{FIRST[number % len(FIRST)]}-{SECOND[number // len(FIRST)]}"
        answer = FRAMES[number % len(FRAMES)].format(code=word)
        place = len(lessons)
        lessons += [Taught(question, answer, code(word)) for question in questions[:wordings]]
        other += [Asked(question, place) for question in questions[wordings : wordings + OTHER]]
    untaught = [question for question, _ in data["oos_test"]]
    if half == "tune":
        untaught = [question for question, _ in [*data["oos_val"], *data["oos_train"]]]
    dice(0).shuffle(untaught)
    name = "clinc" if wordings == 1 else f"clinc{wordings}"
    return QuestionSet(name, tuple(lessons), tuple(other), tuple(untaught[:OUT_OF_SCOPE]))


def dice(seed: int) -> random.Random:
    """Returns a source of the same choices every time."""
    return random.Random(seed)  # noqa: S311  not for secrets
