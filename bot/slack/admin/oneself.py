"""/nightschool forget me, opt out, opt in: everybody's say over their own words."""

from slack_bolt import App

from bot.errors import InputError
from bot.forgetting import Forgotten, forget
from bot.report import counted
from bot.slack.admin.buttons import button
from bot.slack.listeners.action import Click, listener
from bot.slack.listeners.command import Command
from bot.slack.posting import Piece
from bot.slack.services import Services
from bot.slack.trouble import SLACK_TROUBLE, explain
from bot.slack.whispering import instead, whisper, with_buttons

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
    whisper(services.client, command.ear, with_buttons(ASK_FORGET, yes))


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
        said = Piece(
            "Welcome back: from now on I keep what you ask and teach."
            if was_out
            else "You had not opted out."
        )
    else:
        raise InputError("Write `/nightschool opt out` or `/nightschool opt in`.")
    whisper(services.client, command.ear, said)


def register(app: App, services: Services) -> None:
    """Registers the two buttons."""
    app.action(FORGET)(listener(services, _forget))
    app.action(OPT_OUT)(listener(services, _opt_out))


def _forget(services: Services, click: Click) -> None:
    instead(services.client, click.ear, _forgotten(services, click))


def _opt_out(services: Services, click: Click) -> None:
    _require_self(click)
    # First: what is said meanwhile is not kept either.
    services.store.people.opt_out(click.ear.user)
    done = _forgotten(services, click)
    instead(services.client, click.ear, Piece(f"You have opted out. {done.text}"))


def _require_self(click: Click) -> None:
    if click.value != click.ear.user:
        raise InputError(NOT_YOURS)


def _forgotten(services: Services, click: Click) -> Piece:
    _require_self(click)
    user = click.ear.user
    # First: nothing that is under way stores it all again.
    services.contradictions.forget(user)
    ended = [a for a in services.underway.all() if a.person == user and a.end()]
    done = forget(services.home, services.store, user)
    services.threads.forget(user)
    for answer in ended:
        try:
            answer.take_back()
        except SLACK_TROUBLE as error:
            explain(error, "take back an answer")
    slack = services.settings.slack
    named = SETTINGS if user in (*slack.admins, *slack.teachers) else ""
    return Piece(_said(done) + named)


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
