"""The app's Home tab: status, last night, votes, and what waits for this person to decide.

Those are questions about lessons that they taught, and the lessons that wait for approval, as far
as they are for everyone or were taught by this person: everything else is told in its own place.
"""

import re
from collections.abc import Callable, Sequence

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

from bot.errors import InputError
from bot.feedback.votes import VoteTally
from bot.lessons.scoping import scope_word
from bot.nights import report
from bot.nights.report import gather_report
from bot.operations.status import Status, sentences
from bot.permissions import NO_ADMIN, OUTSIDE, UNKNOWN, Act, Rights
from bot.slack.admin.lessons import LessonCommands
from bot.slack.lessons.scope_buttons import place_of
from bot.slack.messages.blocks import section
from bot.slack.messages.buttons import button, number
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.nights import report_message
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.conflicts import CHOICES, ON_HOME, REWORD, Conflicts
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store import Example, Store
from trainer.adapters.registry import Registry

log = structlog.get_logger(__name__)
WAITING = 10
"""At most so many waiting lessons are shown; the others are counted."""
ASKED = 5
"""At most so many open questions are shown: those that were asked last."""
DECISIONS = {ON_HOME[action]: choice for action, choice in CHOICES.items()}
QUESTION, ANSWER = 300, 500
"""Characters of a waiting lesson that are shown."""
HomeSection = Callable[[str], list[Block]]
"""A part of the Home tab, by the id of whoever sees it; no blocks where it has nothing to say."""


class AppHome:
    """Publishes the Home tab, which is different for each person."""

    def __init__(
        self,
        read_status: Callable[[], Status],
        store: Store,
        registry: Registry,
        rights: Rights,
        client: WebClient,
        lessons: LessonCommands,
        conflicts: Conflicts,
        sections: Sequence[HomeSection] = (),
    ) -> None:
        """`sections` are those of the features, in their order."""
        self._read_status = read_status
        self._store = store
        self._registry = registry
        self._rights = rights
        self._client = client
        self._lessons = lessons
        self._conflicts = conflicts
        self._sections = sections

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons of waiting lessons and of open questions."""
        app.action(re.compile(r"home:(approve|reject)"))(listener(dispatcher, self._decide))
        settles = re.compile(f"^({'|'.join(map(re.escape, DECISIONS))})$")
        app.action(settles)(listener(dispatcher, self._settle))
        app.action(ON_HOME[REWORD])(listener(dispatcher, self._reword))

    def publish(self, user: str) -> None:
        """Publishes the current Home tab to a Slack user id; logs it where Slack refuses."""
        try:
            self._client.views_publish(user_id=user, view=self._view(user))
        except SLACK_TROUBLE as error:
            name = type(error).__name__
            log.warning("the Home tab was not shown", error=name, code=code_of(error))

    def _view(self, user: str) -> View:
        """Returns the Home tab of this person; outsiders get no words and no figures."""
        if not self._rights.may(user, Act.LIST):
            known = self._rights.is_outsider(user) is not None
            note = section(OUTSIDE if known else UNKNOWN)
            return View(type="home", blocks=[HeaderBlock(text="Nightschool"), note])
        blocks: list[Block] = [
            HeaderBlock(text="Nightschool"),
            section("\n".join(escape(line) for line in sentences(self._read_status()))),
            *self._last_night(),
            DividerBlock(),
            section(self._votes()),
            *self._asked(user),
            *(block for part in self._sections for block in part(user)),
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

    def _asked(self, user: str) -> list[Block]:
        """Returns the questions that this person was asked about lessons and has not decided."""
        questions = self._conflicts.of(user)[-ASKED:]
        if not questions:
            return []
        place = place_of(user, "")
        blocks: list[Block] = [DividerBlock(), section("*I asked you*")]
        for question in questions:
            blocks.extend(self._conflicts.content(question, place, home=True).blocks)
        return blocks

    def _waiting(self, user: str) -> list[Block]:
        """Returns the lessons that wait: for a teacher all that may be shown here, else their own.

        The others are counted. What is for one channel a teacher decides there.
        """
        count = self._store.examples.counts()["pending"]
        if not count:
            return [section("Nothing waits for approval.")]
        teacher = self._rights.is_teacher(user)
        head = f"*{count} {'lesson waits' if count == 1 else 'lessons wait'} for approval*"
        place, command = place_of(user, ""), "`/nightschool examples pending`"
        elsewhere = self._store.examples.waiting_elsewhere(place)
        shown = self._store.examples.search(
            status="pending",
            limit=WAITING,
            author=None if teacher else user,
            audience=place,
        )
        blocks: list[Block] = [DividerBlock(), section(head)]
        for example in shown:
            blocks.extend(_lesson(example, user, decidable=teacher))
        notes = []
        if not teacher:
            notes.append(
                "These are yours; a teacher decides." if shown else "None of them is yours."
            )
        elif count - elsewhere > len(shown):
            notes.append(f"… and {count - elsewhere - len(shown)} more: {command}")
        if teacher and elsewhere:
            notes.append(f"{elsewhere} for one channel or one person: {command} there.")
        if not self._rights.deciders():
            notes.append(escape(NO_ADMIN.format(user=user)))
        return [*blocks, *(section(note) for note in notes)]

    def _foot(self, user: str) -> ContextBlock:
        rights = self._rights
        role = (
            "an admin" if rights.is_admin(user) else "a teacher" if rights.is_teacher(user) else ""
        )
        notes = [f"You are {role}." if role else "`/nightschool help` says what you can do."]
        if self._store.people.opted_out(user):
            notes.append("You have opted out: nothing of yours is kept.")
        if not rights.has_admin():
            notes.append("Nobody is an admin yet: `/nightschool help` says how to become one.")
        return ContextBlock(elements=[MarkdownTextObject(text=" ".join(notes), verbatim=True)])

    def _decide(self, click: Click) -> None:
        does = click.action.partition(":")[2]
        self._lessons.change(click.recipient, number(click.value), does)
        self.publish(click.recipient.user)

    def _settle(self, click: Click) -> None:
        """Carries out what was decided about an open question; the outcome is told directly."""
        user = click.recipient.user
        choice = DECISIONS[click.action]
        decided = self._conflicts.decide(user, click.value, choice, place_of(user, ""))
        if decided is None:
            raise InputError("Only who taught this can decide.")
        send_ephemeral(self._client, click.recipient, decided)
        self.publish(user)

    def _reword(self, click: Click) -> None:
        self._conflicts.reword(click.recipient, click.trigger, click.value, from_home=True)


def _lesson(example: Example, user: str, *, decidable: bool) -> list[Block]:
    """Returns the blocks of a waiting lesson, with buttons where this person may decide."""
    question = escape(shorten(example.prompt, QUESTION))
    text = f"*{example.id}* {question}\n{escape(shorten(example.completion, ANSWER))}"
    if example.for_whom.private:
        text += f"\n_for {scope_word(example.for_whom, reader=user)}_"
    if not decidable:
        return [section(text)]
    value = str(example.id)
    approve = button("Approve", "home:approve", value, style="primary")
    reject = button("Reject", "home:reject", value)
    return [section(text), ActionsBlock(elements=[approve, reject])]
