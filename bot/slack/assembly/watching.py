"""Watched channels, and answers without a mention: their parts."""

from bot.feedback.message_changes import MessageChanges
from bot.lessons.curation import Curation
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.slack.answers.intake import AnsweredPeople
from bot.slack.assembly.feature import Context, Feature
from bot.slack.assembly.teaching import TeachingParts
from bot.slack.transport.executors import Executors
from bot.slack.watching.decisions import ProposalActions
from bot.slack.watching.experts import ExpertWatch, Watchable
from bot.slack.watching.unasked import UnaskedAnswers, UnaskedParts


def watching(context: Context, teaching: TeachingParts, executors: Executors) -> Feature:
    """Makes them.

    Args:
        context: what features are made of.
        teaching: teaches what was proposed to a teacher.
        executors: run what finds a lesson, and what waits for the model.
    """
    workspace, store, settings = context.workspace, context.store, context.settings
    client, names, observers = workspace.client, workspace.names, workspace.observers
    privacy, rights = Privacy(store, settings), Rights(store, settings)
    watchable = Watchable(store, privacy, rights, workspace.admission)
    experts = ExpertWatch(store, settings.feedback, client, teaching.source, names, watchable)
    decisions = ProposalActions(
        store,
        settings.examples,
        client,
        teaching.source,
        teaching.messages,
        workspace.places,
        watchable,
    )
    unasked = UnaskedAnswers(
        UnaskedParts(
            store,
            context.assistant,
            client,
            names,
            workspace.in_flight,
            AnsweredPeople(privacy, workspace.admission),
            context.footer,
            MessageChanges(store, Curation(store, settings)),
            executors,
            context.streaming.closing,
            context.streaming.channel_of,
        )
    )
    observers.messages.extend([experts.hear, unasked.hear])
    observers.edits.append(unasked.revise)
    observers.reactions.append(experts.react)
    return Feature(listeners=[decisions], rounds=[experts.propose_waiting, unasked.tell_stricter])
