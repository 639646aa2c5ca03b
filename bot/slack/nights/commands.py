"""`/nightschool night` starts a night, whose progress a direct message shows, or stops one.

Teachers may start a night; without any admin every member may, as it costs nothing but time. The
person who started a night may stop it, and so may admins.
"""

from slack_bolt import App
from slack_sdk import WebClient

from bot.errors import InputError
from bot.nights.runner import NightRunner
from bot.permissions import Act, Rights, RightsError
from bot.slack.messages.buttons import number
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.nights.progress import STOP, NightAsker, NightProgress
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.command import Command
from bot.slack.payloads.dispatcher import Dispatcher
from bot.store import Store

BEGUN = ":school: I am off to school (run {run}). I keep answering; see our direct messages."
NONE_RUNS = "No night is under way."
TOO_LATE = "It is too late for that: the night has its result already."
ELSEWHERE = "That night runs in another process: stop it where it was started."


class NightCommands:
    """Starts and stops nights for people who have the right to."""

    def __init__(
        self,
        store: Store,
        nights: NightRunner,
        rights: Rights,
        client: WebClient,
        progress: NightProgress,
    ) -> None:
        self._store = store
        self._nights = nights
        self._rights = rights
        self._client = client
        self._progress = progress
        self._starters: dict[int, str] = {}  # run id -> Slack user id

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the button that stops a night."""
        app.action(STOP)(listener(dispatcher, self._stop_pressed))

    def command(self, command: Command) -> None:
        """Runs `night`, `night force` (also where nothing is new) or `night stop`.

        Raises:
            RightsError: this person may not.
            InputError: there is no night to stop, or it cannot be stopped any more.
        """
        words = command.text.lower().split()
        if "stop" in words:
            running = self._nights.under_way()
            if running is None:
                raise InputError(NONE_RUNS)
            stopped = self._stop(command.user, running.id)
            send_ephemeral(self._client, command.recipient, stopped)
            return
        self._rights.require(command.user, Act.NIGHT)
        run_id = self._nights.start(force="force" in words)
        self._starters = {
            run.id: self._starters[run.id]
            for run in self._store.runs.running()
            if run.id in self._starters
        } | {run_id: command.user}
        self._progress.begin(run_id, NightAsker(command.user, command.response_url))
        begun = MessageContent(BEGUN.format(run=run_id))
        send_ephemeral(self._client, command.recipient, begun)
        self._progress.tell_asker(self._store.runs.get(run_id))

    def _stop_pressed(self, click: Click) -> None:
        stopped = self._stop(click.recipient.user, number(click.value))
        send_ephemeral(self._client, click.recipient, stopped)

    def _stop(self, user: str, run_id: int) -> MessageContent:
        if self._starters.get(run_id) != user and not self._rights.is_admin(user):
            if self._rights.has_admin():
                raise RightsError("Only admins and who started the night may stop it.")
            self._rights.require_admin(user)
        running = self._nights.under_way()
        if running is None or running.id != run_id:
            raise InputError(NONE_RUNS)
        if not self._nights.cancel(run_id):
            raise InputError(TOO_LATE if self._nights.owns(run_id) else ELSEWHERE)
        return MessageContent(f"Run {run_id} is being stopped; nothing is changed by it.")
