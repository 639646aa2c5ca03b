"""The app's Home tab: status, last night, votes, and the lessons that wait for approval."""

import re
from collections.abc import Callable

import structlog
from slack_bolt import App
from slack_sdk import WebClient
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
from bot.operations.status import Status, sentences
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.slack.admin.lessons import LessonCommands
from bot.slack.messages.blocks import section
from bot.slack.messages.buttons import button, number
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.nights import report_message
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store import Example, Store
from trainer.adapters.registry import Registry

log = structlog.get_logger(__name__)
WAITING = 10
"""At most so many waiting lessons are shown; the others are counted."""
QUESTION, ANSWER = 300, 500
"""Characters of a waiting lesson that are shown."""


class AppHome:
    """Publishes the Home tab, which is different for each person."""

    def __init__(
        self,
        read_status: Callable[[], Status],
        store: Store,
        registry: Registry,
        rights: Rights,
        privacy: Privacy,
        client: WebClient,
        lessons: LessonCommands,
    ) -> None:
        self._read_status = read_status
        self._store = store
        self._registry = registry
        self._rights = rights
        self._privacy = privacy
        self._client = client
        self._lessons = lessons

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons that approve and reject a waiting lesson."""
        app.action(re.compile(r"home:(approve|reject)"))(listener(dispatcher, self._decide))

    def publish(self, user: str) -> None:
        """Publishes the current Home tab to a Slack user id; logs it where Slack refuses."""
        try:
            self._client.views_publish(user_id=user, view=self._view(user))
        except SLACK_TROUBLE as error:
            name = type(error).__name__
            log.warning("the Home tab was not shown", error=name, code=code_of(error))

    def _view(self, user: str) -> View:
        """Returns the Home tab of this person."""
        blocks: list[Block] = [
            HeaderBlock(text="Nightschool"),
            section("\n".join(escape(line) for line in sentences(self._read_status()))),
            *self._last_night(),
            DividerBlock(),
            section(self._votes()),
            *self._waiting(user),
            self._foot(user),
        ]
        return View(type="home", blocks=blocks)

    def _last_night(self) -> list[Block]:
        run = self._store.runs.latest()
        if run is None or run.status == "running":
            return []
        told = gather_report(self._store, self._registry, run)
        lines = [f"*{escape(report.headline(run))}*"]
        lines.append(escape(shorten(report.plain_reason(run), 900)))
        lines += [escape(line) for line in report.before_and_after(run)]
        if told.learned_count and run.status == "promoted":
            lines.append(f"New in it: {report.counted(told.learned_count, 'lesson')}.")
        return [DividerBlock(), section("\n".join(line for line in lines if line))]

    def _votes(self) -> str:
        adapter = self._registry.current()
        tally = VoteTally(**self._store.comparisons.votes(adapter))
        up, down = self._store.ratings.totals()
        return (
            f"*Votes* on {escape(adapter or 'the base model')}: {report_message.votes(tally)}.\n"
            f"*Thumbs* on answers: {up} up, {down} down."
        )

    def _waiting(self, user: str) -> list[Block]:
        """Returns the lessons that wait: all of them for a teacher, else this person's own."""
        count = self._store.examples.counts()["pending"]
        if not count:
            return [section("Nothing waits for approval.")]
        teacher = self._rights.is_teacher(user)
        head = f"*{count} {'lesson waits' if count == 1 else 'lessons wait'} for approval*"
        shown = self._store.examples.search(
            status="pending", limit=WAITING, author=None if teacher else user
        )
        blocks: list[Block] = [DividerBlock(), section(head)]
        for example in shown:
            blocks.extend(_lesson(example, decidable=teacher))
        if not teacher:
            mine = "These are yours; a teacher decides." if shown else "None of them is yours."
            blocks.append(section(mine))
        elif count > len(shown):
            more = f"… and {count - len(shown)} more: `/nightschool examples pending`"
            blocks.append(section(more))
        return blocks

    def _foot(self, user: str) -> ContextBlock:
        rights = self._rights
        role = (
            "an admin" if rights.is_admin(user) else "a teacher" if rights.is_teacher(user) else ""
        )
        notes = [f"You are {role}." if role else "`/nightschool help` says what you can do."]
        if not self._privacy.keeps(user):
            notes.append("You have opted out: nothing of yours is kept.")
        if not rights.has_admin():
            notes.append("Nobody is an admin yet: `/nightschool help` says how to become one.")
        return ContextBlock(elements=[MarkdownTextObject(text=" ".join(notes), verbatim=True)])

    def _decide(self, click: Click) -> None:
        does = click.action.partition(":")[2]
        self._lessons.change(click.recipient.user, number(click.value), does)
        self.publish(click.recipient.user)


def _lesson(example: Example, *, decidable: bool) -> list[Block]:
    """Returns the blocks of a waiting lesson, with buttons where this person may decide."""
    question = escape(shorten(example.prompt, QUESTION))
    text = f"*{example.id}* {question}\n{escape(shorten(example.completion, ANSWER))}"
    if not decidable:
        return [section(text)]
    value = str(example.id)
    approve = button("Approve", "home:approve", value, style="primary")
    reject = button("Reject", "home:reject", value)
    return [section(text), ActionsBlock(elements=[approve, reject])]
