"""Slack's agent sessions: a thread shows that it is being answered, with Slack's own Stop button.

A session that is left at "processing" would show a loading sign for ever, so each is ended when its
last answer is finished, tried again with each round until Slack has taken it. A workspace that does
not know sessions is asked once; from then on the plain status shows the sign of life.
Source: docs.slack.dev/ai/agent-sessions.
"""

import re
import threading
import time
from collections.abc import Callable

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.messages.mrkdwn import shorten
from bot.slack.messages.posting import Place
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage

log = structlog.get_logger(__name__)
NO_SESSIONS = {
    "unknown_method",
    "missing_scope",
    "not_allowed_token_type",
    "feature_not_enabled",
    "app_not_agent",
    "not_an_agent",
}
"""Error codes of Slack after which no session is begun any more."""
BEGUN_A_MINUTE = 20
"""Sessions that are begun within a minute at most: each takes two calls of
agents.sessions.setStatus, of which Slack takes some 50 a minute (Tier 3). All other answers show
the plain status."""
TITLE = 60
"""Characters of a thread's title; Slack takes 200."""
UNSUBSCRIBED = "missing_agent_session_stopped_event_subscription"
_MARKS = re.compile(r"[<>`*_~\s]+")


def thread_title(text: str) -> str:
    """Makes the title of a thread of the question that begins it: short, one line, no marks."""
    return shorten(_MARKS.sub(" ", text).strip(), TITLE)


class AgentSessions:
    """Begins, names and ends the sessions of threads; safe from any thread of the process."""

    def __init__(
        self,
        client: WebClient,
        soon: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Calls nothing yet.

        Args:
            client: the Web API.
            soon: asks for a call of `settle`.
            clock: tells seconds that only grow.
        """
        self._client = client
        self._soon = soon
        self._clock = clock
        self._known = self._titles = True
        self._processing: set[Place] = set()
        self._ending: set[Place] = set()
        self._begun: list[float] = []
        self._guard = threading.Lock()

    def begin(self, place: Place, person: str, title: str = "") -> bool:
        """Shows that a thread is being answered; returns whether Slack shows it. Never raises.

        Args:
            place: the thread.
            person: the id of whoever asked.
            title: the name of the session, where the thread begins with the question.
        """
        with self._guard:
            if place in self._processing:
                self._ending.discard(place)
                return True
            if not self._known or place.thread is None or not self._has_room():
                return False
        try:
            answer = self._client.agents_sessions_setStatus(
                channel_id=place.channel,
                thread_ts=place.thread,
                status="processing",
                title=title or None,
                initiator_user_id=person,
            )
        except SLACK_TROUBLE as error:
            self._note_refusal(error)
            return False
        if answer.get("warning") == UNSUBSCRIBED:
            log.warning(
                "the app's manifest is old: nobody sees a stop button", mend="docs/slack.md"
            )
        with self._guard:
            self._ending.discard(place)
            self._processing.add(place)
        return True

    def end(self, place: Place) -> None:
        """Asks for the end of a thread's session, if it has one under way; it does not wait."""
        with self._guard:
            if place not in self._processing:
                return
            self._ending.add(place)
        self._soon()

    def left(self, place: Place) -> None:
        """Asks for the end of a session that an earlier process, or somebody's click, has left."""
        if place.thread is None:
            return
        with self._guard:
            self._processing.add(place)
            self._ending.add(place)
        self._soon()

    def settle(self) -> None:
        """Ends what `end` asked for; where Slack is away, the next call tries it again."""
        with self._guard:
            ending = list(self._ending)
        for place in ending:
            with self._guard:
                if place not in self._ending or not self._known:
                    continue  # somebody asks there again, or Slack has no sessions at all
                # Before the call: a question that comes meanwhile begins the session anew.
                self._ending.discard(place)
                self._processing.discard(place)
            try:
                self._client.agents_sessions_setStatus(
                    channel_id=place.channel, thread_ts=place.thread, status="active"
                )
            except SLACK_TROUBLE as error:
                self._note_refusal(error)
                if not isinstance(error, SlackApiError) or is_outage(error):
                    with self._guard:
                        self._ending.add(place)
                        self._processing.add(place)
                    return

    def name(self, place: Place, title: str, *, direct: bool, again: bool) -> None:
        """Gives a thread its title, where its session did not bring it. Never raises.

        Args:
            place: the thread.
            title: of one line.
            direct: whether it is in direct messages: only there a thread without a session has one.
            again: whether the thread has had another title before.
        """
        if not title or place.thread is None:
            return
        try:
            if self._known:
                if again:
                    self._client.agents_sessions_rename(
                        channel_id=place.channel, thread_ts=place.thread, title=title
                    )
            elif direct and self._titles:
                self._client.assistant_threads_setTitle(
                    channel_id=place.channel, thread_ts=place.thread, title=title
                )
        except SLACK_TROUBLE as error:
            log.info("no title", error=type(error).__name__, code=code_of(error))
            if isinstance(error, SlackApiError) and code_of(error) in NO_SESSIONS:
                self._titles = False

    def _has_room(self) -> bool:
        now = self._clock()
        self._begun = [at for at in self._begun if now - at < 60]  # noqa: PLR2004  a minute
        if len(self._begun) >= BEGUN_A_MINUTE:
            return False
        self._begun.append(now)
        return True

    def _note_refusal(self, error: Exception) -> None:
        code = code_of(error)
        log.info("no session", error=type(error).__name__, code=code)
        if isinstance(error, SlackApiError) and code in NO_SESSIONS:
            with self._guard:
                self._known = False
                self._processing.clear()
                self._ending.clear()
