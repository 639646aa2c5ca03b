"""The commands that change one lesson: its status, whom it is for, its owner, its interval."""

import click

from bot.cli.ask import person, whom
from bot.cli.context import NUMBER, Context, command
from bot.cli.examples.group import examples
from bot.cli.examples.listing import for_whom
from bot.lessons.reviews.decisions import ReviewDecisions
from bot.lessons.reviews.freshness import Freshness
from bot.lessons.teaching import LONGEST_INTERVAL, clean
from bot.permissions import Rights
from bot.store import Example
from bot.store.examples.scope import Scope


@command(examples)
@click.argument("identifier", metavar="ID", type=NUMBER)
@click.argument("scope", metavar="WHOM", callback=whom)
def scope(context: Context, identifier: int, scope: Scope) -> None:
    """Change whom an example is for: everyone, or the id of a channel or a person."""
    example = context.curation.rescope(identifier, scope, person(), None)
    sentence = f"Example {example.id} is for {for_whom(example)}."
    if example.status == "pending":
        sentence += " It waits for approval."
    if scope.private:
        sentence += " Adapters that learned it keep it until the next night."
    document = {
        "id": example.id,
        "status": example.status,
        "scope": example.scope,
        "scope_id": example.scope_id,
    }
    context.emit(document, sentence)


@command(examples)
@click.argument("identifier", metavar="ID", type=NUMBER)
def confirm(context: Context, identifier: int) -> None:
    """Say that an example still holds."""
    _decisions(context).confirm(identifier, person())
    context.emit({"id": identifier, "confirmed": True}, f"Example {identifier} is confirmed.")


@command(examples)
@click.argument("identifier", metavar="ID", type=NUMBER)
@click.argument("owner", metavar="PERSON")
def owner(context: Context, identifier: int, owner: str) -> None:
    """Hand an example over to the member with this id, who is asked whether it still holds."""
    example = _decisions(context).hand_over(identifier, owner, person(), lambda *_: False)
    sentence = f"Example {example.id} is owned by {example.owned_by}."
    context.emit({"id": example.id, "owner": example.owned_by}, sentence)


@command(examples)
@click.argument("identifier", metavar="ID", type=NUMBER)
@click.argument("days", metavar="DAYS", type=click.IntRange(0, LONGEST_INTERVAL))
def interval(context: Context, identifier: int, days: int) -> None:
    """Have the owner of an example asked about it every DAYS days; 0 stands for never."""
    example = _decisions(context).set_interval(identifier, days, person())
    every = f"every {days} days" if days else "never"
    sentence = f"Example {example.id} is to be confirmed {every}."
    context.emit({"id": example.id, "review_days": example.review_days}, sentence)


def _decisions(context: Context) -> ReviewDecisions:
    rights = Rights(context.store, context.settings)
    freshness = Freshness(context.settings)
    return ReviewDecisions(context.store, context.curation, rights, freshness)


def _status_command(name: str, done: str) -> None:
    @command(examples, name)
    @click.argument("identifier", metavar="ID", type=NUMBER)
    @click.option("--why", help="Kept in the example's history.")
    def change(context: Context, identifier: int, why: str | None) -> None:
        act = getattr(context.curation, name)
        # A reason is kept like a lesson: without secrets and personal data.
        kept = clean(why, context.settings.examples)[0] if why else None
        example: Example = act(identifier, person(), kept)
        context.emit(
            {"id": example.id, "status": example.status}, f"Example {example.id} is {done}."
        )

    change.help = f"{name.capitalize()} one example."


for _name, _done in (("approve", "approved"), ("reject", "rejected"), ("withdraw", "withdrawn")):
    _status_command(_name, _done)
