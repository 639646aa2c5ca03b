"""The parts that teach, and their listeners."""

from dataclasses import dataclass

from bot.feedback.ratings import ReplyRatings
from bot.lessons.curation import Curation
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.slack.app import Listeners
from bot.slack.assembly.workspace import Workspace
from bot.slack.feedback.ratings import RatingRecorder
from bot.slack.feedback.reactions import ReactionRatings
from bot.slack.lessons.confirmation import Confirmations
from bot.slack.lessons.corrections import Corrections
from bot.slack.lessons.from_command import TypedLessons
from bot.slack.lessons.from_message import MessageLessons
from bot.slack.lessons.marked_messages import MarkedMessages
from bot.slack.lessons.message_source import MessageSource
from bot.slack.listeners.actions import LessonActions, RatingActions, TeachMeAction
from bot.slack.listeners.events import ReactionEvents
from bot.slack.listeners.forms import TeachingForms, TeachThisShortcut
from bot.store import Store


@dataclass(frozen=True)
class TeachingParts:
    """The parts that teach, and their listeners."""

    typed: TypedLessons
    messages: MessageLessons
    source: MessageSource
    listeners: list[Listeners]


def teaching_parts(settings: Settings, store: Store, workspace: Workspace) -> TeachingParts:
    """Makes them."""
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
        ReactionEvents(settings.feedback, reactions, marked, workspace.observers),
        RatingActions(store, recorder, corrections),
        TeachMeAction(store, Privacy(store, settings), typed),
        LessonActions(client, conflicts, marked, lessons),
        TeachingForms(typed, corrections, lessons),
        TeachThisShortcut(marked),
    ]
    return TeachingParts(typed, lessons, source, listeners)
