"""What people are told of what others did with their lessons, as messages; calls no API.

The words of a lesson stand in it only where it is for everyone, or for whoever is told alone: the
message reaches them in private, but what is told in a channel is read there.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from slack_sdk.models.blocks import ButtonElement

from bot.errors import NotFoundError
from bot.lessons.conflicts.replacing import UNDO
from bot.lessons.scoping import scope_word
from bot.slack.messages.buttons import button
from bot.slack.messages.ephemeral import with_buttons
from bot.slack.messages.mrkdwn import escape, shorten
from bot.slack.messages.posting import MessageContent
from bot.store import Example, Store
from bot.store.database.personal_data import NOBODY
from bot.store.examples.scope import Audience, sees
from bot.store.notices import Notice

TAKE, DECLINE, UNDO_REPLACEMENT = "proposal:take", "proposal:keep", "replacement:undo"
QUESTION, ANSWER = 300, 500
"""Characters of a lesson that are shown."""
VERBS = {"withdrawn": "withdrew"}
"""What somebody did, where the word for a notice is none for that."""
WITHOUT_PEOPLE = {
    "slack": "It came from a message that was deleted or edited",
    "nightschool": "I did it myself",
    "console": "It was done on my page",
    "cli": "It was done at my terminal",
}
"""What is said in place of a name, by the `who` of a change that no member made."""
REVIEW_ON = (
    ":mortar_board: More than ten people have asked me by now. From today on, what members teach "
    "waits until a teacher approves it: `/nightschool examples pending` shows what waits, and "
    "`/nightschool people teacher @name` makes somebody a teacher. Whoever runs me can choose "
    "otherwise: `approval`, under `[examples]` in `nightschool.toml`."
)


def notice_message(
    store: Store, notice: Notice, name_of: Callable[[str], str]
) -> MessageContent | None:
    """Returns the message about one notice; None where its lesson is gone.

    Args:
        store: has the lessons.
        notice: what happened, and who is told.
        name_of: returns the name of who did it, who may be no member of Slack.
    """
    if notice.what == "review_on":
        return MessageContent(REVIEW_ON)
    lesson, other = _example(store, notice.example_id), _example(store, notice.other_id)
    if lesson is None:
        return None
    who = WITHOUT_PEOPLE.get(notice.who or "", "")
    if not who:
        known = notice.who if notice.who != NOBODY else None
        who = escape(shorten(name_of(known), 80)) if known else "Somebody"
    text = f"{_happened(notice, lesson, who)}\n{_told(lesson, notice.person)}"
    if other is not None and notice.what in ("replaced", "edited", "proposed"):
        text += f"\nThe other one: {_told(other, notice.person)}"
    may_read = other is not None and sees(Audience(person=notice.person), other.for_whom)
    if not may_read and notice.person != lesson.author:
        return MessageContent(text)  # nobody decides about what they have not read
    return with_buttons(text, *_buttons(store, notice))


def undo_button(new_id: int) -> ButtonElement:
    """Returns the button that undoes a replacement; it is for a week."""
    sure = "The earlier lesson is in use again, and the newer one is not."
    return button("Undo", UNDO_REPLACEMENT, str(new_id), sure=sure)


def may_be_undone(store: Store, new_id: int) -> bool:
    """Returns whether an example has replaced another one less than a week ago."""
    since = (datetime.now(UTC) - UNDO).isoformat(timespec="milliseconds")
    return bool(store.replacements.undoable(new_id, since))


def _happened(notice: Notice, lesson: Example, who: str) -> str:
    number, mine = lesson.id, notice.person == lesson.author
    whose = f"your lesson (example {number})" if mine else f"example {number}"
    if notice.who in WITHOUT_PEOPLE:
        return _by_nobody(notice, whose, who, lesson)
    if notice.what == "proposed":
        return f":left_right_arrow: {who} proposes another answer in place of {whose}."
    if notice.what == "taken":
        return f":mortar_board: {who} agreed: {whose} is taken."
    if notice.what == "undone":
        back = "is in use again" if lesson.status == "approved" else "is not in use any more"
        return f":leftwards_arrow_with_hook: {who} undid a replacement: {whose} {back}."
    if notice.what == "scope":
        word = scope_word(lesson.for_whom, reader=notice.person)
        return f":busts_in_silhouette: {who} changed whom {whose} is for: it is for {word} now."
    return f":mortar_board: {who} {VERBS.get(notice.what, notice.what)} {whose}."


def _by_nobody(notice: Notice, whose: str, why: str, lesson: Example) -> str:
    """Says what happened where no member of the workspace did it."""
    did = {
        "proposed": f"Another answer is proposed in place of {whose}",
        "taken": f"What you proposed was taken: {whose}",
        "undone": f"A replacement was undone, which has to do with {whose}",
        "scope": f"{whose} is for {scope_word(lesson.for_whom, reader=notice.person)} now",
    }.get(notice.what, f"{whose} was {notice.what}")
    return f":mortar_board: {did[0].upper()}{did[1:]}. {why}."


def _told(lesson: Example, reader: str) -> str:
    """Returns the words of a lesson, or where they can be read, as escaped mrkdwn."""
    if not lesson.completion:
        return f"Example {lesson.id} (forgotten)"
    if sees(Audience(person=reader), lesson.for_whom):
        question = shorten(escape(lesson.prompt), QUESTION)
        return f"*{question}*\n{shorten(escape(lesson.completion), ANSWER)}"
    show = f"`/nightschool examples show {lesson.id}`"
    if lesson.scope == "channel" and lesson.scope_id:
        return f"It is for one channel alone: {show} in <#{escape(lesson.scope_id)}> shows it."
    return "It is for one person alone."


def _buttons(store: Store, notice: Notice) -> list[ButtonElement]:
    new = notice.other_id
    if new is None:
        return []
    if notice.what == "proposed" and store.replacements.of(new, "proposed"):
        take = button("Take it", TAKE, str(new), style="primary")
        return [take, button("Keep the old one", DECLINE, str(new))]
    if notice.what in ("replaced", "edited") and may_be_undone(store, new):
        return [undo_button(new)]
    return []


def _example(store: Store, example_id: int | None) -> Example | None:
    try:
        return store.examples.get(example_id) if example_id is not None else None
    except NotFoundError:
        return None
