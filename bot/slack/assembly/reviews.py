"""Owners are asked whether their lessons still hold: the weekly messages and their buttons."""

from collections.abc import Callable

from slack_sdk.models.blocks import Block

from bot.lessons.curation import Curation
from bot.lessons.reviews.decisions import ReviewDecisions
from bot.lessons.reviews.due import DueLessons
from bot.permissions import Rights
from bot.slack.assembly.feature import Context, Feature
from bot.slack.lessons.confirmation import Confirmations
from bot.slack.lessons.edits import LessonEdits
from bot.slack.lessons.lesson_access import LessonAccess
from bot.slack.reviews.buttons import ReviewButtons
from bot.slack.reviews.messages import ON_HOME, home_blocks
from bot.slack.reviews.sender import ReviewSender


def reviews(context: Context) -> Feature:
    """Makes the feature."""
    store, settings, client = context.store, context.settings, context.workspace.client
    rights, curation = Rights(store, settings), Curation(store, settings)
    due = DueLessons(store, settings)
    access = LessonAccess(store, rights)
    decisions = ReviewDecisions(store, curation, rights, due.freshness)
    edits = LessonEdits(
        store,
        curation,
        settings.examples,
        rights,
        client,
        access,
        Confirmations(store, rights),
        decisions,
    )
    buttons = ReviewButtons(store, due, decisions, access, edits, client, context.redraw_home)
    sender = ReviewSender(store, due, client, context.workspace.names)
    return Feature(listeners=[buttons], home=[_home(due)], rounds=[sender.round])


def _home(due: DueLessons) -> Callable[[str], list[Block]]:
    """Returns the part of the Home tab with the due lessons of whoever sees it."""

    def blocks(user: str) -> list[Block]:
        return home_blocks(due.of_owner(user, ON_HOME), due.count_of(user), due.freshness)

    return blocks
