"""The parts that list gaps."""

from bot.permissions import Rights
from bot.slack.assembly.feature import Context, Feature
from bot.slack.gaps.listing import AskButton, GapLists


def gaps(context: Context, ask: AskButton = lambda _gap: None) -> Feature:
    """Makes them; `ask` makes the button that asks somebody about a gap."""
    store, settings = context.store, context.settings
    rights = Rights(store, settings)
    client, limits = context.workspace.client, settings.examples
    lists = GapLists(store, rights, limits, client, ask, context.redraw_home)
    return Feature(listeners=[lists], subcommands={"gaps": lists.command}, home=[lists.home])
