"""The Slack side of `serve`: connects to Slack, and posts the report of every night."""

import threading
from datetime import UTC, datetime

import structlog
from slack_bolt.error import BoltError
from slack_sdk.errors import SlackApiError

from bot.answers.assistant import Assistant
from bot.errors import SettingsError
from bot.home import Home
from bot.nights.report import MEANING, NightReport, gather_report
from bot.nights.runner import NightRunner
from bot.settings import Settings
from bot.slack.assembly.parts import SlackParts, assemble
from bot.slack.benefits.morning import with_week
from bot.slack.messages import posting
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.nights import report_message
from bot.slack.transport.connection import connection_error, token_error, unreachable, web_client
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.executors import Executors
from bot.slack.transport.retry import outlast
from bot.slack.transport.socket_mode import SocketMode
from bot.store import Run, Store
from bot.store.examples.scope import audience_of
from trainer.adapters.registry import Registry

log = structlog.get_logger(__name__)
STOP_SECONDS = 10.0
"""How long answers under way may take when the service stops."""


class SlackService:
    """The connection to one workspace over Socket Mode."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        store: Store,
        assistant: Assistant,
        nights: NightRunner,
    ) -> None:
        self._home = home
        self._settings = settings
        self._store = store
        self._assistant = assistant
        self._nights = nights
        self._client = web_client(settings.slack)
        self._parts: SlackParts | None = None
        self._socket: SocketMode | None = None

    def start(self) -> None:
        """Signs in and connects; returns when events may arrive.

        Raises:
            SettingsError: a token is missing or refused.
            NightschoolError: Slack cannot be reached.
        """
        slack = self._settings.slack
        if not (slack.bot_token and slack.app_token):
            raise SettingsError(
                "Slack needs two tokens, SLACK_BOT_TOKEN (xoxb-...) and SLACK_APP_TOKEN "
                "(xapp-...); docs/slack.md shows where they come from."
            )
        self._client.pacer.hurry(on=False)
        parts = self._parts = self._assemble()
        try:
            parts.delivery.tell_who_waited()
            self._nights.running()  # closes the runs that died with the process before this one
            parts.progress.finish_left()
            self._socket = SocketMode(parts.app, slack.app_token.get_secret_value())
            self._connect(self._socket)
        except BaseException:
            self.stop()
            raise
        self._nights.on_finished.append(self.night_finished)
        parts.rounds.start()
        threading.Thread(
            target=parts.delivery.keep_alive, name="slack-keep-alive", daemon=True
        ).start()
        log.info("signed in to Slack")

    def stop(self) -> None:
        """Disconnects; answers under way get STOP_SECONDS to end, the others an apology."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._parts is not None:
            self._parts.closing.set()
            self._client.pacer.hurry()
            self._parts.executors.close(STOP_SECONDS)
            self._parts.rounds.join(STOP_SECONDS)
            self._parts.progress.join(STOP_SECONDS)
            self._parts.delivery.break_promises()
            self._parts.sessions.settle()
            self._parts = None
        if self.night_finished in self._nights.on_finished:
            self._nights.on_finished.remove(self.night_finished)

    def drain(self, timeout: float) -> bool:
        """Waits until nothing is under way; returns False if `timeout` seconds were too few."""
        return self._parts is None or self._parts.executors.drain(timeout)

    def night_finished(self, run: Run) -> None:
        """Posts the report of a run, and tells the person who started it."""
        if self._parts is not None:
            self._parts.progress.tell_asker(run)
        report = gather_report(self._store, Registry(self._home.adapters), run)
        if self.post_report(self._morning(report)) is not None:
            self._post_picture(report)

    def _morning(self, report: NightReport) -> MessageContent:
        """Returns the report of a night; below it, the week and the greatest gaps."""
        told = report_message.content(report)
        channel = self._settings.slack.report_channel
        if not channel or report.run.status not in MEANING:
            return told
        audience = audience_of("slack", channel, channel)
        return with_week(told, self._store, self._settings, audience, datetime.now(UTC))

    def post_report(self, report: MessageContent) -> str | None:
        """Posts to the channel of `slack.report_channel`; tries again where Slack is away.

        Returns:
            The message's time stamp; None where there is no channel, or Slack refused it.
        """
        channel, parts = self._settings.slack.report_channel, self._parts
        if not channel or parts is None:
            return None
        try:
            return outlast(lambda: posting.say(self._client, Place(channel), report), parts.closing)
        except SLACK_TROUBLE as error:
            name = type(error).__name__
            log.warning("the report was not posted", error=name, code=code_of(error))
            return None

    def _post_picture(self, report: NightReport) -> None:
        """Posts the night's picture below its report; logs it where Slack refuses."""
        channel = self._settings.slack.report_channel
        image = report_message.picture(report)
        if not channel or image is None:
            return
        try:
            self._client.files_upload_v2(
                channel=channel,
                filename=f"night-{report.run.id}.png",
                content=image,
                title=report_message.title(report.run),
                alt_txt=report_message.alt_text(report.run),
            )
        except SLACK_TROUBLE as error:
            name = type(error).__name__
            log.warning("the picture was not posted", error=name, code=code_of(error))

    def _assemble(self) -> SlackParts:
        executors = Executors()
        try:
            return assemble(
                self._home,
                self._settings,
                self._store,
                self._assistant,
                self._nights,
                self._client,
                executors,
            )
        except BaseException as error:
            executors.close(0)
            if isinstance(error, BoltError):
                raise unreachable(self._client) from error
            if isinstance(error, SLACK_TROUBLE):
                raise connection_error(self._client, error) from error
            raise

    def _connect(self, socket: SocketMode) -> None:
        try:
            socket.connect()
        except SlackApiError as error:
            raise token_error(error, "SLACK_APP_TOKEN", "xapp-") from error
        except SLACK_TROUBLE as error:
            raise connection_error(self._client, error) from error
