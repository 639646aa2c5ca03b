"""`/nightschool forget me`, `opt out` and `opt in`: erasing one's own data, and consent."""

from slack_bolt import App
from slack_sdk import WebClient

from bot.errors import InputError
from bot.home import Home
from bot.nights.report import counted
from bot.privacy.erasure import Forgotten, forget
from bot.settings import SlackSettings
from bot.slack.messages.buttons import button
from bot.slack.messages.ephemeral import replace_ephemeral, send_ephemeral, with_buttons
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.command import Command
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.threads import Threads
from bot.slack.transport.errors import SLACK_TROUBLE, log_failure
from bot.store import Store

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


class OwnDataCommands:
    """Erases a person's data at their own request, and records whether they have opted out."""

    def __init__(
        self,
        home: Home,
        store: Store,
        settings: SlackSettings,
        client: WebClient,
        in_flight: InFlightAnswers,
        threads: Threads,
    ) -> None:
        self._home = home
        self._store = store
        self._settings = settings
        self._client = client
        self._in_flight = in_flight
        self._threads = threads

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the buttons that confirm erasure and opting out."""
        app.action(FORGET)(listener(dispatcher, self._forget))
        app.action(OPT_OUT)(listener(dispatcher, self._opt_out))

    def forget_me(self, command: Command) -> None:
        """Shows the button that erases everything of this person.

        Raises:
            InputError: the command is not `forget me`.
        """
        if command.text.lower().split() != ["forget", "me"]:
            raise InputError("Write `/nightschool forget me`.")
        yes = button("Forget me", FORGET, command.user, style="danger", sure=SURE)
        send_ephemeral(self._client, command.recipient, with_buttons(ASK_FORGET, yes))

    def opt(self, command: Command) -> None:
        """Shows the button that confirms `opt out`; runs `opt in` at once.

        Raises:
            InputError: it is neither, or this person has opted out already.
        """
        words = command.text.lower().split()[1:]
        if words == ["out"]:
            if self._store.people.opted_out(command.user):
                raise InputError("You have opted out already; `/nightschool opt in` ends it.")
            yes = button("Opt out", OPT_OUT, command.user, style="danger", sure=SURE)
            content = with_buttons(ASK_OPT_OUT, yes)
        elif words == ["in"]:
            was_out = self._store.people.opt_in(command.user)
            content = MessageContent(
                "Welcome back: from now on I keep what you ask and teach."
                if was_out
                else "You had not opted out."
            )
        else:
            raise InputError("Write `/nightschool opt out` or `/nightschool opt in`.")
        send_ephemeral(self._client, command.recipient, content)

    def _forget(self, click: Click) -> None:
        replace_ephemeral(self._client, click.recipient, MessageContent(self._forgotten(click)))

    def _opt_out(self, click: Click) -> None:
        _require_self(click)
        # This comes first, so that what they say during the erasure is not kept either.
        self._store.people.opt_out(click.recipient.user)
        told = f"You have opted out. {self._forgotten(click)}"
        replace_ephemeral(self._client, click.recipient, MessageContent(told))

    def _forgotten(self, click: Click) -> str:
        """Erases the person who clicked, and returns the sentence that says what was removed."""
        _require_self(click)
        user = click.recipient.user
        # Answers under way end first; they would store the words again.
        ended = [a for a in self._in_flight.all() if a.person == user and a.end()]
        try:
            done = forget(self._home, self._store, user)
            self._threads.forget(user)
        finally:
            for answer in ended:
                try:
                    answer.display.take_back()
                except SLACK_TROUBLE as error:
                    log_failure(error, "take back an answer")
        named = user in (*self._settings.admins, *self._settings.teachers)
        return _removed(done) + (SETTINGS if named else "")


def _require_self(click: Click) -> None:
    if click.value != click.recipient.user:
        raise InputError(NOT_YOURS)


def _removed(done: Forgotten) -> str:
    text = (
        f"Removed: {counted(done.examples, 'lesson')}, {counted(done.replies, 'question')} with "
        f"what I answered, {counted(done.opinions, 'thumb')}."
    )
    if done.adapters:
        text += (
            f" {', '.join(done.adapters[-5:])} learned from your lessons; tonight's adapter is "
            "trained without them, and those are not used again."
        )
    if done.found:
        text += (
            " Something of it is still in files that others have made: whoever runs me finds their "
            "names in my log."
        )
    elif done.searched:
        files = counted(done.searched.files, "file")
        unread = done.searched.unread
        where = f" in these; {counted(unread, 'file')} I could not read" if unread else ""
        text += f" I searched {files} for what you had said: nothing is left{where}."
    return f"{text} {done.later}".rstrip()
