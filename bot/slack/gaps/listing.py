"""`/nightschool gaps`, the gaps on the Home tab, and the buttons of both."""

import re
from collections.abc import Callable, Sequence

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block, ButtonElement, DividerBlock

from bot.errors import InputError, NotFoundError
from bot.feedback.gaps.wording import NONE
from bot.lessons.scoping import default_scope
from bot.permissions import Rights
from bot.settings import ExampleSettings
from bot.slack.gaps import blocks
from bot.slack.gaps.blocks import DISMISS, TEACH, Shown
from bot.slack.lessons.scope_buttons import place_of
from bot.slack.messages import modals
from bot.slack.messages.blocks import section
from bot.slack.messages.buttons import number
from bot.slack.messages.ephemeral import Recipient, replace_ephemeral, send_ephemeral
from bot.slack.messages.modals import INPUT_LIMIT, Draft
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.command import Command
from bot.slack.payloads.dispatcher import Dispatcher
from bot.store import Store
from bot.store.examples.scope import PUBLIC, Scope
from bot.store.questions.gaps import Gap

PAGE = 8
"""Gaps on one page of the list: two blocks each, of the fifty that Slack takes."""
ON_HOME = 5
GONE = "That question is gone: it was answered, or its words were taken back."
DISMISSED = "I will not show this question as a gap any more."
AskButton = Callable[[int], ButtonElement | None]
"""Makes the button that asks somebody about a gap; None where nobody can be asked."""


class GapLists:
    """Lists gaps for whoever may see them, teaches and dismisses them."""

    def __init__(
        self,
        store: Store,
        rights: Rights,
        limits: ExampleSettings,
        client: WebClient,
        ask: AskButton = lambda _gap: None,
        redraw_home: Callable[[str], object] = lambda _user: None,
    ) -> None:
        """`redraw_home` draws the Home tab of a person anew, by their id."""
        self._store = store
        self._rights = rights
        self._limits = limits
        self._client = client
        self._ask = ask
        self._redraw_home = redraw_home

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons."""
        app.action(re.compile(r"^gaps:(newer|older)$"))(listener(dispatcher, self._turn))
        app.action(TEACH)(listener(dispatcher, self._teach))
        app.action(DISMISS)(listener(dispatcher, self._dismiss))

    def command(self, command: Command) -> None:
        """Lists the gaps that may be seen where the command was given."""
        send_ephemeral(self._client, command.recipient, self._page(command.recipient, 0))

    def home(self, user: str) -> list[Block]:
        """Returns the section of the Home tab: the greatest gaps."""
        audience = place_of(user, "")
        listing = self._store.gaps.listed(audience, ON_HOME)
        if not listing.gaps:
            return []
        head = "*Asked, and nobody has taught me the answer*"
        if listing.count > len(listing.gaps):
            head += f"\n{listing.count} in all: `/nightschool gaps`"
        listed: list[Block] = [DividerBlock(), section(head)]
        for shown in self._shown(listing.gaps, user):
            listed += blocks.gap_blocks(shown)
        return listed

    def _page(self, recipient: Recipient, offset: int) -> MessageContent:
        audience = place_of(recipient.user, recipient.channel)
        listing = self._store.gaps.listed(audience, PAGE, offset)
        if not listing.gaps:
            return MessageContent(NONE)
        shown = self._shown(listing.gaps, recipient.user)
        listed = blocks.page(shown, listing.count, listing.offset, PAGE)
        return MessageContent("Questions that nobody has taught me.", tuple(listed))

    def _shown(self, gaps: Sequence[Gap], user: str) -> list[Shown]:
        teacher = self._rights.is_teacher(user)
        return [
            Shown(
                gap,
                self._store.examples.get(gap.nearest).prompt if gap.nearest else None,
                self._ask(gap.id),
                teacher or self._store.gaps.of_one_person(gap.id, user),
            )
            for gap in gaps
        ]

    def _turn(self, click: Click) -> None:
        content = self._page(click.recipient, blocks.offset_of(click.value))
        replace_ephemeral(self._client, click.recipient, content)

    def _teach(self, click: Click) -> None:
        """Opens the form of /teach with the question; what is taught in it closes the gap."""
        recipient = click.recipient
        gap = self._gap(click)
        scope = self._scope(recipient, gap)
        draft = Draft(
            self._question(gap, scope)[:INPUT_LIMIT],
            whom=scope,
            from_home=not recipient.channel,
            gap=gap.id,
        )
        form = modals.teach_form(recipient, self._limits, draft=draft)
        self._client.views_open(trigger_id=click.trigger, view=form)

    def _question(self, gap: Gap, scope: Scope) -> str:
        """Returns the wording that is taught: to everyone none that was asked in private."""
        if scope.private:
            return gap.question
        try:
            return self._store.gaps.get(gap.id, PUBLIC).question
        except NotFoundError:
            return gap.question

    def _scope(self, recipient: Recipient, gap: Gap) -> Scope:
        """Returns whom a lesson is for unless somebody says otherwise.

        On the Home tab there is no channel: what was asked in public is everybody's, the rest is
        taught for this person alone, as they alone are known to have asked it.
        """
        user = recipient.user
        if recipient.channel:
            return default_scope(self._store, recipient.channel, user)
        waiting = self._store.gaps.waiting(gap.id, place_of(user, ""))
        public = any(self._store.places.kind(one.channel) == "public" for one in waiting)
        return Scope() if public else Scope("person", user)

    def _dismiss(self, click: Click) -> None:
        gap, user = self._gap(click), click.recipient.user
        if not self._store.gaps.of_one_person(gap.id, user):
            self._rights.require_teacher(user)
        if not self._store.gaps.dismiss(gap.id, user):
            raise InputError(GONE)
        if click.recipient.channel:
            replace_ephemeral(self._client, click.recipient, self._page(click.recipient, 0))
        else:
            send_ephemeral(self._client, click.recipient, MessageContent(DISMISSED))
            self._redraw_home(user)

    def _gap(self, click: Click) -> Gap:
        """Returns the gap of a button, where whoever pressed it may see it.

        Raises:
            InputError: it is gone, or of another place.
        """
        audience = place_of(click.recipient.user, click.recipient.channel)
        try:
            return self._store.gaps.get(number(click.value), audience)
        except NotFoundError as error:
            raise InputError(GONE) from error
