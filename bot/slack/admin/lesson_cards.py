"""Builds the list of lessons and the card of one; calls no API."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    MarkdownTextObject,
    SectionBlock,
)

from bot.lessons.scoping import scope_word
from bot.slack.messages.blocks import section
from bot.slack.messages.buttons import button
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.store import Example
from bot.store.examples.rows import StatusChange

PAGE = 5
"""Lessons on one page of the list."""
SHOWN_QUESTION, SHOWN_ANSWER = 150, 250
"""Characters of a lesson in the list."""
WHOLE = 1300
"""Characters of a question or an answer on a card."""
SEARCH_LIMIT = 200
"""Characters of a search: a button carries it, and its value may have 2,000."""
SIGNS = {
    "approved": ":white_check_mark:",
    "pending": ":hourglass:",
    "quarantined": ":lock:",
    "rejected": ":no_entry_sign:",
    "withdrawn": ":leftwards_arrow_with_hook:",
    "superseded": ":arrows_counterclockwise:",
}
FORGOTTEN = "(forgotten)"


@dataclass(frozen=True)
class Filter:
    """Which lessons a list shows, and how many of the newest it skips (`offset`)."""

    status: str | None = None
    mine: bool = False
    text: str = ""
    offset: int = 0

    def as_value(self, offset: int) -> str:
        """Returns this filter at another offset as JSON, for a button that turns the page."""
        return json.dumps({**asdict(self), "offset": max(0, offset)}, ensure_ascii=False)

    @classmethod
    def from_value(cls, value: str) -> "Filter":
        """Returns the filter that a button carried; one of all lessons where it is not readable."""
        try:
            kept = json.loads(value)
            return cls(kept["status"], bool(kept["mine"]), str(kept["text"]), int(kept["offset"]))
        except (ValueError, KeyError, TypeError):
            return cls()


def page(
    examples: Sequence[Example],
    chosen: Filter,
    counts: dict[str, int],
    word_of: Callable[[Example], str] = lambda example: scope_word(example.for_whom),
) -> MessageContent:
    """Returns a page of the list.

    Args:
        examples: those of the page, and one more where another page follows.
        chosen: the filter that found them.
        counts: lessons by status.
        word_of: returns whom a lesson is for, as it follows on "for".
    """
    shown, more = examples[:PAGE], len(examples) > PAGE
    kind = "Your lessons" if chosen.mine else "Lessons"
    named = f", {chosen.status}" if chosen.status else ""
    about = f" with “{escape(chosen.text)}”" if chosen.text else ""
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    head = f"*{kind}{named}{about}*"
    body: list[Block] = [section(f"{head}\n{told or 'Nothing was taught yet.'}")]
    body.extend(_line(example, word_of(example)) for example in shown)
    if not shown:
        body.append(section("Nothing found."))
    turns = []
    if chosen.offset:
        turns.append(button("Newer", "lessons:newer", chosen.as_value(chosen.offset - PAGE)))
    if more:
        turns.append(button("Older", "lessons:older", chosen.as_value(chosen.offset + PAGE)))
    if turns:
        body.append(ActionsBlock(elements=turns))
    return MessageContent(f"{head}: {len(shown)} shown", tuple(body))


def card(
    example: Example,
    history: Sequence[StatusChange],
    versions: Sequence[str],
    buttons: Sequence[ButtonElement],
    name_of: Callable[[str], str],
    note: str = "",
    whom: str = "",
    whom_buttons: Sequence[ButtonElement] = (),
) -> MessageContent:
    """Returns one lesson with its history and the buttons that this person may press.

    Args:
        example: the lesson.
        history: its changes of status, oldest first; the last five are shown.
        versions: adapters that were trained on it; the last ten are shown.
        buttons: what may be done with it.
        name_of: returns the name of an author, who may be no member of Slack.
        note: what has just happened to it.
        whom: whom it is for, as it follows on "for".
        whom_buttons: change that.
    """
    sign = SIGNS.get(example.status, "")
    whom = whom or scope_word(example.for_whom)
    head = f"{sign} *Example {example.id}*, {example.status}, for {escape(whom)}"
    if example.reason:
        head += f": {escape(shorten(example.reason, 300))}"
    if note:
        head = f"{escape(note)}\n{head}"
    body: list[Block] = [
        section(head),
        section(f"*Q* {escape(shorten(example.prompt or FORGOTTEN, WHOLE))}"),
        section(f"*A* {escape(shorten(example.completion or FORGOTTEN, WHOLE))}"),
        _small(_where_from(example, name_of)),
        _small("\n".join(_happened(change, name_of) for change in history[-5:]) or "no history"),
        _small(f"Adapters trained on it: {', '.join(versions[-10:]) or 'none yet'}"),
    ]
    body.extend(ActionsBlock(elements=list(row)) for row in (buttons, whom_buttons) if row)
    return MessageContent(f"Example {example.id} is {example.status}", tuple(body))


def _line(example: Example, whom: str) -> SectionBlock:
    asked = escape(shorten(example.prompt or FORGOTTEN, SHOWN_QUESTION))
    said = escape(shorten(example.completion or FORGOTTEN, SHOWN_ANSWER))
    sign = SIGNS.get(example.status, "")
    return SectionBlock(
        text=MarkdownTextObject(
            text=f"{sign} *{example.id}* {asked}\n{said}\n_for {escape(whom)}_", verbatim=True
        ),
        accessory=button("Show", "lessons:show", str(example.id)),
    )


def _where_from(example: Example, name_of: Callable[[str], str]) -> str:
    said = f"{example.source} by {escape(name_of(example.author))}, {example.created_at[:10]}"
    link = example.permalink or ""
    if link.startswith("https://"):
        said += f", <{escape(link)}|where>"
    if example.expires_on:
        said += f", until {example.expires_on}"
    if example.owner:
        said += f", owned by {escape(name_of(example.owner))}"
    if example.review_days:
        said += f", looked at every {example.review_days} days"
    return said


def _happened(change: StatusChange, name_of: Callable[[str], str]) -> str:
    why = f": {escape(shorten(change.why, 100))}" if change.why else ""
    who = escape(name_of(change.who))
    return f"{change.at[:16].replace('T', ' ')} {change.after} by {who}{why}"


def _small(text: str) -> ContextBlock:
    return ContextBlock(elements=[MarkdownTextObject(text=shorten(text, 1900), verbatim=True)])
