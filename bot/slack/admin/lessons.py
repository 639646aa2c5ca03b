"""/nightschool examples: search, show, edit, approve, reject, withdraw; by command and button.

Everybody sees what is approved and what is their own; teachers see everything. Who wrote a lesson
may edit and withdraw it; teachers may do everything.
"""

import re
from dataclasses import dataclass
from typing import Any

from slack_bolt import App
from slack_sdk.models.blocks import ButtonElement
from slack_sdk.models.views import View

from bot.errors import InputError
from bot.lessons.editing import edit
from bot.lessons.teaching import Taught
from bot.lessons.withdrawal import barred, may_bring_back
from bot.permissions import RightsError
from bot.slack.admin import lesson_cards
from bot.slack.admin.buttons import button, number
from bot.slack.admin.lesson_cards import PAGE, SEARCH_LIMIT, Filter
from bot.slack.dependencies import Services
from bot.slack.messages import blocks, modals
from bot.slack.messages.ephemeral import Recipient, replace_ephemeral, send_ephemeral
from bot.slack.messages.mrkdwn import shorten
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads import submission
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.command import Command
from bot.store import Example
from bot.store.examples import STATUSES

EDIT = "edit_lesson"
CHANGES = ("approve", "reject", "withdraw")
NOT_YOURS = "That is for teachers and for who wrote the lesson."
TOO_LONG = "Example {id} is too long for a form: edit it in the console."
_NAMED = re.compile(r"(show|edit|approve|reject|withdraw)\s+#?(\d+)", re.IGNORECASE)


def command(services: Services, command: Command) -> None:
    """`examples`, `examples show 12`, `examples approve 12`, `examples pending`, or words."""
    rest = command.text.partition(" ")[2].strip()
    if named := _NAMED.fullmatch(rest):
        does, identifier = named[1].lower(), number(named[2])
        if does == "edit":
            _open_form(services, command.recipient, command.trigger, identifier)
            return
        said = (
            _shown(services, command.user, identifier)
            if does == "show"
            else _changed(services, command.user, identifier, does)
        )
    else:
        said = _listed(services, command.user, _filter(rest))
    send_ephemeral(services.client, command.recipient, said)


def register(app: App, services: Services) -> None:
    """Registers the buttons of lists and cards, and the form."""
    app.action(re.compile(r"lessons:(newer|older)"))(listener(services, _turn))
    app.action("lessons:show")(listener(services, _show))
    app.action("lessons:edit")(listener(services, _edit))
    app.action(re.compile(r"lessons:(approve|reject|withdraw)"))(listener(services, _change))
    app.view(EDIT)(
        submission.listener(services, _read, _teach, lambda _services, _filled, t: blocks.taught(t))
    )


def change(services: Services, user: str, identifier: int, does: str) -> Example:
    """Approves, rejects or withdraws a lesson, if this person may.

    Raises:
        RightsError: they may not.
        NotFoundError: there is no such lesson.
        InputError: it was forgotten or refused, or is out already.
    """
    example = _visible(services, user, identifier)
    if does == "withdraw":
        _require_say(services, user, example)
    else:
        services.rights.require_teacher(user)
    store = services.store
    open_to_some = does == "approve" and not barred(store, example)
    if open_to_some and not may_bring_back(store, example, user):
        raise RightsError("It was withdrawn: only who wrote it or withdrew it can bring it back.")
    act = getattr(services.curation, does)
    return act(identifier, user, "in Slack")  # type: ignore[no-any-return]


def _filter(rest: str) -> Filter:
    words = rest.split()
    if words and words[0].lower() in ("search", "list"):
        words = words[1:]
    status, mine = None, False
    if words and words[0].lower() in STATUSES:
        status, words = words[0].lower(), words[1:]
    elif words and words[0].lower() == "mine":
        mine, words = True, words[1:]
    return Filter(status, mine, " ".join(words)[:SEARCH_LIMIT])


def _listed(services: Services, user: str, chosen: Filter) -> MessageContent:
    teacher = services.rights.is_teacher(user)
    found = services.store.examples.search(
        status=chosen.status,
        text=chosen.text or None,
        limit=PAGE + 1,
        offset=chosen.offset,
        author=user if chosen.mine else None,
        seen_by=None if teacher else user,
    )
    counts = services.store.examples.counts(user if chosen.mine else None)
    if not teacher and not chosen.mine:
        counts = {"approved": counts["approved"], "pending": counts["pending"]}
    return lesson_cards.page(found, chosen, counts)


def _visible(services: Services, user: str, identifier: int) -> Example:
    example = services.store.examples.get(identifier)
    if example.status != "approved" and not _has_say(services, user, example):
        raise RightsError(f"Example {identifier} is {example.status}: {NOT_YOURS}")
    return example


def _has_say(services: Services, user: str, example: Example) -> bool:
    return (
        example.author == user
        or services.rights.is_teacher(user)
        or services.store.provenance.wrote(example.id, user)
    )


def _require_say(services: Services, user: str, example: Example) -> None:
    if not _has_say(services, user, example):
        raise RightsError(NOT_YOURS)


def _shown(services: Services, user: str, identifier: int, note: str = "") -> MessageContent:
    example = _visible(services, user, identifier)
    runs = services.store.runs.of_example(identifier)
    return lesson_cards.card(
        example,
        services.store.examples.history(identifier),
        [run.version for run in runs if run.version],
        _buttons(services, user, example),
        lambda person: _name(services, person),
        note,
    )


def _name(services: Services, person: str) -> str:
    return (
        services.member_names.name(person) if re.fullmatch(r"[UW][A-Z0-9]{5,}", person) else person
    )


def _buttons(services: Services, user: str, example: Example) -> list[ButtonElement]:
    value, offered = str(example.id), []
    teacher, live = services.rights.is_teacher(user), example.status in ("approved", "pending")
    closed = barred(services.store, example) or not may_bring_back(services.store, example, user)
    if teacher and example.status != "approved" and not closed:
        offered.append(button("Approve", "lessons:approve", value, style="primary"))
    if teacher and example.status in ("pending", "quarantined", "approved"):
        offered.append(button("Reject", "lessons:reject", value))
    if live and _has_say(services, user, example):
        sure = "The next night trains without this lesson."
        offered.append(button("Withdraw", "lessons:withdraw", value, style="danger", sure=sure))
    if example.status not in ("superseded", "withdrawn") and _has_say(services, user, example):
        offered.append(button("Edit", "lessons:edit", value))
    return offered


def _changed(services: Services, user: str, identifier: int, does: str) -> MessageContent:
    example = change(services, user, identifier, does)
    if example.status != "approved" and not _has_say(services, user, example):
        return MessageContent(f"Example {identifier} is {example.status}.")
    return _shown(services, user, identifier, f"Example {identifier} is {example.status} now.")


def _turn(services: Services, click: Click) -> None:
    replace_ephemeral(
        services.client,
        click.recipient,
        _listed(services, click.recipient.user, Filter.from_value(click.value)),
    )


def _show(services: Services, click: Click) -> None:
    send_ephemeral(
        services.client,
        click.recipient,
        _shown(services, click.recipient.user, number(click.value)),
    )


def _change(services: Services, click: Click) -> None:
    does = click.action.partition(":")[2]
    said = _changed(services, click.recipient.user, number(click.value), does)
    replace_ephemeral(services.client, click.recipient, said)


def _edit(services: Services, click: Click) -> None:
    _open_form(services, click.recipient, click.trigger, number(click.value))


@dataclass(frozen=True)
class Edited:
    """What was filled in, for which lesson."""

    id: int
    prompt: str
    completion: str
    recipient: Recipient


def _open_form(services: Services, recipient: Recipient, trigger: str, identifier: int) -> None:
    example = _visible(services, recipient.user, identifier)
    _require_say(services, recipient.user, example)
    limits = services.settings.examples
    if max(len(example.prompt), len(example.completion)) > modals.INPUT_LIMIT:
        raise InputError(TOO_LONG.format(id=identifier))
    form = View(
        type="modal",
        callback_id=EDIT,
        title=shorten(f"Example {identifier}", 24),
        submit="Save",
        close="Cancel",
        private_metadata=f"{identifier} {recipient.channel}",
        blocks=[
            modals.field(
                modals.QUESTION,
                "When somebody asks…",
                "The question",
                limits.max_prompt_length,
                example.prompt,
            ),
            modals.field(
                modals.ANSWER,
                "…I should answer",
                "The answer",
                limits.max_completion_length,
                example.completion,
            ),
        ],
    )
    services.client.views_open(trigger_id=trigger, view=form)


def _read(view: dict[str, Any], user: str) -> Edited:
    identifier, _, channel = view["private_metadata"].partition(" ")
    values = view["state"]["values"]
    return Edited(
        number(identifier),
        values[modals.QUESTION][modals.INPUT]["value"] or "",
        values[modals.ANSWER][modals.INPUT]["value"] or "",
        Recipient(user, channel),
    )


def _teach(services: Services, edited: Edited) -> Taught:
    user = edited.recipient.user
    _require_say(services, user, _visible(services, user, edited.id))
    return edit(
        services.store, services.curation, edited.id, edited.prompt, edited.completion, user
    )
