"""/nightschool night: school now, followed live in one direct message with a button that stops it.

With no admin at all anybody may start a night, as it costs nothing but time; else teachers may.
Who started one may stop it, and admins may.
"""

import os
import threading

import structlog
from slack_bolt import App

from bot.errors import InputError
from bot.morning import morning
from bot.rights import RightsError
from bot.slack import morning_report, posting, schooling
from bot.slack.admin import night_cards
from bot.slack.admin.buttons import number
from bot.slack.listeners.action import Click, listener
from bot.slack.listeners.command import Command
from bot.slack.outage import is_outage
from bot.slack.posting import Piece, Place
from bot.slack.services import NightAsker, Services
from bot.slack.trouble import SLACK_TROUBLE, code_of
from bot.slack.whispering import whisper
from bot.store import Run

log = structlog.get_logger(__name__)
LOOK_SECONDS = 1.0
"""How often the run's progress is looked up."""
UPDATE_SECONDS = 3.0
"""How often the message is changed at most: Slack takes about one update a second."""
NONE_RUNS = "No night is under way."
TOO_LATE = "It is too late for that: the night has its result already."
ELSEWHERE = "That night runs in another process: stop it where it was started."


def command(services: Services, command: Command) -> None:
    """`night`, `night force`, `night stop`."""
    words = command.text.lower().split()
    if "stop" in words:
        running = services.store.runs.running()
        if not running:
            raise InputError(NONE_RUNS)
        whisper(services.client, command.ear, _stopped(services, command.user, running[-1].id))
        return
    rights = services.rights
    if rights.has_admin():
        rights.require_teacher(command.user)
    run = services.nights.start(force="force" in words)
    services.night_starters[run] = command.user
    live = _posted(services, command.user, run)
    if live is None:
        # No direct messages: the outcome is told where the command was given.
        services.asked_for_night[run] = NightAsker(command.user, command.response_url)
    whisper(services.client, command.ear, Piece(schooling.BEGUN.format(run=run)))
    if live is None:
        ended = services.store.runs.get(run)
        if ended.status != "running":
            schooling.tell_asker(services, ended)
        return
    services.store.runs.follow(run, f"{live.channel} {live.thread}")
    follower = threading.Thread(
        target=_follow, args=(services, run, live), name=f"slack-night-{run}", daemon=True
    )
    services.followers[:] = [other for other in services.followers if other.is_alive()]
    services.followers.append(follower)
    follower.start()


def finish_left(services: Services) -> None:
    """Ends the messages of nights that the process before this one followed."""
    for run in services.store.runs.followed():
        channel, _, ts = (run.followed_at or "").partition(" ")
        try:
            _finish(services, Place(channel, ts), run)
        except Exception as error:  # noqa: BLE001  an old message must not keep the bot from starting
            log.warning("a night was not ended", error=type(error).__name__, code=code_of(error))
            if not is_outage(error):
                services.store.runs.follow(run.id, None)


def register(app: App, services: Services) -> None:
    """Registers the stop button."""
    app.action(night_cards.STOP)(listener(services, _stop))


def _stop(services: Services, click: Click) -> None:
    said = _stopped(services, click.ear.user, number(click.value))
    whisper(services.client, click.ear, said)


def _stopped(services: Services, user: str, run: int) -> Piece:
    if services.night_starters.get(run) != user and not services.rights.is_admin(user):
        if services.rights.has_admin():
            raise RightsError("Only admins and who started the night may stop it.")
        services.rights.require_admin(user)
    if services.store.runs.get(run).status != "running":
        raise InputError(NONE_RUNS)
    if not services.nights.cancel(run):
        own = services.store.runs.get(run).pid == os.getpid()
        raise InputError(TOO_LATE if own else ELSEWHERE)
    return Piece(f"Run {run} is being stopped; nothing is changed by it.")


def _posted(services: Services, user: str, run: int) -> Place | None:
    """The message that is going to be changed: its channel and, as `thread`, its time stamp."""
    piece = night_cards.progress(services.store.runs.get(run))
    try:
        answer = services.client.chat_postMessage(
            channel=user,
            text=piece.text,
            blocks=list(piece.blocks),
            unfurl_links=False,
            parse="none",
            link_names=False,
        )
    except SLACK_TROUBLE as error:
        log.warning("a night is not followed", error=type(error).__name__, code=code_of(error))
        return None
    return Place(str(answer["channel"]), str(answer["ts"]))


def _follow(services: Services, run_id: int, live: Place) -> None:
    """Changes the message while the night goes on, and at its end to what came of it."""
    since, shown = 0.0, ""
    while (run := services.store.runs.get(run_id)).status == "running":
        if services.closing.wait(LOOK_SECONDS if shown else 0):
            run = services.store.runs.get(run_id)
            if run.status == "running":
                return  # `finish_left` does it after the next start
            break
        since -= LOOK_SECONDS
        piece = night_cards.progress(run)
        if since <= 0 and piece.text != shown:
            _update(services, live, piece)
            since, shown = UPDATE_SECONDS, piece.text
    services.night_starters.pop(run_id, None)
    _finish(services, live, run)


def _finish(services: Services, live: Place, run: Run) -> None:
    told = morning_report.piece(morning(services.store, services.registry, run))
    posting.replace(services.client, Place(live.channel), live.thread, [told])
    services.store.runs.follow(run.id, None)


def _update(services: Services, live: Place, piece: Piece) -> None:
    try:
        services.client.chat_update(
            channel=live.channel,
            ts=live.thread or "",
            text=piece.text,
            blocks=list(piece.blocks),
            parse="none",
            link_names=False,
        )
    except SLACK_TROUBLE as error:
        log.info("progress was not shown", error=type(error).__name__, code=code_of(error))
