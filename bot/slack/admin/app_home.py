"""The app's Home tab: the school at a glance, and for teachers what waits for approval."""

import re

import structlog
from slack_bolt import App
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    MarkdownTextObject,
)
from slack_sdk.models.views import View

from bot.feedback.votes import VoteTally
from bot.nights import report
from bot.nights.report import gather_report
from bot.operations.status import sentences, status
from bot.slack.admin import night_report
from bot.slack.admin.buttons import button, number
from bot.slack.admin.lessons import change
from bot.slack.dependencies import Services
from bot.slack.messages.ephemeral import section
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.payloads.action import Click, listener
from bot.slack.transport.errors import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)
WAITING = 10
"""Lessons that are shown with buttons; of the others there is a number."""
QUESTION, ANSWER = 300, 500


def publish(services: Services, user: str) -> None:
    """Shows the Home tab as it is now to one person; never raises."""
    try:
        services.client.views_publish(user_id=user, view=view(services, user))
    except SLACK_TROUBLE as error:
        log.warning("the Home tab was not shown", error=type(error).__name__, code=code_of(error))


def register(app: App, services: Services) -> None:
    """Registers the buttons of the Home tab."""
    app.action(re.compile(r"home:(approve|reject)"))(listener(services, _decide))


def view(services: Services, user: str) -> View:
    """What this person sees."""
    state = status(services.home, services.settings, services.store)
    blocks: list[Block] = [
        HeaderBlock(text="Nightschool"),
        section("\n".join(escape(line) for line in sentences(state))),
        *_last_night(services),
        DividerBlock(),
        section(_votes(services)),
        *_waiting(services, user),
    ]
    blocks.append(_foot(services, user))
    return View(type="home", blocks=blocks)


def _last_night(services: Services) -> list[Block]:
    run = services.store.runs.latest()
    if run is None or run.status == "running":
        return []
    told = gather_report(services.store, services.registry, run)
    lines = [f"*{escape(report.headline(run))}*", escape(shorten(report.plain_reason(run), 900))]
    lines += [escape(line) for line in report.before_and_after(run)]
    if told.learned_count and run.status == "promoted":
        lines.append(f"New in it: {report.counted(told.learned_count, 'lesson')}.")
    return [DividerBlock(), section("\n".join(line for line in lines if line))]


def _votes(services: Services) -> str:
    adapter = services.registry.current()
    tally = VoteTally(**services.store.comparisons.votes(adapter))
    up, down = services.store.ratings.totals()
    return (
        f"*Votes* on {escape(adapter or 'the base model')}: {night_report.votes(tally)}.\n"
        f"*Thumbs* on answers: {up} up, {down} down."
    )


def _waiting(services: Services, user: str) -> list[Block]:
    count = services.store.examples.counts()["pending"]
    if not count:
        return [section("Nothing waits for approval.")]
    teacher = services.rights.is_teacher(user)
    head = f"*{count} {'lesson waits' if count == 1 else 'lessons wait'} for approval*"
    found = services.store.examples.search(
        status="pending", limit=WAITING, author=None if teacher else user
    )
    blocks: list[Block] = [DividerBlock(), section(head)]
    for example in found:
        said = (
            f"*{example.id}* {escape(shorten(example.prompt, QUESTION))}\n"
            f"{escape(shorten(example.completion, ANSWER))}"
        )
        blocks.append(section(said))
        if teacher:
            value = str(example.id)
            approve = button("Approve", "home:approve", value, style="primary")
            blocks.append(ActionsBlock(elements=[approve, button("Reject", "home:reject", value)]))
    if not teacher:
        mine = "These are yours; a teacher decides." if found else "None of them is yours."
        blocks.append(section(mine))
    elif count > len(found):
        blocks.append(section(f"… and {count - len(found)} more: `/nightschool examples pending`"))
    return blocks


def _foot(services: Services, user: str) -> ContextBlock:
    rights = services.rights
    role = "an admin" if rights.is_admin(user) else "a teacher" if rights.is_teacher(user) else ""
    said = [f"You are {role}." if role else "`/nightschool help` says what you can do."]
    if not services.privacy.keeps(user):
        said.append("You have opted out: nothing of yours is kept.")
    if not rights.has_admin():
        said.append("Nobody is an admin yet: `/nightschool help` says how to become one.")
    return ContextBlock(elements=[MarkdownTextObject(text=" ".join(said), verbatim=True)])


def _decide(services: Services, click: Click) -> None:
    change(services, click.recipient.user, number(click.value), click.action.partition(":")[2])
    publish(services, click.recipient.user)
