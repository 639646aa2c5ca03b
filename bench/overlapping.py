"""Lessons that overlap: forty customers, rooms, machines, ... and the same few things of each.

A file of `bench/overlapping` has topics: names, kinds of things that are known of each name (with
values, taught questions, answers and questions in other words), and near questions that none of the
kinds answers. Where everything of a team is named alike, only what is asked of it tells the lessons
apart. Nothing here is about services, of which `bench.services` makes the set of the table.
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trainer.retrieval.fitting import LessonQuestions

FOLDER = Path(__file__).parent / "overlapping"
HELD = ("machines", "trips", "vehicles", "teams")
"""Topics that the reranker is not trained on: the calibration is fitted on them."""


def topics() -> dict[str, dict[str, Any]]:
    """Returns all topics by their names."""
    read = (json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json")))
    return {topic["name"]: topic for topic in read}


def overlapping(some: Sequence[dict[str, Any]], seed: int = 0) -> LessonQuestions:
    """Returns some topics as the lessons of one team.

    Each lesson is asked once in other words, each name a near question, and each unknown name every
    kind: these have no answer.
    """
    dice = random.Random(seed)  # noqa: S311  not for secrets
    lessons: list[tuple[str, str]] = []
    asked: list[tuple[str, int | None]] = []
    for topic in some:
        for number, name in enumerate(topic["names"]):
            for kind in topic["kinds"].values():
                value = kind["values"][number]
                taught, answer, other = (
                    _filled(dice.choice(kind[which]), name, value)
                    for which in ("taught", "answers", "other")
                )
                asked.append((other, len(lessons)))
                lessons.append((taught, answer))
            asked.append((_filled(dice.choice(topic["near"]), name), None))
        for name in topic["unknown"]:
            kinds = topic["kinds"].values()
            asked += [(_filled(dice.choice(kind["other"]), name), None) for kind in kinds]
    return LessonQuestions(lessons, asked)


def _filled(template: str, name: str, value: str = "") -> str:
    return template.format(s=name, t=name.lower(), v=value)
