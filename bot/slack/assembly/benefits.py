"""What the bot brings: the command, the section of the Home tab, and the weekly digest."""

from bot.lessons.reviews.freshness import utc_now
from bot.slack.assembly.feature import Context, Feature
from bot.slack.benefits.digest_sender import DigestSender
from bot.slack.benefits.report import BenefitsReport


def benefits(context: Context) -> Feature:
    """Makes it."""
    store, settings, client = context.store, context.settings, context.workspace.client
    report = BenefitsReport(store, settings, context.registry, client, utc_now)
    digests = DigestSender(store, settings, client, utc_now)
    return Feature(
        subcommands={"report": report.command}, home=[report.home], rounds=[digests.deliver]
    )
