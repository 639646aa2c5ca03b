"""How far a night is, as a message. Builds only; nothing here calls anybody."""

from slack_sdk.models.blocks import ActionsBlock

from bot.report import PHASES, duration
from bot.slack.admin.buttons import button
from bot.slack.posting import Piece
from bot.slack.text import escape
from bot.slack.whispering import section
from bot.store import Run

STOP = "night:stop"
WIDTH = 20
SURE = "The night ends without a result, and I stay as I am."


def progress(run: Run) -> Piece:
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
    return Piece(text, (section(text), ActionsBlock(elements=[stop])))
