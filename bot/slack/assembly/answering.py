"""The parts that answer questions, and their listeners."""

from dataclasses import dataclass

from bot.answers.assistant import Assistant
from bot.feedback.comparisons import ComparisonVotes
from bot.feedback.experts.asking import ExpertAsking
from bot.feedback.message_changes import MessageChanges
from bot.lessons.curation import Curation
from bot.lessons.review import ReviewBySize
from bot.lessons.reviews.freshness import Freshness
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.slack.answers.comparison import ModelComparisons
from bot.slack.answers.conversation import Conversation
from bot.slack.answers.delivery import AnswerDelivery
from bot.slack.answers.footer import ReplyFooter
from bot.slack.answers.generation import GeneratedAnswers
from bot.slack.answers.intake import AnsweredPeople, MessageIntake
from bot.slack.answers.message_edits import MessageEdits
from bot.slack.answers.streaming import StreamingContext
from bot.slack.answers.thread_context import ThreadContext
from bot.slack.app import Listeners
from bot.slack.assembly.workspace import Workspace
from bot.slack.listeners.actions import VoteActions
from bot.slack.listeners.events import MessageEvents
from bot.slack.transport.executors import Executors
from bot.store import Store
from trainer.adapters.registry import Registry


@dataclass(frozen=True)
class AnswerParts:
    """The parts that answer questions, and their listeners."""

    delivery: AnswerDelivery
    comparisons: ModelComparisons
    footer: ReplyFooter
    listeners: list[Listeners]


def answer_parts(
    settings: Settings,
    store: Store,
    assistant: Assistant,
    workspace: Workspace,
    streaming: StreamingContext,
    executors: Executors,
    registry: Registry,
) -> AnswerParts:
    """Makes them."""
    client, names, in_flight = workspace.client, workspace.names, workspace.in_flight
    threads, closing = workspace.threads, streaming.closing
    privacy = Privacy(store, settings)
    delivery = AnswerDelivery(
        store.pending_answers, client, names.own, in_flight, executors, closing
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
    asking = ExpertAsking(store, settings, assistant.engine)
    footer = ReplyFooter(
        names, workspace.permalinks, registry, Freshness(settings), asking.possible
    )
    review = ReviewBySize(store, settings)
    generated = GeneratedAnswers(
        store,
        assistant,
        context,
        footer,
        review,
        busy=lambda: executors.busy,
    )
    conversation = Conversation(
        streaming,
        in_flight,
        names,
        threads,
        delivery,
        generated,
        comparisons,
        workspace.dispatcher.later,
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
    observers = workspace.observers
    edits = MessageEdits(
        store, changes, answered, client, in_flight, threads, conversation, observers
    )
    votes = VoteActions(store, ComparisonVotes(store, settings), client)
    return AnswerParts(
        delivery,
        comparisons,
        footer,
        [MessageEvents(intake, edits, workspace.places, observers), votes],
    )
