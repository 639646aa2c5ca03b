"""The arrows between rooms point one way, as docs/architecture.md draws them."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
MOST_MODULES = 12
"""Modules side by side in one folder, the package's own face not counted."""
LEVELS = (
    ("bot.cli",),
    ("bot.serve",),
    ("bot.slack.service", "bot.console"),
    ("bot.slack.assembly",),
    ("bot.slack.app",),
    ("bot.slack.listeners",),
    ("bot.slack.admin",),
    (
        "bot.slack.gaps",
        "bot.slack.experts",
        "bot.slack.watching",
        "bot.slack.reviews",
        "bot.slack.benefits",
    ),
    ("bot.slack.answers", "bot.slack.feedback", "bot.slack.lessons", "bot.slack.nights"),
    ("bot.slack.events", "bot.slack.payloads", "bot.slack.state"),
    ("bot.slack.messages", "bot.slack.transport", "bot.slack.manifest", "bot.slack"),
    ("bot.operations",),
    ("bot.nights",),
    ("bot.feedback", "bot.answers"),
    ("bot.lessons",),
    ("bot.privacy", "bot.permissions"),
    ("bot.engine", "bot.store", "bot.settings", "bot.home", "bot.messages", "bot.redaction"),
    ("bot.errors", "bot.interpreter"),
    ("trainer.__main__",),
    ("trainer.pipeline", "trainer.commands"),
    ("trainer.retrieval",),
    ("trainer.evaluation",),
    ("trainer.augmentation", "trainer.tuning"),
    ("trainer.dataset", "trainer.importing", "trainer.planning"),
    ("trainer.adapters",),
    ("trainer.inference", "trainer.models"),
    ("trainer.formats", "trainer.results", "trainer.similarity", "trainer.canaries"),
    ("trainer.jsonl", "trainer.hardware", "trainer"),
    ("trainer.errors",),
)
"""Rooms from top to bottom: each may import what stands below it."""
MLX_ROOMS = ("bot.engine.server", "trainer")


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("bot", "trainer", include_external_packages=True, cache_dir=None)


def level_of(module: str) -> int:
    for level, rooms in enumerate(LEVELS):
        if any(module == room or module.startswith(f"{room}.") for room in rooms):
            return level
    raise AssertionError(f"{module} is in no room that docs/architecture.md knows")


def own_modules() -> list[str]:
    return sorted(m for m in graph().modules if m.partition(".")[0] in ("bot", "trainer"))


def imports() -> Iterator[tuple[str, str, str]]:
    """Importer, imported, and the line that imports, as a person finds it."""
    for importer in own_modules():
        for imported in sorted(graph().find_modules_directly_imported_by(importer)):
            (line, *_) = graph().get_import_details(importer=importer, imported=imported)
            number, text = line["line_number"], line["line_contents"]
            yield importer, imported, f"{importer}, line {number}: {text}"


def room_of(module: str) -> str:
    """The folder that a module lies in; a module beside folders of code is a room of its own."""
    place = ROOT / module.replace(".", "/")
    folder, name = (place, "__init__") if place.is_dir() else (place.parent, place.name)
    room = ".".join(folder.relative_to(ROOT).parts)
    return f"{room}.{name}" if any(folder.glob("*/__init__.py")) else room


def test_no_arrow_points_up() -> None:
    up = [
        line
        for importer, imported, line in imports()
        if imported.partition(".")[0] in ("bot", "trainer")
        and imported not in ("bot", "trainer")
        and importer != "bot"
        and level_of(imported) < level_of(importer)
    ]
    assert not up, "\n".join(up)


def test_no_rooms_import_each_other_in_a_circle() -> None:
    below: dict[str, set[str]] = defaultdict(set)
    lines: dict[tuple[str, str], str] = {}
    for importer, imported, line in imports():
        if imported.partition(".")[0] in ("bot", "trainer"):
            one, other = room_of(importer), room_of(imported)
            if one != other:
                below[one].add(other)
                lines.setdefault((one, other), line)
    try:
        TopologicalSorter(below).prepare()
    except CycleError as error:
        # Its path goes from what is imported to who imports it.
        steps = [lines[importer, imported] for imported, importer in pairwise(error.args[1])]
        pytest.fail("\n".join(["these import each other in a circle:", *steps]))


def test_only_the_engine_and_the_trainer_import_mlx() -> None:
    heavy = [
        line
        for importer, imported, line in imports()
        if imported.partition(".")[0] in ("mlx", "mlx_lm")
        and not importer.startswith(tuple(f"{room}." for room in MLX_ROOMS))
    ]
    assert not heavy, "\n".join(heavy)


def test_no_folder_is_too_full() -> None:
    folders: dict[str, int] = defaultdict(int)
    for top in ("bot", "trainer"):
        for file in (ROOT / top).rglob("*.py"):
            if file.name != "__init__.py":
                folders[str(file.parent.relative_to(ROOT))] += 1
    full = {folder: count for folder, count in folders.items() if count > MOST_MODULES}
    assert not full
