"""Builds the report of a night as a message and a picture; calls no API."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, MarkdownTextObject

from bot.feedback.votes import VoteTally
from bot.nights import report, report_chart
from bot.nights.report import NightReport
from bot.slack.messages.blocks import FALLBACK_LIMIT, section
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.store import Run
from bot.store.runs import ChangedExample

QUESTION, ANSWER, REASON = 120, 160, 150
WHY_LIMIT = 900
"""Characters of the reason why a version was promoted or not."""
FORGOTTEN = "somebody's, who asked to be forgotten"


def content(told: NightReport) -> MessageContent:
    """Returns the whole report as one message."""
    head = report.headline(told.run)
    paragraphs = [p for p in (_why(told), *_lists(told), _figures(told)) if p]
    body: list[Block] = [HeaderBlock(text=shorten(head, 150))]
    body.extend(section(paragraph) for paragraph in paragraphs)
    foot = ContextBlock(
        elements=[MarkdownTextObject(text=shorten(_foot(told), 1900), verbatim=True)]
    )
    text = "\n\n".join([escape(head), *paragraphs])
    return MessageContent(shorten(text, FALLBACK_LIMIT), (*body, foot))


def picture(told: NightReport) -> bytes | None:
    """Returns a PNG of the loss curve and the exam; None where the night has neither."""
    return report_chart.draw(told.run.evaluation, told.losses, title(told.run))


def title(run: Run) -> str:
    """Returns the heading of the picture."""
    return f"Run {run.id}: {run.version or 'no adapter'}, {run.status}"


def alt_text(run: Run) -> str:
    """Returns the picture in words, for people who cannot see it."""
    figures = " ".join(report.before_and_after(run)) or "no exam was held."
    return shorten(f"How the loss fell, and the exam before and after. {figures}", 900)


def _why(told: NightReport) -> str:
    lines = [escape(shorten(report.plain_reason(told.run), WHY_LIMIT)), told.meaning]
    return "\n".join(line for line in lines if line)


def _lists(told: NightReport) -> list[str]:
    run = told.run
    lists = []
    if told.learned:
        head = "Learned" if run.status == "promoted" else "Was to be learned"
        lessons = [
            f"{escape(shorten(question, QUESTION))} → {escape(shorten(answer, ANSWER))}"
            for question, answer in told.learned
        ]
        lists.append(_list(head, lessons, told.learned_count))
    if told.missing_count:
        missing = [escape(shorten(str(lesson), QUESTION + REASON)) for lesson in told.missing]
        lists.append(_list("Not mastered yet", missing, told.missing_count))
    for head, changed, count in (
        ("Rejected", told.rejected, told.rejected_count),
        ("Withdrawn", told.withdrawn, told.withdrawn_count),
    ):
        if count:
            lists.append(_list(head, [_changed(one) for one in changed], count))
    return lists


def _list(head: str, lines: Sequence[str], count: int) -> str:
    more = [f"… and {count - len(lines)} more"] if count > len(lines) else []
    return "\n".join([f"*{head}* ({count})", *(f"• {line}" for line in lines), *more])


def _changed(one: ChangedExample) -> str:
    if not one.prompt:
        return FORGOTTEN
    why = f": {escape(shorten(one.why, REASON))}" if one.why else ""
    return f"{escape(shorten(one.prompt, QUESTION))}{why}"


def _figures(told: NightReport) -> str:
    lines = [escape(line) for line in report.before_and_after(told.run)]
    lines += [escape(shorten(note, REASON * 2)) for note in told.run.notes]
    if any(vars(told.votes).values()):
        lines.append(f"Votes on {escape(told.adapter or 'the base model')}: {votes(told.votes)}.")
    up, down = told.thumbs
    if up or down:
        lines.append(f"Thumbs so far: {up} up, {down} down.")
    if told.waiting:
        lines.append(f"Waiting for approval: {told.waiting}, see `/nightschool examples pending`.")
    lines += report.private_lines(told.private_count)
    lines += report.expired_lines(told.expired_count)
    return "\n".join(lines)


def votes(tally: VoteTally) -> str:
    """Returns the counts of votes in blind comparisons as one line."""
    return f"{tally.tuned} tuned, {tally.base} base, {tally.tie} ties, {tally.bad} both bad"


def _foot(told: NightReport) -> str:
    run = told.run
    parts = [f"Run {run.id}"]
    if run.version:
        parts.append(
            f"adapter {escape(run.version)}, {report.counted(run.examples or 0, 'lesson')}"
        )
    if run.seconds is not None:
        parts.append(report.duration(run.seconds))
    return " · ".join(parts)
