"""Tells who asked for a night how it went, where that cannot be followed in direct messages."""

from bot.morning import morning
from bot.slack import morning_report, posting
from bot.slack.services import Services
from bot.store import Run

BEGUN = ":school: I am off to school (run {run}). I keep answering; see our direct messages."


def tell_asker(services: Services, run: Run) -> None:
    """Tells the person who asked for this run how it ended, once; nobody if it was the clock."""
    asker = services.asked_for_night.pop(run.id, None)
    if asker is None:
        return
    told = morning_report.piece(morning(services.store, services.registry, run))
    posting.tell(services.client, asker.user, asker.response_url, told)
