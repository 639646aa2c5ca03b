"""The form "What should I have said?", and what comes of it."""

from bot.lessons.teaching import OnConflict, Taught
from bot.slack.dependencies import Services
from bot.slack.lessons.forms import Correction, correction_form
from bot.slack.messages import blocks
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.posting import MessageContent
from bot.slack.permalinks import keep_link


def open_form(services: Services, recipient: Recipient, trigger: str, reply_id: int) -> None:
    """Opens the form; an earlier correction of the same person stands in it.

    Raises:
        NotFoundError: there is no such reply.
        SlackClientError: the trigger is too old.
    """
    reply = services.store.replies.get(reply_id)
    earlier = services.ratings.correction_of(reply_id, recipient.user)
    form = correction_form(reply, recipient, earlier, services.settings.examples)
    services.client.views_open(trigger_id=trigger, view=form)


def correct(services: Services, correction: Correction) -> Taught:
    """Teaches the better answer; asks first where it contradicts another lesson."""
    recipient = correction.recipient
    return services.ratings.correct(correction.reply, recipient.user, correction.text, "ask")


def outcome(services: Services, correction: Correction, taught: Taught) -> MessageContent:
    """What the teacher hears: what became of it, or the question what shall."""
    if taught.status != "contradiction":
        return _said(services, correction, taught)
    user = correction.recipient.user

    def settle(choice: OnConflict) -> MessageContent:
        settled = services.ratings.correct(
            correction.reply, user, correction.text, choice, taught.conflicts
        )
        return _said(services, correction, settled)

    return services.conflicts.ask(user, taught.conflicts, settle)


def _said(services: Services, correction: Correction, taught: Taught) -> MessageContent:
    # After the form has closed, in the quick lane: the link is one call to Slack.
    services.executors.quick.submit(keep_link, services, taught.id, correction.reply)
    return blocks.taught(taught)
