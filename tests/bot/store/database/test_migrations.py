"""The tables: the final columns, and an old database made new."""

import json
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.store import Store
from bot.store.database import connections
from bot.store.database.migrations import migrations
from bot.store.examples.scope import EVERYONE

COLUMNS = {
    "replies": "id source channel thread person question_ts messages text model adapter "
    "prompt_tokens completion_tokens seconds created_at recalled finish_reason "
    "basis confidence with_context",
    "posts": "channel ts reply_id",
    "examples": "id prompt completion messages prompt_key pair_key source author channel "
    "permalink reply_id status reason created_at updated_at expires_on scope scope_id "
    "owner review_days confirmed_at leaves_on",
    "vectors": "example_id kind place revision vector",
    "calibrations": "encoder weights",
    "changes": "id example_id before after who why at",
    "feedback": "reply_id person value created_at",
    "preferences": "id prompt chosen rejected source author reply_id created_at",
    "runs": "id status phase step steps loss seconds_left version reason examples seconds "
    "evaluation dataset_hash pid started_at finished_at tokens_per_second peak_memory_gb notes "
    "reported followed_at",
    "run_examples": "run_id example_id",
    "comparisons": "id prompt person base_reply tuned_reply seconds created_at tuned_first",
    "pending": "id channel thread person placeholder created_at",
    "comparison_posts": "channel ts comparison_id",
    "votes": "comparison_id person choice created_at",
    "origins": "channel ts example_id person refused",
    "example_counts": "status number",
    "events": "key at",
    "people": "person role who at",
    "opted_out": "digest at",
    "channels": "channel listening who at",
    "channel_modes": "channel watched auto who at",
    "unasked": "reply_id channel counts told at",
    "places": "channel kind shared at",
    "replacements": "new_id old_id status who at",
    "open_questions": "key person kind lesson words conflicts reply_id at",
    "notices": "id person what example_id other_id who at told",
    "experts": "target about who at",
    "expert_requests": "id reply_id question vector revision scope scope_id wanted_by status "
    "answered_by lesson_id told look_after at",
    "expert_request_gaps": "gap_id request_id",
    "expert_messages": "id request_id target channel ts state at",
    "expert_deliveries": "id request_id lesson_id reply_id channel thread state at",
    "members": "person outsider team at",
    "gaps": "id status who lesson_id merged_into created_at closed_at number",
    "gap_questions": "reply_id gap_id text key source channel person asked_at untaught disliked "
    "asked_again nearest told answered_by unread unchecked revision vector",
    "gap_progress": "name number at",
    "marks": "key at",
    "reviews": "id recipient channel ts at shown",
    "review_lessons": "review_id example_id outcome who",
    "erasures": "id examples pairs fingerprints at",
    "digests": "week recipient at sent",
}


def test_the_columns_after_all_migrations(store: Store) -> None:
    db = store.connections.db
    found = {name: " ".join(c.name for c in db.table(name).columns) for name in COLUMNS}
    assert found == COLUMNS


def test_opening_a_database_again_changes_nothing(store: Store) -> None:
    before = store.connections.db.schema
    again = Store(store.connections.path)
    assert again.connections.db.schema == before
    again.close()


def test_a_database_that_is_up_to_date_is_opened_without_writing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a full disk, or somebody else who writes for long, keeps nobody from reading."""
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.0)
    with store.connections.write():
        again = Store(store.connections.path)
        assert again.examples.approved() == []
        again.close()


def test_lessons_and_answers_from_before_scopes_are_everyones(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = Database(path)
    migrations.apply(old, stop_before="m100_scopes")
    lesson = ("prompt", "completion", "prompt_key", "pair_key", "source", "author", "status")
    old.table("examples").insert(dict.fromkeys(lesson, "approved"))
    answer = ("source", "channel", "thread", "person", "text", "created_at")
    row = dict.fromkeys(answer, "slack") | {"messages": "[]", "thread": "1.0", "question_ts": "1.0"}
    old.table("replies").insert(row)
    old.close()
    new = Store(path)
    assert new.examples.get(1).for_whom == EVERYONE
    assert [one.id for one in new.examples.trained("2026-12-01")] == [1]
    assert not new.replies.get(1).with_context
    new.close()


@pytest.mark.parametrize(
    ("other", "possible"),
    [
        ({}, True),
        ({"basis": "model"}, True),
        ({"basis": "taught"}, True),
        ({"question_ts": "1.0"}, False),
        ({"thread": ""}, False),
        ({"channel": "D1"}, False),
        ({"source": "console"}, False),
        ({"basis": "none"}, False),
        ({"basis": "near"}, False),
    ],
)
def test_of_older_answers_in_threads_nobody_knows_what_went_into_them(
    tmp_path: Path, other: dict[str, str], possible: bool
) -> None:
    """So they count as made with what others had said: as lessons and as pairs to train."""
    old = Database(tmp_path / "old.db")
    migrations.apply(old, stop_before="m100_scopes")
    row = {"source": "slack", "channel": "C1", "thread": "1.0", "question_ts": "2.0"} | other
    row |= {"person": "U1", "text": "Ada resigns.", "created_at": "2026-11-20T10:00:00Z"}
    asked = json.dumps([{"role": "user", "content": "Summarise this thread."}])
    old.table("replies").insert(row | {"messages": asked})
    old.close()
    new = Store(tmp_path / "old.db")
    new.ratings.prefer("Summarise this thread.", "Yes.", "Ada resigns.", "vote", "U1", 1)
    assert new.replies.get(1).with_context is possible
    assert [pair.with_context for pair in new.ratings.preferred()] == [possible]
    new.close()


def test_every_earlier_state_is_brought_up_to_date(tmp_path: Path, store: Store) -> None:
    expected = store.connections.db.schema
    for step in [m.name for m in migrations.applied(store.connections.db)][1:]:
        path = tmp_path / f"{step}.db"
        old = Database(path)
        migrations.apply(old, stop_before=step)
        old.close()
        new = Store(path)
        assert new.connections.db.schema == expected
        new.close()


def test_the_steps_stand_in_the_order_of_their_numbers(store: Store) -> None:
    names = [step.name for step in migrations.applied(store.connections.db)]
    assert names == sorted(names)


def test_calibrations_made_of_english_questions_alone_are_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = Database(path)
    migrations.apply(old, stop_before="m092_calibrations_in_many_languages")
    old.table("calibrations").insert({"encoder": "ours", "weights": "{}"})
    old.close()
    store = Store(path)
    assert store.connections.db.table("calibrations").count == 0
    store.close()
