"""The state of the bot at a glance, for Slack, the console and the command line."""

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.home import Home
from bot.nights.night_lock import living_run
from bot.nights.report import plain_reason
from bot.nights.scheduler import next_night
from bot.settings import Settings
from bot.store import Run, Store
from trainer.adapters.registry import Registry


@dataclass(frozen=True)
class Status:
    """What the bot answers with, what it was taught, and its nights."""

    model: str
    adapter: str | None
    """The current version, None while the base model answers."""
    examples: dict[str, int]
    """How many examples have each status."""
    thumbs_up: int
    thumbs_down: int
    running: Run | None
    last_run: Run | None
    next_night: datetime | None


def status(home: Home, settings: Settings, store: Store) -> Status:
    """Reads the state from the store and the registry; cheap enough for every page.

    A run that was cut off is closed on the way, so that it is not shown as one under way.
    """
    up, down = store.ratings.totals()
    return Status(
        model=settings.model,
        adapter=Registry(home.adapters).current(),
        examples=store.examples.counts(),
        thumbs_up=up,
        thumbs_down=down,
        running=living_run(home, store),
        last_run=store.runs.latest(),
        next_night=next_night(settings.night, datetime.now(UTC)),
    )


def sentences(state: Status) -> list[str]:
    """Returns the state in words, one fact a sentence."""
    taught = state.examples["approved"]
    facts = [
        f"I answer with {state.adapter or 'the base model'} on {state.model}.",
        f"{taught} {'example is' if taught == 1 else 'examples are'} in my lessons"
        + (
            f", {state.examples['pending']} wait for approval."
            if state.examples["pending"]
            else "."
        ),
    ]
    if state.running:
        facts.append(f"I am at school right now (run {state.running.id}, {state.running.phase}).")
    elif state.last_run:
        facts.append(f"Last night: {state.last_run.status}. {plain_reason(state.last_run)}".strip())
    if state.next_night:
        facts.append(f"Next night: {state.next_night:%A %d %B, %H:%M %Z}.")
    else:
        facts.append("No nights are planned: they are switched off in the settings.")
    return facts
