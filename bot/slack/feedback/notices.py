"""Builds the notices that acknowledge a rating; calls no API."""

from slack_sdk.models.blocks import ActionsBlock, ButtonElement

from bot.lessons.teaching import Taught
from bot.slack.messages import blocks
from bot.slack.messages.blocks import section
from bot.slack.messages.ephemeral import with_buttons
from bot.slack.messages.posting import MessageContent

CORRECT, TAKE_BACK, MEANT = "correct", "take_back", "learn_so"
NO_ANSWER = "There was no answer in it that I could learn: teach me the right one."
DOUBTED = "That says only that I do not know: what is right? Or is it the answer all the same?"
NOTHING_TO_TAKE_BACK = "There is nothing to take back: you have no opinion on that answer."
OF_A_THREAD = (
    "That answer was made of what was said in this thread, so it is no lesson: say what I should "
    "know, and I learn that."
)


def up(
    result: Taught, reply: int, may_take_back: bool, confirmation: MessageContent | None = None
) -> MessageContent:
    """Returns the notice about a thumbs-up.

    Args:
        result: what became of the answer.
        reply: the id of the answer.
        may_take_back: whether a button takes the rating back.
        confirmation: what is said of a lesson that was taught, if not the bare words.
    """
    back = [_take_back(reply)] if may_take_back else []
    said = {
        "uncounted": ":+1: Thank you, noted. Here other people's thumbs decide what I learn.",
        "corrected": ":+1: Noted. Somebody said what I should have said instead: I learn that.",
        "withdrawn": ":+1: Noted. It is not a lesson of mine, though: it was withdrawn.",
        "untaught": f":+1: Thank you, noted. {NO_ANSWER}",
        "context": f":+1: Thank you, noted. {OF_A_THREAD}",
        "noted": f":+1: Thank you, noted. {_missing(result)}",
        "duplicate": f":+1: Thank you. I was taught that already (example {result.id}).",
    }.get(result.status)
    if said is not None:
        tell = [_tell(reply)] if result.status == "untaught" else []
        if result.preview:
            said, tell = f":+1: Thank you, noted. {DOUBTED}", [*tell, _meant(reply)]
        return with_buttons(said, *tell, *back)
    taught = confirmation or blocks.taught(result)
    shown = taught.blocks or (section(taught.text),)
    return MessageContent(taught.text, (*shown, *([ActionsBlock(elements=back)] if back else [])))


def down(result: Taught, reply: int, may_take_back: bool) -> MessageContent:
    """Returns the notice about a thumbs-down, with a button that opens the correction form."""
    said = ":-1: Thank you, noted."
    if result.status == "withdrawn":
        said += " I will not learn that answer."
    elif result.status in ("approved", "pending"):
        said += " Others like that answer, so it stays a lesson."
    said += " What should I have said?"
    return with_buttons(said, _tell(reply), *([_take_back(reply)] if may_take_back else []))


def taken_back(result: Taught, before: int, *, corrected: bool) -> MessageContent:
    """Returns the notice that a rating is removed; it names only what there was.

    Args:
        result: what became of the answer.
        before: the rating until then: 1, -1, or 0 where there was none.
        corrected: whether the person had said what the answer should have been.
    """
    if result.status == "unrated":
        return MessageContent(NOTHING_TO_TAKE_BACK)
    what = [":+1:"] if before > 0 else [":-1:"]
    if corrected:
        what.append("your correction")
    verb = "are" if len(what) > 1 else "is"
    said = f"Your {' and '.join(what)} {verb} taken back."
    if result.status == "withdrawn":
        said += " I will not learn that answer."
    elif result.status in ("approved", "pending"):
        said += f" The answer is a lesson, as others like it (example {result.id})."
    return MessageContent(said)


def sorry(error: Exception) -> MessageContent:
    """Returns the notice that a rating could not be recorded, and why."""
    return blocks.sorry(error, "thumb")


def _missing(result: Taught) -> str:
    people = "person" if result.missing == 1 else "people"
    return f"{result.missing} more {people} must like it before I learn it."


def _tell(reply: int) -> ButtonElement:
    return ButtonElement(text="Tell me", action_id=CORRECT, value=str(reply), style="primary")


def _meant(reply: int) -> ButtonElement:
    return ButtonElement(text="Learn it so", action_id=MEANT, value=str(reply))


def _take_back(reply: int) -> ButtonElement:
    return ButtonElement(text="Take back", action_id=TAKE_BACK, value=str(reply))
