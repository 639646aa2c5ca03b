"""Slack as `serve` runs it: connects, stays connected, and posts the morning report."""

import threading

import structlog
from slack_bolt.error import BoltError
from slack_sdk.errors import SlackApiError

from bot.assistant import Assistant
from bot.errors import SettingsError
from bot.feedback import Feedback
from bot.home import Home
from bot.morning import Morning, morning
from bot.night import NightRunner
from bot.settings import Settings
from bot.slack import morning_report, posting, schooling
from bot.slack.admin.nights import finish_left
from bot.slack.answering import break_promises, keep_alive, tell_who_waited
from bot.slack.app import build_app
from bot.slack.connection import sign_in, token_error, unreachable, web_client
from bot.slack.lanes import Lanes
from bot.slack.people import People
from bot.slack.posting import Piece, Place
from bot.slack.services import Services
from bot.slack.socket_mode import SocketMode
from bot.slack.threads import Threads
from bot.slack.trouble import SLACK_TROUBLE, code_of
from bot.slack.underway import UnderWay
from bot.store import Run, Store
from trainer.registry import Registry

log = structlog.get_logger(__name__)
STOP_SECONDS = 10.0


class SlackService:
    """One workspace over Socket Mode."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        store: Store,
        assistant: Assistant,
        feedback: Feedback,
        nights: NightRunner,
    ) -> None:
        self._home = home
        self._settings = settings
        self._store = store
        self._assistant = assistant
        self._feedback = feedback
        self._nights = nights
        self._client = web_client(settings.slack)
        self._services: Services | None = None
        self._socket: SocketMode | None = None

    def start(self) -> None:
        """Signs in and connects; returns when Slack may send.

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
        identity = sign_in(self._client)
        services = self._services = Services(
            home=self._home,
            settings=self._settings,
            store=self._store,
            assistant=self._assistant,
            feedback=self._feedback,
            nights=self._nights,
            client=self._client,
            identity=identity,
            lanes=Lanes(),
            people=People(self._client),
            threads=Threads(self._client, self._store, identity.user),
            underway=UnderWay(self._store),
        )
        tell_who_waited(services)
        self._nights.running()  # buries those that died with the process before this one
        finish_left(services)
        try:
            self._connect(services, slack.app_token.get_secret_value())
        except SlackApiError as error:
            raise token_error(error, "SLACK_APP_TOKEN", "xapp-") from error
        except (BoltError, *SLACK_TROUBLE) as error:
            raise unreachable(self._client) from error
        self._nights.on_finished.append(self.night_finished)
        threading.Thread(
            target=keep_alive, args=(services,), name="slack-life", daemon=True
        ).start()
        log.info("signed in to Slack", team=identity.team, bot=identity.user)

    def stop(self) -> None:
        """Disconnects and lets the answers under way come to their end."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._services is not None:
            self._services.closing.set()
            self._services.lanes.close(STOP_SECONDS)
            for follower in self._services.followers:
                follower.join(STOP_SECONDS)
            break_promises(self._services)
            self._services = None
        if self.night_finished in self._nights.on_finished:
            self._nights.on_finished.remove(self.night_finished)

    def drain(self, timeout: float) -> bool:
        """Waits until nothing is under way; False if that took longer (seconds)."""
        return self._services is None or self._services.lanes.drain(timeout)

    def night_finished(self, run: Run) -> None:
        """Posts the report of a run, and tells whoever asked for it."""
        if self._services is not None:
            schooling.tell_asker(self._services, run)
        told = morning(self._store, Registry(self._home.adapters), run)
        if self.post_report(morning_report.piece(told)) is not None:
            self._post_picture(told)

    def post_report(self, piece: Piece) -> str | None:
        """Posts to the channel of `slack.report_channel`.

        Returns:
            The message's time stamp; None where no channel is set or Slack refused.
        """
        channel = self._settings.slack.report_channel
        if not channel:
            return None
        try:
            return posting.say(self._client, Place(channel), piece)
        except SLACK_TROUBLE as error:
            log.warning(
                "the report was not posted", error=type(error).__name__, code=code_of(error)
            )
            return None

    def _post_picture(self, told: Morning) -> None:
        """Posts the night's picture below its report; the report stands without it."""
        channel = self._settings.slack.report_channel
        image = morning_report.picture(told)
        if not channel or image is None:
            return
        name = f"night-{told.run.id}.png"
        try:
            self._client.files_upload_v2(
                channel=channel,
                filename=name,
                content=image,
                title=morning_report.title(told.run),
                alt_txt=morning_report.alt_text(told.run),
            )
        except SLACK_TROUBLE as error:
            log.warning(
                "the picture was not posted", error=type(error).__name__, code=code_of(error)
            )

    def _connect(self, services: Services, app_token: str) -> None:
        try:
            self._socket = SocketMode(build_app(services), app_token)
            self._socket.connect()
        except BaseException:
            self.stop()
            raise
