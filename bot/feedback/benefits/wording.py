"""The figures in sentences for people, as plain text that each caller escapes or formats."""

from dataclasses import dataclass

from bot.feedback.benefits.figures import HOUR, Benefits, NightLift, OwnFigures, WeekFigures
from bot.store.questions.gaps import Gap
from trainer.results.evaluation import Marks

NONE = "-"
MINUTE = 60.0
WEEK_HEADS = ("This week", "The week before")


@dataclass(frozen=True)
class FigureRow:
    """One figure: its name for people, and how it reads in each week, the newest first."""

    name: str
    values: tuple[str, ...]


def rows(weeks: tuple[WeekFigures, ...]) -> tuple[FigureRow, ...]:
    """Returns the figures of some weeks, one a row; what no week has is left out."""
    table = [
        FigureRow("Questions", tuple(str(week.questions) for week in weeks)),
        FigureRow("People who asked", tuple(str(week.people) for week in weeks)),
        FigureRow("Answered from what was taught", tuple(_share(week) for week in weeks)),
        FigureRow("Thumbs up", tuple(str(week.up) for week in weeks)),
        FigureRow("Thumbs down", tuple(str(week.down) for week in weeks)),
        FigureRow("Gaps found", tuple(str(week.gaps_opened) for week in weeks)),
        FigureRow("Gaps closed", tuple(str(week.gaps_closed) for week in weeks)),
        FigureRow("Median time to an answer", tuple(_time(week.seconds) for week in weeks)),
    ]
    hours = [None if week.expert_hours is None else week.expert_hours * HOUR for week in weeks]
    if any(hour is not None for hour in hours):
        table.append(FigureRow("Median time to an expert's answer", tuple(map(_time, hours))))
    table.append(FigureRow("New lessons", tuple(str(week.lessons) for week in weeks)))
    table.append(FigureRow("Lessons withdrawn", tuple(str(week.withdrawn) for week in weeks)))
    return tuple(table)


def week_line(week: WeekFigures, before: WeekFigures) -> str:
    """Returns a week in one line beside the week before it."""
    if not week.questions and not before.questions:
        return "Nobody asked anything in the last two weeks."
    parts = [
        f"{_counted(week.questions, 'question')} of {_people(week.people)} ({before.questions})",
        f"{_share(week)} answered from what was taught ({_share(before)})",
        f"{_counted(week.gaps_closed, 'gap')} closed ({before.gaps_closed})",
    ]
    return f"Last seven days (and the seven before): {', '.join(parts)}."


def sentences(told: Benefits) -> list[str]:
    """Returns what stands beside the figures of the weeks: gaps, lessons, topics."""
    lines = []
    if told.open_gaps:
        lines.append(f"{_counted(told.open_gaps, 'gap')} open: asked, and nobody has taught it.")
    if told.due:
        lines.append(f"{_counted(told.due, 'lesson')} due: their owners are to look at them.")
    if told.topics:
        topics = ", ".join(f"{topic.name} ({topic.lessons})" for topic in told.topics)
        lines.append(f"Lessons by topic: {topics}.")
    return lines


def asked_line(gap: Gap) -> str:
    """Returns how often a gap was asked, and by how many people."""
    times = "once" if gap.asked == 1 else f"{gap.asked} times"
    return f"asked {times} by {_people(gap.people)}"


def lift_line(lift: NightLift) -> str:
    """Returns what one night gained in one line; a part that was not asked is left out."""
    parts = [
        f"{name} {marks[0]} → {marks[1]}"
        for name, marks in (
            ("right as deployed", lift.taught),
            ("in other words", lift.reworded),
            ("general", lift.general),
        )
        if marks[0].asked and marks[1].asked
    ]
    kept = "" if lift.promoted else " (not used)"
    return f"{lift.at[:10]}, {lift.version or f'run {lift.run}'}{kept}: {', '.join(parts)}"


def own_line(own: OwnFigures) -> str:
    """Returns one person's own week, for that person alone."""
    asked, taught = _counted(own.questions, "question"), _counted(own.lessons, "lesson")
    return f"You, in these seven days: {asked}, {taught}. Only you see this."


def percent(marks: Marks) -> int:
    """Returns the share of right answers in percent."""
    return round(100 * marks.share)


def _share(week: WeekFigures) -> str:
    return NONE if week.share is None else f"{round(100 * week.share)} %"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return NONE
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    return f"{seconds / MINUTE:.0f} min" if seconds < HOUR else f"{seconds / HOUR:.1f} h"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
