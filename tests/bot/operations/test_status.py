"""The state of the bot, and the sentences that tell it."""

import os
from dataclasses import replace
from datetime import UTC, datetime

from bot.answers.questions import Question, Reply
from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.nights.night_lock import NightLock
from bot.operations.status import Status, sentences, status
from bot.settings import NightSettings, Settings
from bot.store import Store
from tests.bot.console.console_parts import ConsoleParts, console_parts

NEW = Status(
    model="starter",
    adapter=None,
    examples={"approved": 0, "pending": 0},
    thumbs_up=0,
    thumbs_down=0,
    running=None,
    last_run=None,
    next_night=datetime(2026, 3, 2, 22, 30, tzinfo=UTC),
)


def test_a_new_bot_answers_with_the_base_and_knows_its_next_night(
    home: Home, settings: Settings, store: Store
) -> None:
    state = status(home, settings, store)
    assert (state.model, state.adapter, state.running, state.last_run) == (
        "starter",
        None,
        None,
        None,
    )
    assert state.next_night is not None
    assert state.next_night > datetime.now(UTC)


def test_lessons_and_nights_are_counted(
    home: Home, settings: Settings, store: Store, curation: Curation
) -> None:
    curation.teach("Who?", "Noor.", "U1")
    lock = NightLock(home, store)
    lock.take()
    first, second = store.runs.start(os.getpid()), store.runs.start(os.getpid())
    state = status(home, settings, store)
    assert state.examples["approved"] == 1
    assert state.running is not None
    assert state.running.id == second.id
    store.runs.finish(second.id, "skipped", "Nothing new.", seconds=0.1)
    store.runs.finish(first.id, "failed", "It broke.", seconds=0.1)
    lock.release()
    state = status(home, settings, store)
    assert state.running is None
    assert state.last_run is not None
    assert state.last_run.id == second.id


def test_nights_that_are_switched_off_have_no_next_one(home: Home, store: Store) -> None:
    off = Settings(night=NightSettings(enabled=False))
    assert status(home, off, store).next_night is None


def test_sentences_say_one_fact_each() -> None:
    assert sentences(NEW) == [
        "I answer with the base model on starter.",
        "0 examples are in my lessons.",
        "Next night: Monday 02 March, 22:30 UTC.",
    ]
    taught = replace(NEW, adapter="v0001", examples={"approved": 1, "pending": 2}, next_night=None)
    assert sentences(taught) == [
        "I answer with v0001 on starter.",
        "1 example is in my lessons, 2 wait for approval.",
        "No nights are planned: they are switched off in the settings.",
    ]


def test_a_running_night_is_told_before_the_last_one(store: Store) -> None:
    ended = store.runs.start(os.getpid())
    store.runs.finish(ended.id, "rejected", "It forgot something.", seconds=1.0)
    last, running = store.runs.get(ended.id), store.runs.start(os.getpid())
    assert "Last night: rejected. It forgot something." in sentences(replace(NEW, last_run=last))
    both = sentences(replace(NEW, last_run=last, running=running))
    assert f"I am at school right now (run {running.id}, choose)." in both
    assert not any("Last night" in sentence for sentence in both)


def test_thumbs_and_the_adapter_in_use_are_read(home: Home) -> None:
    with console_parts(home.root / "parts") as parts:
        version = _rated_and_trained(parts)
        state = status(parts.home, parts.settings, parts.store)
    assert (state.adapter, state.thumbs_up, state.thumbs_down) == (version, 1, 0)


def _rated_and_trained(parts: ConsoleParts) -> str:
    """One answer with a thumbs-up, and a night that promoted an adapter."""
    question = Question("Who?", "console", "console", None, "console")
    *_, reply = parts.assistant.stream(question)
    assert isinstance(reply, Reply)
    ReplyRatings(parts.store, parts.settings).thumbs_up(reply.id, "console")
    return parts.finish_night(parts.begin_night())
