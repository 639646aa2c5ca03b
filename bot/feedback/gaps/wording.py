"""What is said of a gap, in Slack, on the page and on the terminal."""

from bot.store.questions.gaps import Gap, GapReason

WHY: dict[GapReason, str] = {
    "untaught": "nobody has taught it",
    "disliked": "an answer got a thumb down",
    "asked_again": "somebody asked again in other words",
}
NONE = "Nothing that was asked here waits for an answer."


def figures(gap: Gap) -> str:
    """Returns how many people asked it, how often, and when for the last time."""
    people = "1 person" if gap.people == 1 else f"{gap.people} people"
    times = "once" if gap.asked == 1 else f"{gap.asked} times"
    return f"{people}, {times}, last on {gap.last_asked[:10]}"


def reasons(gap: Gap) -> str:
    """Returns why it is a gap."""
    return ", ".join(WHY[reason] for reason in gap.reasons)
