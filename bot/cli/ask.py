"""The commands `ask`, `compare` and `teach`."""

import getpass
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click
from rich.columns import Columns
from rich.panel import Panel
from rich.text import Text

from bot.answers.questions import Question, Reply
from bot.answers.source_words import BASE, UNTAUGHT, own_words, sureness
from bot.cli.context import Context, ReadableFile, cli, command
from bot.cli.question_file import answered_rows
from bot.errors import InputError
from bot.lessons.reviews.freshness import Freshness
from bot.lessons.scoping import scope_word
from bot.lessons.teaching import Lesson, OnConflict, Taught
from bot.privacy.consent import CHANNEL as CHANNEL_ID
from bot.settings import MEMBER
from bot.store.examples.scope import EVERYONE, Scope
from trainer.jsonl import line

UNDECIDED = {
    "contradiction": "Another answer is taught already; nothing was changed.",
    "sensitive": "Nothing was stored.",
    "no_answer": "Nothing was stored.",
}
NO_ANSWER = "That says only that nobody knows. Learn it as the answer?"
FILE = ReadableFile()
CHANNEL = "cli"
"""Where questions of the command line are asked; without a thread, so that none knows another."""


def person() -> str:
    """Returns the author of lessons from this terminal: the user's name, else `terminal`."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        return "terminal"
    # Whoever sits here is no member of Slack, though a name such as UWE has the form of an id.
    return name.lower() if MEMBER.fullmatch(name) else name


def whom(_context: click.Context, _parameter: click.Parameter, value: str) -> Scope:
    """Returns the scope that an option or an argument names.

    Raises:
        BadParameter: it is neither everyone, nor the id of a channel or a person.
    """
    if value == "everyone":
        return EVERYONE
    if CHANNEL_ID.fullmatch(value):
        return Scope("channel", value)
    if MEMBER.fullmatch(value):
        return Scope("person", value)
    raise click.BadParameter(
        f"'{value}' is neither everyone nor the id of a channel (C0123ABCD) or a person (U0123ABCD)"
    )


@command(cli)
@click.argument("text", required=False)
@click.option("--adapter", default="latest", help="base, latest or a version.", show_default=True)
@click.option("--file", type=FILE, help="JSON Lines with a `prompt` each, answered line by line.")
def ask(context: Context, text: str | None, adapter: str, file: Path | None) -> None:
    """Ask the bot one question, or all of a file."""
    if (text is None) == (file is None):
        raise click.UsageError("Give either TEXT or --file FILE.")

    def answer(question: str) -> Reply:
        return context.assistant.ask(Question(question, person(), CHANNEL, source="cli"), adapter)

    looked_for = adapter != "base" and context.settings.examples.recall != "off"
    if text is not None:
        if looked_for:
            context.read_lessons()
        reply = answer(text)
        context.emit(reply, lambda: _show(reply, Freshness(context.settings)))
    elif file is not None and (content := file.read_bytes()).strip():
        _ = context.assistant  # an engine that does not start is no matter of a single row
        if looked_for:
            context.read_lessons()
        for row in answered_rows(content, answer):
            click.echo(line(row), nl=False)


def _show(reply: Reply, freshness: Freshness) -> None:
    """Prints an answer, and on a terminal where it comes from."""
    click.echo(reply.text)
    if sys.stdout.isatty():
        click.secho(_origin(reply, freshness), dim=True)


def _origin(reply: Reply, freshness: Freshness) -> str:
    """Says in a line where an answer comes from."""
    lessons = [
        ", ".join(filter(None, (f"taught by {lesson.author}, lesson {lesson.id}", since)))
        for lesson, since in ((each, freshness.since(each)) for each in reply.lessons)
    ]
    parts = [UNTAUGHT]
    if reply.quoted and reply.source == "taught":
        parts = lessons
    elif reply.source == "taught":
        checked, *told = (f"what was {lesson}" for lesson in lessons)
        parts = [reply.adapter or BASE, f"checked against {checked}"]
        parts += [f"told {lesson}" for lesson in told]
    elif reply.source == "near":
        parts.append(f"the nearest lesson was {lessons[0]}")
    elif reply.source == "model":
        told = [f"told what was {lesson}" for lesson in lessons]
        parts = [own_words(reply.adapter, known=reply.known), *told]
    sure = sureness(reply.source, reply.confidence if reply.known else None)
    return " · ".join(filter(None, [*parts, sure]))


@command(cli)
@click.argument("text")
@click.option("--adapter", default="latest", help="latest or a version.", show_default=True)
def compare(context: Context, text: str, adapter: str) -> None:
    """Ask the base model and an adapter the same question."""
    question = Question(text, person(), CHANNEL, source="cli")
    both = context.assistant.compare(question, adapter)
    document = {
        "prompt": both.prompt,
        "base": {"text": both.base.text},
        "tuned": {"text": both.tuned.text, "adapter": both.tuned.adapter},
        "seconds": both.seconds,
    }

    def show() -> None:
        tuned = f"tuned ({both.tuned.adapter})" if both.tuned.adapter else "tuned (no adapter yet)"
        panels = (
            Panel(Text(both.base.text), title="base", expand=True),
            Panel(Text(both.tuned.text), title=Text(tuned), expand=True),
        )
        context.terminal.print(Columns(panels, equal=True, expand=True))

    context.emit(document, show)


@command(cli)
@click.argument("prompt")
@click.argument("completion")
@click.option(
    "--on-conflict",
    type=click.Choice(["replace", "keep", "ask"]),
    help="What to do about another answer to the same question [ask on a terminal, else replace].",
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day it is true.")
@click.option(
    "--for",
    "scope",
    default="everyone",
    show_default=True,
    callback=whom,
    metavar="WHOM",
    help="everyone, or the id of a channel or a person: told only there, and not trained.",
)
def teach(
    context: Context,
    prompt: str,
    completion: str,
    on_conflict: OnConflict | None,
    until: datetime | None,
    scope: Scope,
) -> None:
    """Teach the bot an answer; it is learned in the next night."""
    asking = sys.stdin.isatty() and not context.as_json
    lesson = Lesson(
        prompt,
        completion,
        person(),
        expires_on=until.date().isoformat() if until else None,
        scope=scope,
        redaction="ask" if asking else "accept",
        sure=not asking,
    )
    choice = on_conflict or ("ask" if asking else "replace")
    taught = context.curation.learn(lesson, choice)
    if taught.status == "sensitive" and _accepts(taught):
        lesson = replace(lesson, redaction="accept")
        taught = context.curation.learn(lesson, choice)
    if taught.status == "no_answer" and click.confirm(NO_ANSWER):
        lesson = replace(lesson, sure=True)
        taught = context.curation.learn(lesson, choice)
    if taught.status == "contradiction" and asking:
        taught = _settle(context, lesson, taught)
    whose = taught.scope or scope
    document = {
        "id": taught.id,
        "status": taught.status,
        "errors": taught.errors,
        "replaced": taught.replaced,
        "redacted": taught.redacted,
        "conflicts": [conflict.id for conflict in taught.conflicts],
        "scope": whose.kind,
        "scope_id": whose.id,
    }
    if taught.id is None:
        why = "; ".join(taught.errors) or UNDECIDED[taught.status]
        if context.as_json:
            context.emit(document, "")
            click.echo(f"nightschool: {why}", err=True)
            raise SystemExit(1)
        raise InputError(why)
    context.emit(document, _said(taught))


def _said(taught: Taught) -> str:
    """Says in a few sentences what became of a lesson."""
    learned = f"Example {taught.id} is in the next night's lessons."
    if taught.scope is not None and taught.scope.private:
        learned = (
            f"Example {taught.id} is for {scope_word(taught.scope)} ({taught.scope.id}): it is told"
            " only there, and not trained."
        )
    words = {
        "approved": learned,
        "duplicate": f"Example {taught.id} says the same already.",
        "pending": f"Example {taught.id} waits for approval.",
        "quarantined": f"Example {taught.id} is kept back until somebody approves it.",
    }
    sentence = words.get(taught.status, taught.status)
    if taught.replaced:
        sentence += f" It replaces example {', '.join(map(str, taught.replaced))}."
    if taught.redacted:
        sentence += f" Taken out before it was stored: {', '.join(taught.redacted)}."
        sentence += " A word in brackets is said instead."
    return sentence


def _accepts(taught: Taught) -> bool:
    """Asks whether a lesson is stored without what was found in it."""
    click.echo(f"This is not stored: {', '.join(taught.redacted)}. The lesson would say:")
    click.echo(" => ".join(taught.preview or ()))
    return click.confirm("Store it so?")


def _settle(context: Context, lesson: Lesson, taught: Taught) -> Taught:
    """Asks what to do about other answers to the question, and does it unless that is `cancel`."""
    for conflict in taught.conflicts:
        click.echo(f"Example {conflict.id} answers: {conflict.prompt} => {conflict.completion}")
    choice = click.prompt(
        "Replace it, keep both, or cancel?",
        type=click.Choice(["replace", "keep", "cancel"]),
        default="cancel",
    )
    if choice == "cancel":
        return taught
    return context.curation.settle(
        lesson, taught.conflicts, "replace" if choice == "replace" else "keep"
    )
