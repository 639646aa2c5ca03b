"""Makes every part of the bot in Slack once, and gives each the dependencies that it needs."""

import threading
from dataclasses import dataclass
from functools import partial

from slack_bolt import App
from slack_sdk import WebClient

from bot.answers.assistant import Assistant
from bot.feedback.comparisons import ComparisonVotes
from bot.feedback.message_changes import MessageChanges
from bot.feedback.open_questions import Decisions
from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.review import ReviewBySize
from bot.nights.runner import NightRunner
from bot.operations.status import status
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.slack import installation
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
from bot.slack.answers.comparison import ModelComparisons
from bot.slack.answers.conversation import Conversation
from bot.slack.answers.delivery import AnswerDelivery
from bot.slack.answers.footer import ReplyFooter
from bot.slack.answers.generation import GeneratedAnswers
from bot.slack.answers.intake import AnsweredPeople, MessageIntake
from bot.slack.answers.message_edits import MessageEdits
from bot.slack.answers.streaming import StreamingContext
from bot.slack.answers.thread_context import ThreadContext
from bot.slack.app import Listeners, build_app
from bot.slack.feedback.ratings import RatingRecorder
from bot.slack.feedback.reactions import ReactionRatings
from bot.slack.lessons.confirmation import Confirmations
from bot.slack.lessons.corrections import Corrections
from bot.slack.lessons.edits import LessonEdits
from bot.slack.lessons.from_command import TypedLessons
from bot.slack.lessons.from_message import MessageLessons
from bot.slack.lessons.lesson_access import LessonAccess
from bot.slack.lessons.marked_messages import MarkedMessages
from bot.slack.lessons.message_source import MessageSource
from bot.slack.lessons.notices_sender import NoticesSender
from bot.slack.listeners.actions import LessonActions, RatingActions, TeachMeAction, VoteActions
from bot.slack.listeners.commands import (
    Commands,
    CompareCommand,
    NightschoolCommand,
    TeachCommand,
)
from bot.slack.listeners.events import HomeEvents, MessageEvents, ReactionEvents
from bot.slack.listeners.forms import TeachingForms, TeachThisShortcut
from bot.slack.messages.mrkdwn import Names
from bot.slack.messages.permalinks import Permalinks
from bot.slack.nights.commands import NightCommands
from bot.slack.nights.progress import NightProgress
from bot.slack.payloads.admission import Admission
from bot.slack.payloads.command import CommandHandler
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.conflicts import Conflicts
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.members import Members
from bot.slack.state.places import SlackPlaces
from bot.slack.state.threads import Threads
from bot.slack.state.user_groups import UserGroups
from bot.slack.transport.connection import sign_in
from bot.slack.transport.executors import Executors
from bot.slack.transport.rounds import Rounds
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
    admission: Admission
    closing: threading.Event
    """It is set when the service stops; nothing waits for Slack any longer then."""


@dataclass(frozen=True)
class _Workspace:
    """The client, and the state of the workspace that several packages share."""

    client: WebClient
    dispatcher: Dispatcher
    names: Members
    places: SlackPlaces
    admission: Admission
    threads: Threads
    in_flight: InFlightAnswers
    conflicts: Conflicts
    permalinks: Permalinks


@dataclass(frozen=True)
class _Answers:
    """The parts that answer questions, and their listeners."""

    delivery: AnswerDelivery
    comparisons: ModelComparisons
    listeners: list[Listeners]


@dataclass(frozen=True)
class _TeachingParts:
    """The parts that teach, and their listeners."""

    typed: TypedLessons
    listeners: list[Listeners]


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
    rounds = Rounds([ReviewBySize(store, settings).look, notices.deliver], closing)
    workspace = _Workspace(
        client,
        Dispatcher(store.handled_events, executors.quick, client, admission, rounds.soon),
        names,
        places,
        admission,
        Threads(client, store, identity.user),
        in_flight,
        Conflicts(store, rights, decisions),
        Permalinks(client, store),
    )
    streaming = StreamingContext(
        client,
        identity,
        in_flight,
        closing,
        team_of=names.team,
        channel_of=store.places.named,
    )
    registry = Registry(home.adapters)
    answers = _answers(settings, store, assistant, workspace, streaming, executors, registry)
    teaching = _teaching(settings, store, workspace)
    progress = NightProgress(store, registry, client, closing)
    night_commands = NightCommands(store, nights, Rights(store, settings), client, progress)
    admin = _admin(home, settings, store, workspace, night_commands)
    privacy = Privacy(store, settings)
    handlers: dict[str, CommandHandler] = {
        "/teach": TeachCommand(client, teaching.typed).command,
        "/compare": CompareCommand(privacy, client, in_flight, answers.comparisons).command,
        "/nightschool": admin.command.command,
    }
    listeners = [
        *answers.listeners,
        *teaching.listeners,
        Commands(workspace.names, handlers),
        *admin.listeners,
    ]
    app = build_app(workspace.dispatcher, executors.listeners, listeners)
    return SlackParts(
        app, executors, in_flight, answers.delivery, progress, rounds, admission, closing
    )


def _answers(
    settings: Settings,
    store: Store,
    assistant: Assistant,
    workspace: _Workspace,
    streaming: StreamingContext,
    executors: Executors,
    registry: Registry,
) -> _Answers:
    client, names, in_flight = workspace.client, workspace.names, workspace.in_flight
    threads, closing = workspace.threads, streaming.closing
    privacy = Privacy(store, settings)
    delivery = AnswerDelivery(
        store.pending_answers, client, names.own, in_flight, executors.slow, closing
    )
    comparisons = ModelComparisons(
        store,
        assistant,
        client,
        delivery,
        in_flight,
        closing,
        blind=settings.slack.blind_compare,
    )
    context = ThreadContext(client, store, privacy, names)
    footer = ReplyFooter(names, workspace.permalinks, registry)
    review = ReviewBySize(store, settings)
    generated = GeneratedAnswers(store, assistant, context, footer, review)
    conversation = Conversation(
        streaming, in_flight, names, threads, delivery, generated, comparisons
    )
    answered = AnsweredPeople(privacy, workspace.admission)
    intake = MessageIntake(
        answered,
        workspace.admission,
        client,
        workspace.dispatcher,
        threads,
        in_flight,
        conversation,
    )
    changes = MessageChanges(store, Curation(store, settings))
    edits = MessageEdits(store, changes, answered, client, in_flight, threads, conversation)
    votes = VoteActions(store, ComparisonVotes(store, settings), client)
    return _Answers(delivery, comparisons, [MessageEvents(intake, edits, workspace.places), votes])


def _teaching(settings: Settings, store: Store, workspace: _Workspace) -> _TeachingParts:
    client, names, conflicts = workspace.client, workspace.names, workspace.conflicts
    permalinks, limits = workspace.permalinks, settings.examples
    dispatcher, in_flight = workspace.dispatcher, workspace.in_flight
    curation, ratings = Curation(store, settings), ReplyRatings(store, settings)
    confirmations = Confirmations(store, Rights(store, settings))
    recorder = RatingRecorder(store, ratings, client, permalinks, confirmations)
    reactions = ReactionRatings(
        store,
        settings.feedback,
        client,
        dispatcher.quick,
        in_flight,
        recorder,
        workspace.admission,
    )
    corrections = Corrections(
        store, ratings, limits, client, dispatcher, conflicts, permalinks, confirmations
    )
    typed = TypedLessons(store, curation, limits, client, conflicts, confirmations)
    lessons = MessageLessons(store, curation, limits, client, conflicts, names, confirmations)
    source = MessageSource(client, names, permalinks)
    marked = MarkedMessages(store, curation, limits, client, source, corrections)
    listeners: list[Listeners] = [
        ReactionEvents(settings.feedback, reactions, marked),
        RatingActions(store, recorder, corrections),
        TeachMeAction(store, Privacy(store, settings), typed),
        LessonActions(client, conflicts, marked, lessons),
        TeachingForms(typed, corrections, lessons),
        TeachThisShortcut(marked),
    ]
    return _TeachingParts(typed, listeners)


@dataclass(frozen=True)
class _Admin:
    """The command `/nightschool`, and the listeners for its buttons."""

    command: NightschoolCommand
    listeners: list[Listeners]


def _admin(
    home: Home,
    settings: Settings,
    store: Store,
    workspace: _Workspace,
    nights: NightCommands,
) -> _Admin:
    client, names = workspace.client, workspace.names
    rights, registry = Rights(store, settings), Registry(home.adapters)
    read_status = partial(status, home, settings, store)
    help_ = HelpCommands(read_status, rights, client)
    adapters = AdapterCommands(store, registry, rights, client)
    curation, limits = Curation(store, settings), settings.examples
    confirmations, access = Confirmations(store, rights), LessonAccess(store, rights)
    scopes = LessonScopes(store, curation, rights, client)
    edits = LessonEdits(store, curation, limits, rights, client, access, confirmations)
    lessons = LessonCommands(store, curation, rights, client, names, access, scopes, edits)
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
    )
    channels = ChannelCommands(store, rights, client, listens=settings.slack.listen)
    subcommands: dict[str, CommandHandler] = {
        "status": help_.status,
        "examples": lessons.command,
        "lessons": lessons.command,
        "night": nights.command,
        "adapters": adapters.command,
        "why": Attribution(store, registry, client).command,
        "export": ExportCommand(store, rights, client).command,
        "channels": channels.command,
        "people": PeopleCommands(store, settings, rights, client, names).command,
        "forget": own_data.forget_me,
        "opt": own_data.opt,
        "help": help_.help,
    }
    proposals = Proposals(store, curation, access, client)
    listeners: list[Listeners] = [lessons, scopes, proposals, nights, adapters, own_data, app_home]
    listeners.append(HomeEvents(client, app_home, workspace.admission))
    return _Admin(NightschoolCommand(subcommands, help_.help), listeners)
