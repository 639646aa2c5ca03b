"""How lessons look in a list and by themselves. Builds only; nothing here calls anybody."""

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

from bot.slack.admin.buttons import button
from bot.slack.messages.ephemeral import section
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.store import Example
from bot.store.examples import StatusChange

PAGE = 5
SHOWN_QUESTION, SHOWN_ANSWER = 150, 250
WHOLE = 1300
SEARCH_LIMIT = 200
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
    """Which lessons a list has, and where it is."""

    status: str | None = None
    mine: bool = False
    text: str = ""
    offset: int = 0

    def as_value(self, offset: int) -> str:
        """For a button that turns the page."""
        return json.dumps({**asdict(self), "offset": max(0, offset)}, ensure_ascii=False)

    @classmethod
    def from_value(cls, value: str) -> "Filter":
        """What a button carried; everything where it is not readable."""
        try:
            found = json.loads(value)
            return cls(
                found["status"], bool(found["mine"]), str(found["text"]), int(found["offset"])
            )
        except (ValueError, KeyError, TypeError):
            return cls()


def page(found: Sequence[Example], chosen: Filter, counts: dict[str, int]) -> MessageContent:
    """A page of the list; `found` has one more than PAGE where there are more."""
    shown, more = found[:PAGE], len(found) > PAGE
    kind = "Your lessons" if chosen.mine else "Lessons"
    named = f", {chosen.status}" if chosen.status else ""
    about = f" with “{escape(chosen.text)}”" if chosen.text else ""
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    head = f"*{kind}{named}{about}*"
    body: list[Block] = [section(f"{head}\n{told or 'Nothing was taught yet.'}")]
    body.extend(_line(example) for example in shown)
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
) -> MessageContent:
    """One lesson with its history and what may be done with it."""
    sign = SIGNS.get(example.status, "")
    head = f"{sign} *Example {example.id}*, {example.status}"
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
    if buttons:
        body.append(ActionsBlock(elements=list(buttons)))
    return MessageContent(f"Example {example.id} is {example.status}", tuple(body))


def _line(example: Example) -> SectionBlock:
    asked = escape(shorten(example.prompt or FORGOTTEN, SHOWN_QUESTION))
    said = escape(shorten(example.completion or FORGOTTEN, SHOWN_ANSWER))
    sign = SIGNS.get(example.status, "")
    return SectionBlock(
        text=MarkdownTextObject(text=f"{sign} *{example.id}* {asked}\n{said}", verbatim=True),
        accessory=button("Show", "lessons:show", str(example.id)),
    )


def _where_from(example: Example, name_of: Callable[[str], str]) -> str:
    said = f"{example.source} by {escape(name_of(example.author))}, {example.created_at[:10]}"
    link = example.permalink or ""
    if link.startswith("https://"):
        said += f", <{escape(link)}|where>"
    if example.expires_on:
        said += f", until {example.expires_on}"
    return said


def _happened(change: StatusChange, name_of: Callable[[str], str]) -> str:
    why = f": {escape(shorten(change.why, 100))}" if change.why else ""
    who = escape(name_of(change.who))
    return f"{change.at[:16].replace('T', ' ')} {change.after} by {who}{why}"


def _small(text: str) -> ContextBlock:
    return ContextBlock(elements=[MarkdownTextObject(text=shorten(text, 1900), verbatim=True)])
