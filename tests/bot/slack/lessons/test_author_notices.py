"""What people are told of what others did with their lessons, and what stays unsaid."""

import pytest

from bot.slack.lessons.author_notices import (
    DECLINE,
    REVIEW_ON,
    TAKE,
    UNDO_REPLACEMENT,
    notice_message,
)
from bot.slack.messages.posting import MessageContent
from bot.store import Store
from bot.store.database.personal_data import NOBODY
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, Scope
from bot.store.notices import Notice, NoticeKind
from tests.slack_server.limits import blocks_of

ANNA, BEN = "U0ANNA", "U0BEN"
PLANS = Scope("channel", "C0PLANS")


def add(store: Store, answer: str, scope: Scope = EVERYONE, author: str = BEN) -> int:
    return store.examples.add(NewExample("Who?", answer, "teach", author, scope=scope)).id


def told(
    store: Store, what: NoticeKind, example: int | None, other: int | None = None, who: str = ANNA
) -> MessageContent:
    """What Ben is told; a message that Slack takes."""
    notice = Notice(1, BEN, what, example, other, who, "2026-01-01")
    message = notice_message(store, notice, lambda person: f"<{person}>")
    assert message is not None
    blocks_of({"blocks": [block.to_dict() for block in message.blocks]})
    assert "<U0" not in message.text
    return message


def actions(message: MessageContent) -> list[str]:
    blocks = [block.to_dict() for block in message.blocks]
    return [e["action_id"] for block in blocks for e in block.get("elements", ())]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("replaced", "&lt;U0ANNA&gt; replaced your lesson (example 1)."),
        ("edited", "&lt;U0ANNA&gt; edited your lesson (example 1)."),
        ("withdrawn", "&lt;U0ANNA&gt; withdrew your lesson (example 1)."),
        ("rejected", "&lt;U0ANNA&gt; rejected your lesson (example 1)."),
        ("proposed", "&lt;U0ANNA&gt; proposes another answer in place of your lesson (example 1)."),
        ("taken", "&lt;U0ANNA&gt; agreed: your lesson (example 1) is taken."),
        ("undone", "undid a replacement: your lesson (example 1) is in use again."),
        ("scope", "changed whom your lesson (example 1) is for: it is for everyone now."),
    ],
)
def test_it_is_said_what_happened_and_to_what(store: Store, what: NoticeKind, said: str) -> None:
    old, new = add(store, "Ben <!channel>."), add(store, "Noor.", author=ANNA)
    text = told(store, what, old, new).text
    assert said in text
    assert "Ben &lt;!channel&gt;." in text
    assert ("Noor." in text) is (what in ("replaced", "edited", "proposed"))


def test_a_lesson_for_a_channel_is_not_quoted_but_its_place_is_named(store: Store) -> None:
    old, new = add(store, "Basilisk.", PLANS), add(store, "Chimera.", PLANS, ANNA)
    text = told(store, "replaced", old, new).text
    assert "Basilisk" not in text
    assert "Chimera" not in text
    assert f"`/nightschool examples show {old}` in <#C0PLANS>" in text


@pytest.mark.parametrize(("person", "quoted"), [(BEN, True), (ANNA, False)])
def test_a_lesson_for_one_person_is_quoted_to_them_alone(
    store: Store, person: str, quoted: bool
) -> None:
    lesson = add(store, "Mine.", Scope("person", person))
    assert ("Mine." in told(store, "withdrawn", lesson).text) is quoted


def test_a_proposal_is_decided_by_buttons_until_it_is_decided(store: Store) -> None:
    old, new = add(store, "Ben."), add(store, "Noor.", author=ANNA)
    store.replacements.propose(new, [old], ANNA)
    assert actions(told(store, "proposed", old, new)) == [TAKE, DECLINE]
    store.replacements.set(new, "declined", BEN)
    assert actions(told(store, "proposed", old, new)) == []


def test_a_replacement_is_undone_by_a_button_for_a_week(store: Store) -> None:
    old, new = add(store, "Ben."), add(store, "Noor.", author=ANNA)
    store.replacements.done(new, [old], ANNA)
    assert actions(told(store, "replaced", old, new)) == [UNDO_REPLACEMENT]
    with store.connections.write() as db:
        db.conn.execute("update replacements set at = '2020-01-01T00:00:00.000+00:00'")
    assert actions(told(store, "replaced", old, new)) == []


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("slack", "Your lesson (example 1) was withdrawn. It came from a message that was"),
        ("cli", "Your lesson (example 1) was withdrawn. It was done at my terminal."),
        (NOBODY, "Somebody withdrew your lesson (example 1)."),
    ],
)
def test_what_no_member_did_is_said_so(store: Store, who: str, said: str) -> None:
    assert said in told(store, "withdrawn", add(store, "Ben."), who=who).text


def test_admins_hear_that_lessons_are_reviewed_from_now_on(store: Store) -> None:
    assert told(store, "review_on", None, who="nightschool").text == REVIEW_ON


def test_of_a_lesson_that_is_gone_nobody_is_told(store: Store) -> None:
    notice = Notice(1, BEN, "edited", 77, None, ANNA, "2026-01-01")
    assert notice_message(store, notice, str) is None
