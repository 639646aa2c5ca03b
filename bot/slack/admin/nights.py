"""/nightschool night: school now, followed live in one direct message with a button that stops it.

With no admin at all anybody may start a night, as it costs nothing but time; else teachers may.
Who started one may stop it, and admins may.
"""

import threading

import structlog
from slack_bolt import App
from slack_sdk.models.blocks import ActionsBlock

from bot.errors import InputError
from bot.nights.report import PHASES, duration, gather_report
from bot.permissions import RightsError
from bot.slack.admin import night_report
from bot.slack.admin.buttons import button, number
from bot.slack.dependencies import NightAsker, Services
from bot.slack.messages import posting
from bot.slack.messages.ephemeral import section, send_ephemeral
from bot.slack.messages.mrkdwn import escape
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.payloads.action import Click, listener
from bot.slack.payloads.command import Command
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage
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
        running = services.nights.under_way()
        if running is None:
            raise InputError(NONE_RUNS)
        send_ephemeral(
            services.client, command.recipient, _stopped(services, command.user, running.id)
        )
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
    send_ephemeral(services.client, command.recipient, MessageContent(BEGUN.format(run=run)))
    if live is None:
        ended = services.store.runs.get(run)
        if ended.status != "running":
            tell_asker(services, ended)
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
    app.action(STOP)(listener(services, _stop))


def _stop(services: Services, click: Click) -> None:
    said = _stopped(services, click.recipient.user, number(click.value))
    send_ephemeral(services.client, click.recipient, said)


def _stopped(services: Services, user: str, run: int) -> MessageContent:
    if services.night_starters.get(run) != user and not services.rights.is_admin(user):
        if services.rights.has_admin():
            raise RightsError("Only admins and who started the night may stop it.")
        services.rights.require_admin(user)
    running = services.nights.under_way()
    if running is None or running.id != run:
        raise InputError(NONE_RUNS)
    if not services.nights.cancel(run):
        raise InputError(TOO_LATE if services.nights.owns(run) else ELSEWHERE)
    return MessageContent(f"Run {run} is being stopped; nothing is changed by it.")


def _posted(services: Services, user: str, run: int) -> Place | None:
    """The message that is going to be changed: its channel and, as `thread`, its time stamp."""
    piece = progress(services.store.runs.get(run))
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
        piece = progress(run)
        if since <= 0 and piece.text != shown:
            _update(services, live, piece)
            since, shown = UPDATE_SECONDS, piece.text
    services.night_starters.pop(run_id, None)
    _finish(services, live, run)


def _finish(services: Services, live: Place, run: Run) -> None:
    told = night_report.piece(gather_report(services.store, services.registry, run))
    posting.replace(services.client, Place(live.channel), live.thread, [told])
    services.store.runs.follow(run.id, None)


def _update(services: Services, live: Place, piece: MessageContent) -> None:
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


BEGUN = ":school: I am off to school (run {run}). I keep answering; see our direct messages."


def tell_asker(services: Services, run: Run) -> None:
    """Tells the person who asked for this run how it ended, once; nobody if it was the clock."""
    asker = services.asked_for_night.pop(run.id, None)
    if asker is None:
        return
    told = night_report.piece(gather_report(services.store, services.registry, run))
    posting.tell(services.client, asker.user, asker.response_url, told)


STOP = "night:stop"
WIDTH = 20
SURE = "The night ends without a result, and I stay as I am."


def progress(run: Run) -> MessageContent:
    """A bar, what is going on, and the button that stops it."""
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
