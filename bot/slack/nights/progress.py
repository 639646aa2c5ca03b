"""The progress of a night: one direct message to who started it, updated until its end."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import ActionsBlock

from bot.nights.report import PHASES, duration, gather_report
from bot.slack.messages import posting
from bot.slack.messages.blocks import section
from bot.slack.messages.buttons import button
from bot.slack.messages.mrkdwn import escape
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.nights import report_message
from bot.slack.transport.errors import SLACK_TROUBLE, code_of, log_failure
from bot.slack.transport.retry import is_outage, outlast
from bot.store import Run, Store
from trainer.adapters.registry import Registry

log = structlog.get_logger(__name__)
LOOK_SECONDS = 1.0
"""Seconds between two reads of a run's progress."""
UPDATE_SECONDS = 3.0
"""Seconds between two updates of the message, at least: Slack takes about one a second."""
STOP = "night:stop"
WIDTH = 20
"""Characters of the progress bar."""
SURE = "The night ends without a result, and I stay as I am."


@dataclass(frozen=True)
class NightAsker:
    """The person who started a night, and the URL by which they are told its result."""

    user: str
    response_url: str


class NightProgress:
    """Updates a direct message during a night; without one, sends the result at its end."""

    def __init__(
        self, store: Store, registry: Registry, client: WebClient, closing: threading.Event
    ) -> None:
        """`closing` is set when the service stops; nothing waits for Slack any longer then."""
        self._store = store
        self._registry = registry
        self._client = client
        self._closing = closing
        self._askers: dict[int, NightAsker] = {}
        self._threads: list[threading.Thread] = []

    def begin(self, run_id: int, asker: NightAsker) -> None:
        """Sends a message and updates it from a thread until the run ends; returns at once.

        Where Slack refuses the message, `tell_asker` sends the result to the command's channel.
        """
        place = self._post(asker.user, run_id)
        if place is None:
            self._askers[run_id] = asker
            return
        self._store.runs.follow(run_id, f"{place.channel} {place.thread}")
        thread = threading.Thread(
            target=self._follow, args=(run_id, place), name=f"slack-night-{run_id}", daemon=True
        )
        self._threads[:] = [other for other in self._threads if other.is_alive()]
        self._threads.append(thread)
        thread.start()

    def finish_left(self) -> None:
        """Replaces messages that an earlier process left unfinished by reports; never raises."""
        for run in self._store.runs.followed():
            channel, _, ts = (run.followed_at or "").partition(" ")
            self._end(Place(channel, ts), run, self._finish)

    def tell_asker(self, run: Run) -> None:
        """Sends the result of a run to who started it, once, if no message shows its progress."""
        if run.status == "running" or (asker := self._askers.pop(run.id, None)) is None:
            return
        posting.tell(self._client, asker.user, asker.response_url, self._report(run))

    def join(self, timeout: float) -> None:
        """Waits for each thread that follows a night, `timeout` seconds at most."""
        for thread in self._threads:
            thread.join(timeout)

    def _post(self, user: str, run_id: int) -> Place | None:
        """Sends the message; returns its channel and, as `thread`, its time stamp."""
        content = progress(self._store.runs.get(run_id))
        try:
            answer = self._client.chat_postMessage(
                channel=user,
                text=content.text,
                blocks=list(content.blocks),
                unfurl_links=False,
                parse="none",
                link_names=False,
            )
        except SLACK_TROUBLE as error:
            log.warning("a night is not followed", error=type(error).__name__, code=code_of(error))
            return None
        return Place(str(answer["channel"]), str(answer["ts"]))

    def _follow(self, run_id: int, place: Place) -> None:
        """Updates the message during the night, and replaces it by the report at the end."""
        try:
            run = self._watch(run_id, place)
        except Exception as error:  # noqa: BLE001  `finish_left` ends it after the next start
            log_failure(error, "follow a night")
            return
        if run is not None:
            self._end(place, run, lambda *end: outlast(lambda: self._finish(*end), self._closing))

    def _watch(self, run_id: int, place: Place) -> Run | None:
        """Shows progress until the run has ended; returns None where the service stops before."""
        wait, shown = 0.0, ""
        while (run := self._store.runs.get(run_id)).status == "running":
            if self._closing.wait(LOOK_SECONDS if shown else 0):
                run = self._store.runs.get(run_id)
                return run if run.status != "running" else None
            wait -= LOOK_SECONDS
            content = progress(run)
            if wait <= 0 and content.text != shown:
                self._update(place, content)
                wait, shown = UPDATE_SECONDS, content.text
        return run

    def _end(self, place: Place, run: Run, finish: Callable[[Place, Run], object]) -> None:
        """Replaces a message by the report; where Slack is away, the next start does it."""
        try:
            finish(place, run)
            self._store.runs.follow(run.id, None)
        except Exception as error:  # noqa: BLE001  a message must not keep the bot from starting
            log_failure(error, "end the message of a night")
            if isinstance(error, SLACK_TROUBLE) and not is_outage(error):
                self._store.runs.follow(run.id, None)

    def _finish(self, place: Place, run: Run) -> None:
        """Replaces the message by the report."""
        posting.replace(self._client, Place(place.channel), place.thread, [self._report(run)])

    def _report(self, run: Run) -> MessageContent:
        return report_message.content(gather_report(self._store, self._registry, run))

    def _update(self, place: Place, content: MessageContent) -> None:
        try:
            self._client.chat_update(
                channel=place.channel,
                ts=place.thread or "",
                text=content.text,
                blocks=list(content.blocks),
                parse="none",
                link_names=False,
            )
        except SLACK_TROUBLE as error:
            log.info("progress was not shown", error=type(error).__name__, code=code_of(error))


def progress(run: Run) -> MessageContent:
    """Returns the progress of a run: its phase, a bar, loss and time left, and a stop button."""
    phase = PHASES.get(run.phase or "", run.phase or "At school")
    phase = phase[:1].lower() + phase[1:]
    lines = [f":school: *At school* (run {run.id}): {escape(phase)}"]
    if run.step is not None and run.steps:
        done = round(WIDTH * min(run.step / run.steps, 1.0))
        bar = "▓" * done + "░" * (WIDTH - done)
        lines.append(f"`{bar}` {run.step} of {run.steps}")
    if run.phase == "train" and run.loss is not None:
        left = f", about {duration(run.seconds_left)} left" if run.seconds_left else ""
        lines.append(f"loss {run.loss:.3f}{left}")
    text = "\n".join(lines)
    stop = button("Stop", STOP, str(run.id), style="danger", sure=SURE)
    return MessageContent(text, (section(text), ActionsBlock(elements=[stop])))
