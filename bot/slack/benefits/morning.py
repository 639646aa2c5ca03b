"""What stands below the report of a night: the line of the week, and the greatest gaps."""

from datetime import datetime

from bot.feedback.benefits.digest import SHOWN
from bot.feedback.benefits.figures import week_beside_week
from bot.feedback.benefits.wording import week_line
from bot.feedback.experts.directory import Directory
from bot.settings import Settings
from bot.slack.benefits.gap_list import gap_list
from bot.slack.messages.blocks import FALLBACK_LIMIT, section
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.store import Store
from bot.store.examples.scope import Audience


def with_week(
    report: MessageContent, store: Store, settings: Settings, audience: Audience, now: datetime
) -> MessageContent:
    """Returns a report with the week and the gaps below it.

    Args:
        report: that of the night.
        store: has the questions and the gaps.
        settings: say whether there are experts to ask.
        audience: who reads it: gaps of other private places are left out.
        now: the end of the week.
    """
    week, before = week_beside_week(store, now)
    can_ask = bool(Directory(store, settings).experts())
    listing = store.gaps.listed(audience, SHOWN)
    gaps = gap_list(listing.gaps, listing.count, can_ask=can_ask)
    if not (week.questions or before.questions or gaps.blocks):
        return report
    line = escape(week_line(week, before))
    text = "\n\n".join(filter(None, (report.text, line, gaps.text)))
    return MessageContent(
        shorten(text, FALLBACK_LIMIT), (*report.blocks, section(line), *gaps.blocks)
    )
