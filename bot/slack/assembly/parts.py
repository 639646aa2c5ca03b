"""Makes every part of the bot in Slack once, and gives each the dependencies that it needs."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from slack_bolt import App
from slack_sdk import WebClient

from bot.answers.assistant import Assistant
from bot.feedback.experts.asking import ExpertAsking
from bot.feedback.open_questions import Decisions
from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.review import ReviewBySize
from bot.nights.runner import NightRunner
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.slack import installation
from bot.slack.answers.delivery import AnswerDelivery
from bot.slack.answers.streaming import StreamingContext
from bot.slack.app import build_app
from bot.slack.assembly.admin import admin_parts
from bot.slack.assembly.answering import answer_parts
from bot.slack.assembly.benefits import benefits
from bot.slack.assembly.experts import experts
from bot.slack.assembly.feature import Context, Feature
from bot.slack.assembly.gaps import gaps
from bot.slack.assembly.reviews import reviews
from bot.slack.assembly.teaching import TeachingParts, teaching_parts
from bot.slack.assembly.watching import watching
from bot.slack.assembly.workspace import Workspace
from bot.slack.experts.buttons import ask_somebody
from bot.slack.gaps.listing import AskButton
from bot.slack.lessons.notices_sender import NoticesSender
from bot.slack.listeners.commands import (
    Commands,
    CompareCommand,
    TeachCommand,
)
from bot.slack.listeners.sessions import StopEvents
from bot.slack.messages.mrkdwn import Names
from bot.slack.messages.permalinks import Permalinks
from bot.slack.messages.posting import Place
from bot.slack.nights.commands import NightCommands
from bot.slack.nights.progress import NightProgress
from bot.slack.payloads.admission import Admission
from bot.slack.payloads.command import CommandHandler
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.conflicts import Conflicts
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.members import Members
from bot.slack.state.pacing import StreamingState
from bot.slack.state.places import SlackPlaces
from bot.slack.state.sessions import AgentSessions
from bot.slack.state.threads import Threads
from bot.slack.state.user_groups import UserGroups
from bot.slack.transport.connection import sign_in
from bot.slack.transport.executors import Executors
from bot.slack.transport.pacing.client import pacer_of
from bot.slack.transport.rounds import Rounds
from bot.slack.transport.teams import keep_to
from bot.store import Store
from trainer.adapters.registry import Registry


@dataclass(frozen=True)
class SlackParts:
    """The app, and the parts that the service starts and stops."""

    app: App
    executors: Executors
    in_flight: InFlightAnswers
    delivery: AnswerDelivery
    progress: NightProgress
    rounds: Rounds
    sessions: AgentSessions
    admission: Admission
    closing: threading.Event
    """It is set when the service stops; nothing waits for Slack any longer then."""


def assemble(
    home: Home,
    settings: Settings,
    store: Store,
    assistant: Assistant,
    nights: NightRunner,
    client: WebClient,
    executors: Executors,
) -> SlackParts:
    """Makes all parts; calls Slack to learn the bot's own user id.

    Raises:
        SettingsError: Slack refuses the bot token.
        NightschoolError: Slack cannot be reached.
        BoltError: Bolt does not take the token.
    """
    closing = threading.Event()
    identity = sign_in(client)
    installation.warn(identity.scopes)
    in_flight = InFlightAnswers(store)
    names = Members(client, store, identity.user, identity.team)
    places = SlackPlaces(client, store)
    names.mentioned = Names(names.name, places.name, UserGroups(client).name)
    rights, curation = Rights(store, settings), Curation(store, settings)
    admission = Admission(names, places, rights)
    decisions = Decisions(store, settings, curation, ReplyRatings(store, settings))
    notices = NoticesSender(store, client, names)
    tasks: list[Callable[[], object]] = [ReviewBySize(store, settings).look, notices.deliver]
    rounds = Rounds(tasks, closing)
    workspace = Workspace(
        client,
        Dispatcher(
            store.handled_events,
            executors.quick,
            client,
            admission,
            rounds.soon,
            executors.hearing,
        ),
        names,
        places,
        admission,
        Threads(client, store, identity.user),
        in_flight,
        Conflicts(store, rights, decisions),
        Permalinks(client, store),
    )
    sessions = AgentSessions(client, rounds.soon)
    in_flight.on_idle = sessions.end
    for note in store.pending_answers.all():  # of a process that has ended before this one
        sessions.left(Place(note.channel, note.thread))
    tasks.append(sessions.settle)
    streaming = StreamingContext(
        client,
        identity,
        in_flight,
        closing,
        sessions,
        StreamingState(pacer=pacer_of(client)),
        team_of=names.team,
        channel_of=store.places.named,
    )
    registry = Registry(home.adapters)
    answers = answer_parts(settings, store, assistant, workspace, streaming, executors, registry)
    teaching = teaching_parts(settings, store, workspace)
    context = Context(
        home,
        settings,
        store,
        assistant,
        nights,
        registry,
        workspace,
        streaming,
        answers.footer,
    )
    features = _features(context, teaching, executors)
    tasks += [task for feature in features for task in feature.rounds]
    progress = NightProgress(store, registry, client, closing)
    night_commands = NightCommands(store, nights, Rights(store, settings), client, progress)
    admin = admin_parts(home, settings, store, workspace, night_commands, features)
    tasks.append(admin.greetings.settle)
    privacy = Privacy(store, settings)
    handlers: dict[str, CommandHandler] = {
        "/teach": TeachCommand(client, teaching.typed).command,
        "/compare": CompareCommand(privacy, client, in_flight, answers.comparisons).command,
        "/nightschool": admin.command.command,
    }
    listeners = [
        *answers.listeners,
        *teaching.listeners,
        StopEvents(in_flight, sessions),
        Commands(workspace.names, handlers),
        *admin.listeners,
        *(listener for feature in features for listener in feature.listeners),
    ]
    app = build_app(workspace.dispatcher, executors.listeners, listeners)
    keep_to(app, identity.team)
    return SlackParts(
        app, executors, in_flight, answers.delivery, progress, rounds, sessions, admission, closing
    )


def _features(context: Context, teaching: TeachingParts, executors: Executors) -> list[Feature]:
    """Makes the features, in the order in which they stand on the Home tab."""
    return [
        gaps(context, _ask_button(context)),
        experts(context),
        reviews(context),
        benefits(context),
        watching(context, teaching, executors),
    ]


def _ask_button(context: Context) -> AskButton:
    """Returns what makes the button that asks somebody about a gap, where anybody can be asked."""
    asking = ExpertAsking(context.store, context.settings, context.assistant.engine)
    return lambda gap: ask_somebody(gap_id=gap) if asking.possible() else None
