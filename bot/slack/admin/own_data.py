"""/nightschool forget me, opt out, opt in: everybody's say over their own words."""

from slack_bolt import App

from bot.errors import InputError
from bot.nights.report import counted
from bot.privacy.erasure import Forgotten, forget
from bot.slack.admin.buttons import button
from bot.slack.dependencies import Services
from bot.slack.messages.ephemeral import replace_ephemeral, send_ephemeral, with_buttons
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.command import Command
from bot.slack.transport.errors import SLACK_TROUBLE, explain

FORGET, OPT_OUT = "oneself:forget", "oneself:opt_out"
SURE = "Everything that you asked, taught and thought is removed. That cannot be undone."
ASK_FORGET = (
    "I remove your lessons, your questions with my answers, your thumbs and your votes, and "
    "tonight I am trained without them. That cannot be undone."
)
ASK_OPT_OUT = (
    f"{ASK_FORGET} From then on I still answer you, but keep nothing of it: no history, no "
    "lessons, no thumbs."
)
NOT_YOURS = "Only you yourself can decide that: `/nightschool forget me`."
SETTINGS = " What you are in `nightschool.toml` stands there: who runs me can take it out."


def forget_me(services: Services, command: Command) -> None:
    """Asks first."""
    if command.text.lower().split() != ["forget", "me"]:
        raise InputError("Write `/nightschool forget me`.")
    yes = button("Forget me", FORGET, command.user, style="danger", sure=SURE)
    send_ephemeral(services.client, command.recipient, with_buttons(ASK_FORGET, yes))


def opt(services: Services, command: Command) -> None:
    """`opt out` asks first; `opt in` is done at once."""
    words = command.text.lower().split()[1:]
    if words == ["out"]:
        if not services.privacy.keeps(command.user):
            raise InputError("You have opted out already; `/nightschool opt in` ends it.")
        yes = button("Opt out", OPT_OUT, command.user, style="danger", sure=SURE)
        said = with_buttons(ASK_OPT_OUT, yes)
    elif words == ["in"]:
        was_out = services.store.people.opt_in(command.user)
        said = MessageContent(
            "Welcome back: from now on I keep what you ask and teach."
            if was_out
            else "You had not opted out."
        )
    else:
        raise InputError("Write `/nightschool opt out` or `/nightschool opt in`.")
    send_ephemeral(services.client, command.recipient, said)


def register(app: App, services: Services) -> None:
    """Registers the two buttons."""
    app.action(FORGET)(listener(services, _forget))
    app.action(OPT_OUT)(listener(services, _opt_out))


def _forget(services: Services, click: Click) -> None:
    replace_ephemeral(services.client, click.recipient, _forgotten(services, click))


def _opt_out(services: Services, click: Click) -> None:
    _require_self(click)
    # First: what is said meanwhile is not kept either.
    services.store.people.opt_out(click.recipient.user)
    done = _forgotten(services, click)
    replace_ephemeral(
        services.client, click.recipient, MessageContent(f"You have opted out. {done.text}")
    )


def _require_self(click: Click) -> None:
    if click.value != click.recipient.user:
        raise InputError(NOT_YOURS)


def _forgotten(services: Services, click: Click) -> MessageContent:
    _require_self(click)
    user = click.recipient.user
    # First: nothing that is under way stores it all again.
    services.conflicts.forget(user)
    ended = [a for a in services.in_flight.all() if a.person == user and a.end()]
    done = forget(services.home, services.store, user)
    services.threads.forget(user)
    for answer in ended:
        try:
            answer.take_back()
        except SLACK_TROUBLE as error:
            explain(error, "take back an answer")
    slack = services.settings.slack
    named = SETTINGS if user in (*slack.admins, *slack.teachers) else ""
    return MessageContent(_said(done) + named)


def _said(done: Forgotten) -> str:
    said = (
        f"Removed: {counted(done.examples, 'lesson')}, {counted(done.replies, 'question')} with "
        f"what I answered, {counted(done.opinions, 'thumb')}."
    )
    if done.adapters:
        said += (
            f" {', '.join(done.adapters[-5:])} learned from your lessons; tonight's adapter is "
            "trained without them, and those are not used again."
        )
    return said
