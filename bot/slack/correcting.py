"""The form "What should I have said?", and what comes of it."""

from bot.feedback import Taught
from bot.lessons import OnConflict
from bot.slack import blocks
from bot.slack.forms import Correction, correction_form
from bot.slack.links import keep_link
from bot.slack.posting import Piece
from bot.slack.services import Services
from bot.slack.whispering import Ear


def open_form(services: Services, ear: Ear, trigger: str, reply_id: int) -> None:
    """Opens the form; an earlier correction of the same person stands in it.

    Raises:
        NotFoundError: there is no such reply.
        SlackClientError: the trigger is too old.
    """
    reply = services.store.replies.get(reply_id)
    earlier = services.feedback.correction_of(reply_id, ear.user)
    form = correction_form(reply, ear, earlier, services.settings.examples)
    services.client.views_open(trigger_id=trigger, view=form)


def correct(services: Services, correction: Correction) -> Taught:
    """Teaches the better answer; asks first where it contradicts another lesson."""
    ear = correction.ear
    return services.feedback.correct(correction.reply, ear.user, correction.text, "ask")


def outcome(services: Services, correction: Correction, taught: Taught) -> Piece:
    """What the teacher hears: what became of it, or the question what shall."""
    if taught.status != "contradiction":
        return _said(services, correction, taught)
    user = correction.ear.user

    def settle(choice: OnConflict) -> Piece:
        settled = services.feedback.correct(
            correction.reply, user, correction.text, choice, taught.conflicts
        )
        return _said(services, correction, settled)

    return services.contradictions.ask(user, taught.conflicts, settle)


def _said(services: Services, correction: Correction, taught: Taught) -> Piece:
    # After the form has closed, in the quick lane: the link is one call to Slack.
    services.lanes.quick.submit(keep_link, services, taught.id, correction.reply)
    return blocks.taught(taught)
