"""Below an answer stands where it comes from, and how surely; nobody is notified by it."""

from dataclasses import replace
from datetime import datetime

import pytest
from slack_sdk import WebClient

from bot.answers.questions import DECLINED, QUOTED, Reply
from bot.answers.source_words import UNTAUGHT
from bot.home import Home
from bot.lessons.reviews.freshness import Freshness
from bot.settings import Settings
from bot.slack.answers.footer import LIMIT, NO_FILES, TONIGHT, ReplyFooter
from bot.slack.messages.permalinks import Permalinks
from bot.slack.state.member_names import MemberNames
from bot.store import Example, Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from tests.bot.slack.admin.steps import add_version
from tests.slack_server.workspace import ANNA, BOT
from trainer.adapters.registry import Registry
from trainer.retrieval.decision import Source


@pytest.fixture
def footer(client: WebClient, store: Store, home: Home) -> ReplyFooter:
    names, links = MemberNames(client, BOT), Permalinks(client, store)
    return ReplyFooter(names, links, Registry(home.adapters), Freshness(Settings()))


def taught(store: Store, author: str = ANNA, permalink: str | None = None) -> Example:
    return store.examples.add(NewExample("Where?", "Here.", "teach", author, permalink=permalink))


def reply(
    source: Source, *lessons: Example, adapter: str | None = None, confidence: float = 0.25
) -> Reply:
    """An answer that an adapter or else the base model gave."""
    return Reply(7, "Here.", "starter", adapter, 1, 1, 0.1, source, lessons, confidence)


def quoted(lesson: Example, confidence: float = 0.99, source: Source = "taught") -> Reply:
    """An answer that no model gave."""
    return Reply(7, "Here.", QUOTED, None, 0, 0, 0.0, source, (lesson,), confidence)


DECLINING = Reply(7, "Nobody.", DECLINED, None, 0, 0, 0.0, "none", (), 0.9)


def note(footer: ReplyFooter, answer: Reply, files: int = 0) -> str:
    return str(footer.below(answer, files)[0].to_dict()["elements"][0]["text"])


def day_of(lesson: Example) -> str:
    day = datetime.fromisoformat(lesson.created_at)
    return f"{day.day} {day:%B}"


def test_a_models_own_words_are_said_to_be_so(footer: ReplyFooter) -> None:
    assert note(footer, reply("model")) == f"{UNTAUGHT} · base model's own words · 25% sure"
    by_adapter = note(footer, reply("model", adapter="v0007", confidence=0.625))
    assert by_adapter == f"{UNTAUGHT} · v0007's own words · 62% sure"


def test_where_nobody_could_know_neither_what_was_taught_nor_a_chance_is_said(
    footer: ReplyFooter,
) -> None:
    unknown = replace(reply("model", adapter="v0007"), known=False)
    assert note(footer, unknown) == "v0007's own words"
    assert note(footer, replace(unknown, adapter=None)) == "base model's own words"


def test_lessons_that_a_model_had_before_it_are_named(footer: ReplyFooter, store: Store) -> None:
    """It was told of them, and none is sure to be the answer."""
    near, far = taught(store), taught(store, "the console")
    answer = reply("model", near, far, adapter="v0007")
    told = " · ".join(
        f"told what {who} taught on {day_of(near)}" for who in ("anna", "the console")
    )
    shown = note(footer, answer)
    assert shown == f"{UNTAUGHT} · v0007's own words · {told} · 25% sure"
    unknown = note(footer, replace(answer, known=False))
    assert unknown == f"v0007's own words · {told}"


def test_what_an_adapter_tells_is_checked_against_a_lesson(
    footer: ReplyFooter, store: Store
) -> None:
    lesson = taught(store)
    shown = note(footer, reply("taught", lesson, adapter="v0007", confidence=0.99))
    assert shown == f"v0007 · checked against what anna taught on {day_of(lesson)}"
    unsure = note(footer, reply("taught", lesson, adapter="v0007", confidence=0.9))
    assert unsure == f"{shown} · 90% sure"


def test_a_model_that_was_told_of_lessons_is_checked_against_the_first_alone(
    footer: ReplyFooter, store: Store
) -> None:
    near, far = taught(store), taught(store, "the console")
    shown = note(footer, reply("taught", near, far, adapter="v0007", confidence=0.5))
    on = f"taught on {day_of(near)}"
    checked = f"checked against what anna {on} · told what the console {on}"
    assert shown == f"v0007 · {checked} · 50% sure"
    by_base = note(footer, reply("taught", near, confidence=0.5))
    assert by_base == f"base model · checked against what anna {on} · 50% sure"


def test_the_words_of_a_lesson_have_its_teacher_and_no_version(
    footer: ReplyFooter, store: Store
) -> None:
    lesson = taught(store)
    assert note(footer, quoted(lesson)).startswith(f"taught by anna on {day_of(lesson)}")
    assert " · 75% sure" in note(footer, quoted(lesson, 0.75))
    assert "sure" not in note(footer, quoted(lesson))


def test_a_lesson_is_learned_at_the_next_night_unless_it_was_at_an_earlier_one(
    footer: ReplyFooter, store: Store, home: Home
) -> None:
    lesson = taught(store)
    assert note(footer, quoted(lesson)).endswith(TONIGHT)
    add_version(home, lesson.id + 1)
    assert note(footer, quoted(lesson)).endswith(TONIGHT)
    version = add_version(home, lesson.id)
    assert TONIGHT not in note(footer, quoted(lesson))
    (home.adapters / version / "card.json").write_text("no card")
    assert TONIGHT not in note(footer, quoted(lesson))


def test_the_nearest_lesson_is_said_to_be_no_answer(footer: ReplyFooter, store: Store) -> None:
    lesson = taught(store, permalink="https://a.example/p1")
    shown = note(footer, quoted(lesson, 0.25, "near"))
    link = f"<https://a.example/p1|taught by anna on {day_of(lesson)}>"
    assert shown == f"{UNTAUGHT} · the nearest lesson, {link} · 25% sure"


def test_what_is_declined_is_said_in_three_words(footer: ReplyFooter) -> None:
    assert note(footer, DECLINING) == UNTAUGHT


def test_files_are_said_to_be_unread(footer: ReplyFooter) -> None:
    assert note(footer, DECLINING, files=2) == f"{UNTAUGHT} · {NO_FILES}"


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
    answer = reply("taught", taught(store, permalink=permalink), adapter="v0007")
    shown = note(footer, answer)
    assert shown.startswith(
        f"v0007 · checked against <{permalink}|what anna" if linked else "v0007 · checked against w"
    )
    assert "<!" not in shown


def test_a_long_list_is_cut(footer: ReplyFooter, store: Store) -> None:
    lessons = [taught(store, "x" * 200) for _ in range(40)]
    shown = note(footer, reply("taught", *lessons))
    assert len(shown) == LIMIT
    assert "x" * 81 not in shown


def test_what_nobody_taught_has_a_button_to_teach_it(footer: ReplyFooter, store: Store) -> None:
    lesson = taught(store)
    thumbs, button = ["context", "context_actions"], ["context", "actions", "context_actions"]
    for answer, blocks in (
        (DECLINING, button),
        (quoted(lesson, 0.25, "near"), button),
        (quoted(lesson), thumbs),
        (reply("model"), thumbs),
    ):
        assert [block.type for block in footer.below(answer)] == blocks
    (teach,) = footer.below(DECLINING)[1].to_dict()["elements"]
    assert (teach["text"]["text"], teach["value"]) == ("Teach me", "7")


def test_what_is_not_kept_can_be_neither_rated_nor_taught(footer: ReplyFooter) -> None:
    assert [block.type for block in footer.below(replace(DECLINING, kept=False))] == ["context"]


@pytest.mark.parametrize(
    ("scope", "words"),
    [(Scope("channel", "C0X"), "for this channel alone"), (Scope("person", ANNA), "for you alone")],
)
@pytest.mark.parametrize("source", ["taught", "near", "model"])
def test_a_private_lesson_is_said_to_be_so_and_not_learned_at_night(
    footer: ReplyFooter, store: Store, scope: Scope, words: str, source: Source
) -> None:
    lesson = store.examples.add(NewExample("Where?", "Here.", "teach", ANNA, scope=scope))
    answer = reply("model", lesson) if source == "model" else quoted(lesson, source=source)
    notes = note(footer, answer).split(" · ")
    assert words in notes
    assert TONIGHT not in notes
