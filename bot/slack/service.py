"""Slack as `serve` runs it: connects, stays connected, and posts the morning report."""

import threading

import structlog
from slack_bolt.error import BoltError
from slack_sdk.errors import SlackApiError

from bot.answers.assistant import Assistant
from bot.errors import SettingsError
from bot.home import Home
from bot.nights.report import NightReport, gather_report
from bot.nights.runner import NightRunner
from bot.settings import Settings
from bot.slack.admin import night_report
from bot.slack.admin.nights import finish_left, tell_asker
from bot.slack.answers.delivery import break_promises, keep_alive, tell_who_waited
from bot.slack.app import build_app
from bot.slack.dependencies import Services
from bot.slack.messages import posting
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.member_names import MemberNames
from bot.slack.state.threads import Threads
from bot.slack.transport.connection import sign_in, token_error, unreachable, web_client
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.executors import Executors
from bot.slack.transport.socket_mode import SocketMode
from bot.store import Run, Store
from trainer.adapters.registry import Registry

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
        nights: NightRunner,
    ) -> None:
        self._home = home
        self._settings = settings
        self._store = store
        self._assistant = assistant
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
            nights=self._nights,
            client=self._client,
            identity=identity,
            executors=Executors(),
            member_names=MemberNames(self._client),
            threads=Threads(self._client, self._store, identity.user),
            in_flight=InFlightAnswers(self._store),
        )
        tell_who_waited(services)
        self._nights.running()  # marks those as crashed that died with the process before this one
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
            self._services.executors.close(STOP_SECONDS)
            for follower in self._services.followers:
                follower.join(STOP_SECONDS)
            break_promises(self._services)
            self._services = None
        if self.night_finished in self._nights.on_finished:
            self._nights.on_finished.remove(self.night_finished)

    def drain(self, timeout: float) -> bool:
        """Waits until nothing is under way; False if that took longer (seconds)."""
        return self._services is None or self._services.executors.drain(timeout)

    def night_finished(self, run: Run) -> None:
        """Posts the report of a run, and tells whoever asked for it."""
        if self._services is not None:
            tell_asker(self._services, run)
        told = gather_report(self._store, Registry(self._home.adapters), run)
        if self.post_report(night_report.piece(told)) is not None:
            self._post_picture(told)

    def post_report(self, piece: MessageContent) -> str | None:
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

    def _post_picture(self, told: NightReport) -> None:
        """Posts the night's picture below its report; the report stands without it."""
        channel = self._settings.slack.report_channel
        image = night_report.picture(told)
        if not channel or image is None:
            return
        name = f"night-{told.run.id}.png"
        try:
            self._client.files_upload_v2(
                channel=channel,
                filename=name,
                content=image,
                title=night_report.title(told.run),
                alt_txt=night_report.alt_text(told.run),
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
