"""/nightschool adapters: list, show, promote, roll back; the latter two for admins, and asked."""

from slack_bolt import App
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    MarkdownTextObject,
)

from bot.errors import AdapterError, InputError
from bot.nights.report import duration, exam_lines
from bot.privacy.unlearning import require_clean
from bot.slack.admin.buttons import button
from bot.slack.dependencies import Services
from bot.slack.messages.ephemeral import replace_ephemeral, section, send_ephemeral, with_buttons
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.command import Command
from trainer.adapters.registry import AdapterCard

SHOWN = 10
PROMOTE, ROLLBACK, SHOW = "adapters:promote", "adapters:rollback", "adapters:show"
BASE = "base"


def command(services: Services, command: Command) -> None:
    """`adapters`, `adapters show v0003`, `adapters promote v0003|base`, `adapters rollback`."""
    words = command.text.split()[1:]
    does, version = (words[0].lower() if words else "list"), (words[1] if len(words) > 1 else "")
    if does == "show" and version:
        said = _card(services, version)
    elif does == "promote" and version:
        services.rights.require_admin(command.user)
        _require_usable(services, version)
        sure = f"From now on I answer with {version}."
        said = with_buttons(
            f"Answer with {escape(version)} from now on?",
            button("Promote", PROMOTE, version, style="primary", sure=sure),
        )
    elif does == "rollback":
        services.rights.require_admin(command.user)
        said = with_buttons("Go back to what answered before?", _rollback_button(services))
    elif does == "list":
        said = _list(services, command.user)
    else:
        raise InputError(
            "Write `/nightschool adapters`, `adapters show v0001`, `adapters promote v0001` "
            "or `adapters rollback`."
        )
    send_ephemeral(services.client, command.recipient, said)


def register(app: App, services: Services) -> None:
    """Registers the buttons."""
    app.action(SHOW)(listener(services, _show))
    app.action(PROMOTE)(listener(services, _promote))
    app.action(ROLLBACK)(listener(services, _rollback))


def _list(services: Services, user: str) -> MessageContent:
    registry = services.registry
    current, versions = registry.current(), registry.versions()[-SHOWN:][::-1]
    head = f"I answer with *{current or 'the base model'}*."
    body: list[Block] = [section(head)]
    if not versions:
        body.append(section("No adapter yet: teach something and send me to school."))
    admin = services.rights.is_admin(user)
    for version in versions:
        body.append(section(_line(services, version, current)))
        buttons = [button("Show", f"{SHOW}", version)]
        if admin and version != current:
            buttons.append(_promote_button(version))
        body.append(ActionsBlock(elements=buttons))
    if admin and current:
        body.append(ActionsBlock(elements=[_rollback_button(services), _promote_button(BASE)]))
    return MessageContent(head, tuple(body))


def _line(services: Services, version: str, current: str | None) -> str:
    mark = ":arrow_forward: " if version == current else ""
    try:
        card = services.registry.card(version)
    except AdapterError:
        return f"{mark}*{version}*: its card cannot be read"
    made = escape(card.created_at[:10])
    return (
        f"{mark}*{version}* {made}, {len(card.example_ids)} lessons, {escape(card.verdict)}\n"
        f"{escape(shorten(card.reason, 250))}"
    )


def _card(services: Services, version: str) -> MessageContent:
    card = services.registry.card(version)
    reason, base = escape(shorten(card.reason, 600)), escape(shorten(card.base_model, 200))
    made, took = escape(card.created_at[:10]), duration(card.seconds)
    lines = [
        f"*{card.version}*, {escape(card.verdict or 'not judged')}. {reason}",
        f"Made on {made} from {base} with {len(card.example_ids)} lessons, {took}.",
        *(escape(line) for line in exam_lines(card.evaluation)),
    ]
    if gone := _gone(services, card):
        lines.append(f"{gone} of its lessons are not taught any more.")
    body: tuple[Block, ...] = (
        section("\n".join(lines)),
        ContextBlock(
            elements=[
                MarkdownTextObject(
                    text=f"Dataset {escape(card.dataset_hash[:12]) or '?'}", verbatim=True
                )
            ]
        ),
    )
    return MessageContent(lines[0], body)


def _gone(services: Services, card: AdapterCard) -> int:
    approved = {example.id for example in services.store.examples.approved()}
    return sum(example not in approved for example in card.example_ids)


def _promote_button(version: str) -> ButtonElement:
    sure = f"From now on I answer with {'the base model' if version == BASE else version}."
    label = "Use the base model" if version == BASE else "Promote"
    return button(label, PROMOTE, version, sure=sure)


def _rollback_button(services: Services) -> ButtonElement:
    sure = "I answer with what was in use before."
    return button(
        "Roll back", ROLLBACK, services.registry.current() or BASE, style="danger", sure=sure
    )


def _require_usable(services: Services, version: str) -> str | None:
    chosen = None if version == BASE else version
    require_clean(services.store, services.registry, chosen)
    return chosen


def _show(services: Services, click: Click) -> None:
    send_ephemeral(services.client, click.recipient, _card(services, click.value))


def _promote(services: Services, click: Click) -> None:
    services.rights.require_admin(click.recipient.user)
    chosen = _require_usable(services, click.value)
    services.registry.promote(chosen)
    replace_ephemeral(services.client, click.recipient, _now(chosen))


def _rollback(services: Services, click: Click) -> None:
    services.rights.require_admin(click.recipient.user)
    if (services.registry.current() or BASE) != click.value:
        raise InputError("Another version is in use meanwhile: look at `/nightschool adapters`.")
    require_clean(services.store, services.registry, services.registry.before())
    replace_ephemeral(services.client, click.recipient, _now(services.registry.rollback()))


def _now(version: str | None) -> MessageContent:
    return MessageContent(f"I answer with {version or 'the base model'} now.")
