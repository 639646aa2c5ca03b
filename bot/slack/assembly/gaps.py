"""The parts that list gaps."""

from bot.permissions import Rights
from bot.slack.assembly.feature import Context, Feature
from bot.slack.gaps.listing import AskButton, GapLists


def gaps(context: Context, ask: AskButton = lambda _gap: None) -> Feature:
    """Makes them; `ask` makes the button that asks somebody about a gap."""
    store, settings = context.store, context.settings
    rights = Rights(store, settings)
    lists = GapLists(store, rights, settings.examples, context.workspace.client, ask)
    return Feature(listeners=[lists], subcommands={"gaps": lists.command}, home=[lists.home])
