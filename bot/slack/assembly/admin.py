"""The command `/nightschool`, the Home tab, and the listeners for their buttons."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.reviews.decisions import ReviewDecisions
from bot.lessons.reviews.freshness import Freshness
from bot.operations.status import status
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.slack.admin.adapters import AdapterCommands
from bot.slack.admin.app_home import AppHome
from bot.slack.admin.attribution import Attribution
from bot.slack.admin.channels import ChannelCommands
from bot.slack.admin.export import ExportCommand
from bot.slack.admin.help_text import HelpCommands
from bot.slack.admin.lessons import LessonCommands
from bot.slack.admin.own_data import OwnDataCommands
from bot.slack.admin.people import PeopleCommands
from bot.slack.admin.proposals import Proposals
from bot.slack.admin.scopes import LessonScopes
from bot.slack.app import Listeners
from bot.slack.assembly.feature import Feature
from bot.slack.assembly.workspace import Workspace
from bot.slack.lessons.confirmation import Confirmations
from bot.slack.lessons.edits import LessonEdits
from bot.slack.lessons.lesson_access import LessonAccess
from bot.slack.listeners.commands import (
    NightschoolCommand,
)
from bot.slack.listeners.events import HomeEvents
from bot.slack.listeners.greetings import Greetings, InvitationEvents
from bot.slack.nights.commands import NightCommands
from bot.slack.payloads.command import CommandHandler
from bot.slack.reviews.hand_over import HandOver
from bot.slack.watching.switching import ChannelSwitches
from bot.store import Store
from trainer.adapters.registry import Registry


@dataclass(frozen=True)
class AdminParts:
    """The command `/nightschool`, and the listeners for its buttons."""

    command: NightschoolCommand
    listeners: list[Listeners]
    greetings: Greetings


def admin_parts(
    home: Home,
    settings: Settings,
    store: Store,
    workspace: Workspace,
    nights: NightCommands,
    features: Sequence[Feature],
) -> AdminParts:
    """Makes them; the features bring their own subcommands and sections of the Home tab."""
    client, names = workspace.client, workspace.names
    rights, registry = Rights(store, settings), Registry(home.adapters)
    read_status = partial(status, home, settings, store)
    help_ = HelpCommands(read_status, rights, client)
    adapters = AdapterCommands(store, registry, rights, client)
    curation, limits = Curation(store, settings), settings.examples
    confirmations, access = Confirmations(store, rights), LessonAccess(store, rights)
    scopes = LessonScopes(store, curation, rights, client)
    freshness = Freshness(settings)
    decisions = ReviewDecisions(store, curation, rights, freshness)
    edits = LessonEdits(store, curation, limits, rights, client, access, confirmations, decisions)
    lessons = LessonCommands(store, curation, rights, client, names, access, scopes, edits)
    hand_over = HandOver(decisions, access, rights, client, names, lessons.command)
    own_data = OwnDataCommands(
        home,
        store,
        settings.slack,
        client,
        workspace.in_flight,
        workspace.threads,
    )
    app_home = AppHome(
        read_status,
        store,
        registry,
        rights,
        client,
        lessons,
        workspace.conflicts,
        [section for feature in features for section in feature.home],
    )
    workspace.observers.home.append(app_home.publish)
    switches = ChannelSwitches(store, Privacy(store, settings), client)
    channels = ChannelCommands(store, rights, client, switches, listens=settings.slack.listen)
    subcommands: dict[str, CommandHandler] = {
        "status": help_.status,
        "examples": hand_over.command,
        "lessons": hand_over.command,
        "night": nights.command,
        "adapters": adapters.command,
        "why": Attribution(store, registry, client, freshness).command,
        "export": ExportCommand(store, rights, client).command,
        "channels": channels.command,
        "people": PeopleCommands(store, settings, rights, client, names).command,
        "forget": own_data.forget_me,
        "opt": own_data.opt,
        "help": help_.help,
    }
    for feature in features:
        subcommands.update(feature.subcommands)
    proposals = Proposals(store, curation, access, client)
    listeners: list[Listeners] = [lessons, scopes, proposals, nights, adapters, own_data, app_home]
    greetings = Greetings(store, settings, client, names, workspace.places)
    listeners.append(HomeEvents(client, app_home, workspace.admission, greetings))
    listeners.append(InvitationEvents(greetings, names.own))
    return AdminParts(NightschoolCommand(subcommands, help_.help), listeners, greetings)
