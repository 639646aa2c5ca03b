"""What the bot brings in figures: a week beside the weeks before it, and what nights gained.

Numbers of all people together: nobody's own, except for that person alone (`own_figures`).
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.feedback.benefits.topics import Topic, topics
from bot.store import Run, Store
from bot.store.examples.scope import Audience
from trainer.adapters.registry import Registry
from trainer.results.deployed import DeployedMarks
from trainer.results.evaluation import Marks

WEEK = timedelta(days=7)
NIGHTS = 14
"""So many of the newest nights with an exam are shown."""
LESSONS_READ = 10_000
"""So many of the newest lessons are sorted by topic."""
HOUR = 3600.0


@dataclass(frozen=True)
class WeekFigures:
    """Seven days in figures.

    Attributes:
        start: their beginning, as a time of the database.
        end: their end, which does not count.
        questions: answered or declined; comparisons are left out.
        people: who asked them.
        taught: of the questions, those answered from what was taught.
        up: thumbs up.
        down: thumbs down.
        gaps_opened: questions that nobody had taught, as far as they are alike counted once.
        gaps_closed: gaps that somebody closed by teaching.
        seconds: the median of the seconds that an answer took; None where nothing was asked.
        expert_hours: the median of the hours until an asked person answered; None where none did.
        lessons: taught in these days, and in force or waiting for approval.
        withdrawn: lessons that were withdrawn.
    """

    start: str
    end: str
    questions: int = 0
    people: int = 0
    taught: int = 0
    up: int = 0
    down: int = 0
    gaps_opened: int = 0
    gaps_closed: int = 0
    seconds: float | None = None
    expert_hours: float | None = None
    lessons: int = 0
    withdrawn: int = 0

    @property
    def share(self) -> float | None:
        """Share of the questions that were answered from what was taught; None without any."""
        return self.taught / self.questions if self.questions else None


@dataclass(frozen=True)
class NightLift:
    """What one night gained: right answers before it and after it, part by part.

    Attributes:
        run: the id of the run.
        at: when it ended.
        version: the adapter that it made.
        promoted: whether that is used.
        taught: questions as they were taught, as the bot as deployed answers them.
        reworded: the same in other words.
        general: questions that nobody taught, answered by the model itself.
    """

    run: int
    at: str
    version: str | None
    promoted: bool
    taught: tuple[Marks, Marks]
    reworded: tuple[Marks, Marks]
    general: tuple[Marks, Marks]


@dataclass(frozen=True)
class Benefits:
    """What the bot brings.

    Attributes:
        weeks: the newest first; there are two at least.
        open_gaps: the gaps that are open now.
        due: lessons that their owners are to look at.
        topics: what the lessons for everyone are about, most lessons first.
        nights: the newest nights with an exam, the oldest of them first.
        adapter: the version in use; None for the base model.
    """

    weeks: tuple[WeekFigures, ...]
    open_gaps: int
    due: int
    topics: tuple[Topic, ...]
    nights: tuple[NightLift, ...]
    adapter: str | None

    @property
    def week(self) -> WeekFigures:
        """The last seven days."""
        return self.weeks[0]

    @property
    def before(self) -> WeekFigures:
        """The seven days before them."""
        return self.weeks[1]


@dataclass(frozen=True)
class OwnFigures:
    """One person's own week, which nobody else is told."""

    questions: int
    lessons: int


def benefits(
    store: Store,
    registry: Registry,
    now: datetime,
    weeks: int = 2,
    *,
    review_days: int | None = None,
    audience: Audience | None = None,
) -> Benefits:
    """Returns what the bot brings, up to a time.

    Args:
        store: has the questions, the lessons and the nights.
        registry: knows the adapter in use.
        now: the end of the newest week, with a time zone.
        weeks: how many weeks; at least two.
        review_days: the days after which lessons without an interval of their own are due.
        audience: who reads it: open gaps and due lessons are counted over what they may see; None
            for whoever sits at the machine, who sees all.
    """
    ends = [now - number * WEEK for number in range(max(weeks, 2))]
    return Benefits(
        tuple(_week(store, end) for end in ends),
        open_gaps=store.gaps.count(audience),
        due=store.freshness.count_due(_day(now), review_days, audience=audience),
        topics=topics(store.figures.questions_taught(LESSONS_READ)),
        nights=tuple(lift for run in store.runs.examined(NIGHTS) if (lift := _lift(run))),
        adapter=registry.current(),
    )


def week_beside_week(store: Store, now: datetime) -> tuple[WeekFigures, WeekFigures]:
    """Returns the last seven days and those before, without what takes longer to count."""
    return _week(store, now), _week(store, now - WEEK)


def own_figures(store: Store, person: str, now: datetime) -> OwnFigures:
    """Returns the last seven days of one person, for that person alone."""
    start, end = _stamp(now - WEEK), _stamp(now)
    asked = store.figures.asked_by(person, start, end)
    return OwnFigures(asked, store.figures.taught_by(person, start, end))


def _week(store: Store, moment: datetime) -> WeekFigures:
    start, end = _stamp(moment - WEEK), _stamp(moment)
    asked = store.figures.asked(start, end)
    up, down = store.figures.thumbs(start, end)
    return WeekFigures(
        start,
        end,
        questions=asked.questions,
        people=asked.people,
        taught=asked.taught,
        up=up,
        down=down,
        gaps_opened=store.gaps.opened_between(start, end),
        gaps_closed=store.gaps.closed_between(start, end),
        seconds=asked.seconds,
        expert_hours=store.figures.expert_hours(start, end),
        lessons=store.figures.taught(start, end),
        withdrawn=store.figures.withdrawn(start, end),
    )


def _lift(run: Run) -> NightLift | None:
    """Returns what a run gained; None where no adapter was examined."""
    exam = run.evaluation
    if exam is None or exam.candidate is None:
        return None
    lift = NightLift(
        run.id,
        run.finished_at or run.started_at,
        run.version,
        run.status == "promoted",
        taught=(exam.base.taught, exam.candidate.taught),
        reworded=(exam.base.reworded, exam.candidate.reworded),
        general=(exam.base.general, exam.candidate.general),
    )
    now, before = exam.deployed, exam.deployed_current
    if now is None or before is None:
        return lift
    return replace(
        lift,
        taught=_marks(before.taught, now.taught),
        reworded=_marks(before.reworded, now.reworded),
    )


def _marks(before: DeployedMarks, now: DeployedMarks) -> tuple[Marks, Marks]:
    return Marks(before.right, before.asked), Marks(now.right, now.asked)


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
