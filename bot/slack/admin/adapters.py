"""`/nightschool adapters` lists and shows versions; admins promote one or roll back.

Promoting and rolling back each show a button that asks for confirmation first.
"""

from datetime import UTC, datetime

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    MarkdownTextObject,
)

from bot.errors import AdapterError, InputError
from bot.nights.not_mastered import mastery_lines
from bot.nights.report import duration, exam_lines
from bot.permissions import Rights
from bot.privacy.unlearning import require_clean
from bot.slack.messages.blocks import section
from bot.slack.messages.buttons import button
from bot.slack.messages.ephemeral import replace_ephemeral, send_ephemeral, with_buttons
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.command import Command
from bot.slack.payloads.dispatcher import Dispatcher
from bot.store import Store
from trainer.adapters.registry import AdapterCard, Registry

SHOWN = 10
PROMOTE, ROLLBACK, SHOW = "adapters:promote", "adapters:rollback", "adapters:show"
BASE = "base"


class AdapterCommands:
    """Shows the adapter versions, and sets which of them answers."""

    def __init__(self, store: Store, registry: Registry, rights: Rights, client: WebClient) -> None:
        self._store = store
        self._registry = registry
        self._rights = rights
        self._client = client

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons of the list and of the confirmations."""
        app.action(SHOW)(listener(dispatcher, self._show))
        app.action(PROMOTE)(listener(dispatcher, self._promote))
        app.action(ROLLBACK)(listener(dispatcher, self._rollback))

    def command(self, command: Command) -> None:
        """Runs `adapters`, `adapters show v1`, `adapters promote v1|base` or `adapters rollback`.

        Raises:
            RightsError: only admins may promote or roll back.
            AdapterError: there is no such version, or its card cannot be read.
            InputError: the words are no subcommand, or the version may not be used any more.
        """
        words = command.text.split()[1:]
        does = words[0].lower() if words else "list"
        version = words[1] if len(words) > 1 else ""
        if does == "show" and version:
            content = self._card(version)
        elif does == "promote" and version:
            self._rights.require_admin(command.user)
            self._require_usable(version)
            sure = f"From now on I answer with {version}."
            content = with_buttons(
                f"Answer with {escape(version)} from now on?",
                button("Promote", PROMOTE, version, style="primary", sure=sure),
            )
        elif does == "rollback":
            self._rights.require_admin(command.user)
            content = with_buttons("Go back to what answered before?", self._rollback_button())
        elif does == "list":
            content = self._list(command.user)
        else:
            raise InputError(
                "Write `/nightschool adapters`, `adapters show v0001`, `adapters promote v0001` "
                "or `adapters rollback`."
            )
        send_ephemeral(self._client, command.recipient, content)

    def _list(self, user: str) -> MessageContent:
        current = self._registry.current()
        versions = self._registry.versions()[-SHOWN:][::-1]
        head = f"I answer with *{current or 'the base model'}*."
        body: list[Block] = [section(head)]
        if not versions:
            body.append(section("No adapter yet: teach something and send me to school."))
        admin = self._rights.is_admin(user)
        for version in versions:
            body.append(section(self._line(version, current)))
            buttons = [button("Show", SHOW, version)]
            if admin and version != current:
                buttons.append(_promote_button(version))
            body.append(ActionsBlock(elements=buttons))
        if admin and current:
            body.append(ActionsBlock(elements=[self._rollback_button(), _promote_button(BASE)]))
        return MessageContent(head, tuple(body))

    def _line(self, version: str, current: str | None) -> str:
        mark = ":arrow_forward: " if version == current else ""
        try:
            card = self._registry.card(version)
        except AdapterError:
            return f"{mark}*{version}*: its card cannot be read"
        made = escape(card.created_at[:10])
        lessons = f"{len(card.example_ids)} lessons, " if _known(card) else ""
        return (
            f"{mark}*{version}* {made}, {lessons}{escape(card.verdict)}\n"
            f"{escape(shorten(card.reason, 250))}"
        )

    def _card(self, version: str) -> MessageContent:
        card = self._registry.card(version)
        reason, base = escape(shorten(card.reason, 600)), escape(shorten(card.base_model, 200))
        lines = [
            f"*{card.version}*, {escape(card.verdict or 'not judged')}. {reason}",
            _made(card, base),
            # A night's are in its report; they may name lessons that are private since.
            *(escape(shorten(note, 300)) for note in card.notes if card.origin),
            *(escape(line) for line in exam_lines(card.evaluation)),
            *(escape(line) for line in mastery_lines(self._store, card.mastery)),
        ]
        if gone := self._gone(card):
            lines.append(f"{gone} of its lessons are not taught any more.")
        dataset = f"Dataset {escape(card.dataset_hash[:12]) or '?'}"
        small = ContextBlock(elements=[MarkdownTextObject(text=dataset, verbatim=True)])
        return MessageContent(lines[0], (section("\n".join(lines)), small))

    def _gone(self, card: AdapterCard) -> int:
        """Returns how many of a version's lessons no night would train on any more."""
        today = datetime.now(UTC).date().isoformat()
        trained = {example.id for example in self._store.examples.trained(today)}
        return sum(example not in trained for example in card.example_ids)

    def _rollback_button(self) -> ButtonElement:
        current = self._registry.current() or BASE
        sure = "I answer with what was in use before."
        return button("Roll back", ROLLBACK, current, style="danger", sure=sure)

    def _require_usable(self, version: str) -> str | None:
        """Returns the version as the registry takes it: None for the base model."""
        chosen = None if version == BASE else version
        require_clean(self._store, self._registry, chosen)
        return chosen

    def _show(self, click: Click) -> None:
        send_ephemeral(self._client, click.recipient, self._card(click.value))

    def _promote(self, click: Click) -> None:
        self._rights.require_admin(click.recipient.user)
        chosen = self._require_usable(click.value)
        self._registry.promote(chosen)
        replace_ephemeral(self._client, click.recipient, _now(chosen))

    def _rollback(self, click: Click) -> None:
        self._rights.require_admin(click.recipient.user)
        if (self._registry.current() or BASE) != click.value:
            raise InputError(
                "Another version is in use meanwhile: look at `/nightschool adapters`."
            )
        require_clean(self._store, self._registry, self._registry.before())
        replace_ephemeral(self._client, click.recipient, _now(self._registry.rollback()))


def _known(card: AdapterCard) -> bool:
    """Returns whether a version's lessons are known; of what came from elsewhere they are not."""
    return bool(card.example_ids) or not card.origin


def _made(card: AdapterCard, base: str) -> str:
    """Returns the sentence about where a version came from; `base` is escaped."""
    day, took = escape(card.created_at[:10]), duration(card.seconds)
    if not card.origin:
        return f"Made on {day} from {base} with {len(card.example_ids)} lessons, {took}."
    lessons = f", with {len(card.example_ids)} lessons by its card" if card.example_ids else ""
    return f"Added on {day} from elsewhere ({escape(card.origin)}) for {base}{lessons}, {took}."


def _promote_button(version: str) -> ButtonElement:
    sure = f"From now on I answer with {'the base model' if version == BASE else version}."
    label = "Use the base model" if version == BASE else "Promote"
    return button(label, PROMOTE, version, sure=sure)


def _now(version: str | None) -> MessageContent:
    return MessageContent(f"I answer with {version or 'the base model'} now.")
