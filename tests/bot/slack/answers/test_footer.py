"""Below an answer stands which version spoke and who taught it; nobody is notified by it."""

from datetime import datetime

import pytest
from slack_sdk import WebClient

from bot.answers.questions import Reply
from bot.slack.answers.footer import BASE, LIMIT, NO_FILES, TONIGHT, ReplyFooter
from bot.slack.messages.permalinks import Permalinks
from bot.slack.state.member_names import MemberNames
from bot.store import Example, Store
from bot.store.examples.rows import NewExample
from tests.slack_server.workspace import ANNA, BOT


@pytest.fixture
def footer(client: WebClient, store: Store) -> ReplyFooter:
    return ReplyFooter(MemberNames(client, BOT), Permalinks(client, store))


def taught(store: Store, author: str = ANNA, permalink: str | None = None) -> Example:
    return store.examples.add(NewExample("Where?", "Here.", "teach", author, permalink=permalink))


def reply(*recalled: Example, adapter: str | None = "v0007", **more: bool) -> Reply:
    return Reply(7, "Here.", "starter", adapter, 1, 1, 0.1, recalled, **more)


def note(footer: ReplyFooter, answer: Reply, files: int = 0) -> str:
    return str(footer.below(answer, files)[0].to_dict()["elements"][0]["text"])


def test_it_says_which_version_spoke(footer: ReplyFooter) -> None:
    assert note(footer, reply()) == "v0007"
    assert note(footer, reply(adapter=None)) == BASE


def test_it_names_who_taught_the_lessons_the_nearest_first(
    footer: ReplyFooter, store: Store
) -> None:
    far, near = taught(store, "the console"), taught(store)
    day = datetime.fromisoformat(near.created_at)
    on = f"on {day.day} {day:%B}"
    expected = f"v0007 · taught by anna {on} · taught by the console {on}"
    assert note(footer, reply(far, near)) == expected


def test_the_words_of_a_lesson_have_no_version_and_are_learned_later(
    footer: ReplyFooter, store: Store
) -> None:
    shown = note(footer, reply(taught(store), quoted=True))
    assert shown.startswith("taught by anna")
    assert shown.endswith(TONIGHT)


def test_files_are_said_to_be_unread(footer: ReplyFooter) -> None:
    assert note(footer, reply(), files=2) == f"v0007 · {NO_FILES}"


@pytest.mark.parametrize(
    ("permalink", "linked"),
    [
        ("https://a.example/p1", True),
        ("https://a.example/|<!here>", False),
        ("javascript:x", False),
    ],
)
def test_only_a_plain_address_becomes_a_link(
    footer: ReplyFooter, store: Store, permalink: str, linked: bool
) -> None:
    shown = note(footer, reply(taught(store, permalink=permalink)))
    assert shown.startswith(f"v0007 · <{permalink}|taught by" if linked else "v0007 · taught by")
    assert "<!" not in shown


def test_a_long_list_is_cut(footer: ReplyFooter, store: Store) -> None:
    lessons = [taught(store, "x" * 200) for _ in range(40)]
    shown = note(footer, reply(*lessons))
    assert len(shown) == LIMIT
    assert "x" * 81 not in shown


def test_what_is_not_kept_cannot_be_rated(footer: ReplyFooter) -> None:
    assert [block.type for block in footer.below(reply())] == ["context", "context_actions"]
    assert [block.type for block in footer.below(reply(kept=False))] == ["context"]
