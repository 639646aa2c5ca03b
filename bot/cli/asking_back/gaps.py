"""The command `gaps`: what was asked and nobody has taught, and what is done about it.

Whoever sits at the machine sees all of it, also what was asked in private.
"""

from contextlib import suppress
from typing import Any

import click
from rich.table import Table

from bot.cli.ask import person
from bot.cli.context import NUMBER, Context, cli, command
from bot.errors import InputError, NotFoundError
from bot.feedback.gaps.finder import GapFinder
from bot.feedback.gaps.wording import reasons
from bot.lessons.scoping import default_scope
from bot.lessons.teaching import Lesson
from bot.store import Store
from bot.store.examples.scope import CONSOLE, EVERYONE, PUBLIC, Audience, Scope
from bot.store.questions.gaps import Gap

NOTHING = "Nothing that was asked waits for an answer."
USAGE = "Write `gaps`, `gaps dismiss ID`, or `gaps teach ID ANSWER`."
LOOKS = 40
"""So many times some hundred answers are read at most; the running bot reads the rest."""


@command(cli)
@click.argument("words", nargs=-1, metavar="[dismiss ID | teach ID ANSWER]")
@click.option("--limit", type=NUMBER, default=20, show_default=True, help="How many at most.")
def gaps(context: Context, words: tuple[str, ...], limit: int) -> None:
    """List what was asked and nobody has taught; dismiss it, or teach it."""
    store = context.store
    # By words alone, so that no model is started for a list; a running bot compares by meaning.
    finder = GapFinder(store, None, context.settings)
    for _ in range(LOOKS):
        if not finder.look():
            break
    match words:
        case ():
            _list(context, store.gaps.open(None, limit))
        case ("dismiss", number):
            gap = store.gaps.get(_number(number), None)
            if not store.gaps.dismiss(gap.id, person()):
                raise InputError(f"Gap {gap.id} is {gap.status} already.")
            context.emit({"id": gap.id, "status": "dismissed"}, f"Gap {gap.id} is dismissed.")
        case ("teach", number, answer):
            _teach(context, store.gaps.get(_number(number), None), answer)
        case _:
            raise click.UsageError(USAGE)


def _list(context: Context, found: list[Gap]) -> None:
    store = context.store

    def table() -> None:
        rows = Table("id", "question", "people", "asked", "last", "why", "nearest lesson")
        for gap in found:
            nearest = str(gap.nearest) if gap.nearest else ""
            figures = (str(gap.people), str(gap.asked), gap.last_asked[:10], reasons(gap), nearest)
            rows.add_row(str(gap.id), " ".join(gap.question.split())[:200], *figures)
        context.terminal.print(rows if found else NOTHING)

    context.emit({"gaps": [_document(store, gap) for gap in found]}, table)


def _document(store: Store, gap: Gap) -> dict[str, Any]:
    nearest = store.examples.get(gap.nearest) if gap.nearest else None
    return {
        "id": gap.id,
        "questions": [gap.question, *gap.wordings],
        "asked": gap.asked,
        "people": gap.people,
        "nearest": {"id": nearest.id, "prompt": nearest.prompt} if nearest else None,
        "last_asked": gap.last_asked,
        "reasons": list(gap.reasons),
        "status": gap.status,
    }


def _teach(context: Context, gap: Gap, answer: str) -> None:
    """Teaches the answer to a gap for those who asked, and closes the gap."""
    scope = _scope(context.store, gap)
    question = _question(context.store, gap, scope)
    lesson = Lesson(question, answer, person(), scope=scope)
    taught = context.curation.learn(lesson, "ask")
    if taught.status not in ("approved", "duplicate", "pending") or taught.id is None:
        why = "; ".join(taught.errors) or "another answer is taught, or this one says nothing"
        raise InputError(f"Nothing was stored ({why}): see `nightschool teach --help`.")
    closed = context.store.gaps.close(gap.id, taught.id, person())
    document = {"id": gap.id, "lesson": taught.id, "status": "closed" if closed else gap.status}
    context.emit(document, f"Lesson {taught.id} is taught; gap {gap.id} is {document['status']}.")


def _question(store: Store, gap: Gap, scope: Scope) -> str:
    """Returns the wording that is taught: to everyone none that was asked in private."""
    if scope.private:
        return gap.question
    for audience in (PUBLIC, Audience(person=CONSOLE)):
        with suppress(NotFoundError):
            return store.gaps.get(gap.id, audience).question
    return gap.question


def _scope(store: Store, gap: Gap) -> Scope:
    """Returns whom an answer is for: everyone, where somebody asked in public or at the machine."""
    scopes = {
        default_scope(store, place.channel if place.source == "slack" else None, place.person)
        for place in store.gaps.waiting(gap.id, None)
    }
    if EVERYONE in scopes or not scopes:
        return EVERYONE
    if len(scopes) > 1:
        raise InputError(
            "It was asked in several private places: teach it with `nightschool teach --for`."
        )
    return scopes.pop()


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004  fits a column
        raise click.UsageError(f"'{text}' is not the id of a gap: `gaps` lists them.")
    return int(text)
