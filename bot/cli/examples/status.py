"""The commands `examples approve`, `reject`, `withdraw` and `scope`, which change one lesson."""

import click

from bot.cli.ask import person, whom
from bot.cli.context import NUMBER, Context, command
from bot.cli.examples.group import examples
from bot.cli.examples.listing import for_whom
from bot.lessons.teaching import clean
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
