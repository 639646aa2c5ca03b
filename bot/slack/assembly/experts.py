"""The parts that ask experts and tell their answers."""

from bot.feedback.experts.answering import ExpertAnswers
from bot.feedback.experts.asking import ExpertAsking
from bot.feedback.gaps.finder import GapFinder
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.slack.assembly.feature import Context, Feature
from bot.slack.experts.actions import ExpertActions, Requests
from bot.slack.experts.commands import ExpertCommands
from bot.slack.experts.readers import Readers
from bot.slack.experts.sending import ExpertRequestsSender
from bot.slack.experts.telling import AnswerTeller


def experts(context: Context) -> Feature:
    """Makes them."""
    settings, store, engine = context.settings, context.store, context.assistant.engine
    workspace = context.workspace
    client, names, rights = workspace.client, workspace.names, Rights(store, settings)
    asking, answers = ExpertAsking(store, settings, engine), ExpertAnswers(store, settings)
    finder = GapFinder(store, engine, settings, retrieval=context.assistant.retrieval)
    readers = Readers(client, store, names, rights)
    sender = ExpertRequestsSender(store, client, asking, readers, names, workspace.permalinks)
    teller = AnswerTeller(store, client, names, context.footer, Privacy(store, settings))
    actions = ExpertActions(
        store,
        client,
        Requests(asking, answers, finder.ensure),
        names,
        workspace.conflicts,
        rights,
        context.redraw_home,
    )
    commands = ExpertCommands(store, asking.directory, settings.asking, rights, client, names)
    return Feature(
        listeners=[actions],
        subcommands={"experts": commands.command},
        rounds=[answers.look, sender.send, sender.update, sender.tell, teller.tell],
    )
