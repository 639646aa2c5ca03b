"""The training set on disk: what is in it, what is not and why, and how long it is kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.errors import DatasetError
from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons import exporting
from bot.lessons.curation import Curation
from bot.lessons.exporting import (
    FORGOTTEN,
    SCHEDULED,
    export_approved,
    limits_of,
    row_of,
    scheduled_export,
    trained_ids,
)
from bot.messages import Message
from bot.privacy.erasure import forget
from bot.settings import ExampleSettings, Settings, load_settings
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from tests.bot.stored import reply
from tests.tiny_models import build_model
from trainer.dataset.export import Exported, export
from trainer.dataset.export_lines import ExportItem


def rows(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]


def test_what_is_not_in_force_is_listed_with_its_reason(
    store: Store, curation: Curation, settings: Settings, tmp_path: Path
) -> None:
    for number in range(4):
        curation.teach(f"question {number}", f"answer {number}", "U1")
    curation.withdraw(2, "U1", "a mistake")
    curation.reject(3, "U2")
    store.examples.add(NewExample("old", "news", "teach", "U1", expires_on="2020-01-31"))
    done = export_approved(store, settings, tmp_path / "out")
    assert [row["id"] for row in rows(tmp_path / "out")] == [1, 4]
    left = {one["id"]: one["reasons"] for one in done.manifest["left_out"]}
    assert left == {2: ("withdrawn",), 3: ("rejected",), 5: ("ended on 2020-01-31",)}
    assert "mistake" not in (tmp_path / "out" / "manifest.json").read_text(), "somebody's words"


def test_lessons_for_one_channel_or_one_person_are_in_no_file_of_an_export(
    store: Store, curation: Curation, settings: Settings, tmp_path: Path
) -> None:
    curation.teach("question 1", "answer 1", "U1")
    for scope in (Scope("channel", "C0PRIVATE"), Scope("person", "U0ANNA")):
        new = NewExample(f"zanzibar {scope.kind}", "hush", "teach", "U0ANNA", scope=scope)
        store.examples.add(new)
    done = export_approved(store, settings, tmp_path / "out")
    assert trained_ids(done) == (1,)
    left = {one["id"]: one["reasons"] for one in done.manifest["left_out"]}
    assert left == {
        2: ("for one channel alone: it is not trained",),
        3: ("for one person alone: it is not trained",),
    }
    for file in (tmp_path / "out").iterdir():
        text = file.read_text()
        assert not any(word in text for word in ("zanzibar", "hush", "C0PRIVATE", "U0ANNA"))


@pytest.mark.parametrize("what", ["lesson", "pair"])
def test_an_export_beside_an_erasure_brings_no_words_back(
    home: Home,
    store: Store,
    curation: Curation,
    settings: Settings,
    ratings: ReplyRatings,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    """It has read them before, and writes when the erasure has looked at the exports already."""
    curation.teach("Who stays?", "I do.", "U0STAYS")
    if what == "lesson":
        curation.teach("Where is zanzibar?", "Beside the quokka.", "U0GONE")
    else:
        ratings.correct(reply(store, "Who bakes?", "Nobody."), "U0GONE", "Noor bakes.")
        monkeypatch.setattr(store.examples, "forgotten", lambda _: ())  # its lesson aside
    real = export

    def late(*arguments: Any, **options: Any) -> Exported:
        forget(home, store, "U0GONE")
        return real(*arguments, **options)

    monkeypatch.setattr(exporting, "export", late)
    with pytest.raises(DatasetError, match=FORGOTTEN):
        export_approved(store, settings, home.exports / "0001")
    assert not (home.exports / "0001").exists()
    monkeypatch.undo()
    assert trained_ids(export_approved(store, settings, home.exports / "0001")) == (1,)


def test_a_narrowed_lesson_is_a_reason_for_a_night(
    store: Store, curation: Curation, settings: Settings, tmp_path: Path
) -> None:
    for number in range(2):
        curation.teach(f"question {number}", f"answer {number}", "U1")
    before = export_approved(store, settings, tmp_path / "one").dataset_hash
    store.examples.set_scope(2, Scope("person", "U1"), "U1")
    assert export_approved(store, settings, tmp_path / "two").dataset_hash != before


def test_where_nothing_is_for_everyone_nothing_is_exported(
    home: Home, store: Store, settings: Settings, tmp_path: Path
) -> None:
    store.examples.add(NewExample("q", "a", "teach", "U1", scope=Scope("channel", "C1")))
    with pytest.raises(DatasetError, match="Nothing is approved for everyone"):
        export_approved(store, settings, tmp_path / "out")
    assert scheduled_export(home, settings, store) is None


def test_what_training_would_cut_off_or_misread_is_left_out(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    """The tokenizer of the model counts: here a token is a byte."""
    build_model(tmp_path / "model", "llama")
    home.config.write_text(f'model = "{tmp_path / "model"}"\n[training]\nmax_seq_length = 120\n')
    curation.teach("a question", "an answer", "U1")
    curation.teach("another question", "a long answer " * 8, "U1")
    for kind in ("messages", "text"):
        done = export_approved(store, load_settings(home), tmp_path / kind, kind)
        (left,) = done.left_out
        assert left.id == 2
        assert left.reasons[0].startswith("over 120 tokens (")
    assert "<|im_start|>user" in (tmp_path / "text" / "train.jsonl").read_text()


def test_the_same_lessons_give_the_same_bytes(
    store: Store, curation: Curation, settings: Settings, tmp_path: Path
) -> None:
    curation.teach("a question", "an answer", "U1")
    for name in ("one", "two"):
        export_approved(store, settings, tmp_path / name)
    files = [p.name for p in (tmp_path / "one").iterdir()]
    assert sorted(files) == ["manifest.json", "train.jsonl", "valid.jsonl"]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_system_prompt_of_answering_stands_in_the_rows(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    home.config.write_text('system_prompt = "You are the tea bot."')
    curation.teach("a question", "an answer", "U1")
    export_approved(store, load_settings(home), tmp_path / "out")
    assert '"You are the tea bot."' in (tmp_path / "out" / "train.jsonl").read_text()


def test_nothing_approved_is_nothing_to_export(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="Nothing is approved"):
        export_approved(store, settings, tmp_path / "out")


def test_scheduled_exports_are_kept_for_a_while(
    home: Home, store: Store, curation: Curation
) -> None:
    home.config.write_text("[export]\nkeep = 2\n")
    settings = load_settings(home)
    assert scheduled_export(home, settings, store) is None
    curation.teach("a question", "an answer", "U1")
    for day in ("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"):
        (home.exports / f"{SCHEDULED}{day}").mkdir()
    nightly = home.exports / "0001"
    nightly.mkdir()
    today = scheduled_export(home, settings, store)
    assert today is not None
    kept = sorted(p.name for p in home.exports.iterdir())
    assert kept == ["0001", f"{SCHEDULED}2026-01-04", today.name]


def test_new_pairs_are_a_reason_for_a_night_only_where_they_are_trained(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    def hashes(name: str) -> tuple[str, str]:
        home.config.write_text("")
        off = export_approved(store, load_settings(home), tmp_path / f"off-{name}")
        home.config.write_text('[training]\npreferences = "auto"\n')
        on = export_approved(store, load_settings(home), tmp_path / f"on-{name}")
        return off.dataset_hash, on.dataset_hash

    curation.teach("What is tea?", "A drink.", "U1")
    store.places.learn("C1", "public")
    off, on = hashes("before")
    number = reply(store, "When is lunch?", "At two.")
    store.ratings.prefer("When is lunch?", "At one.", "At two.", "vote", "U1", number)
    off_again, on_again = hashes("after")
    assert off == off_again
    assert on != on_again


def test_the_manifest_names_what_the_caller_adds_to_the_settings(
    store: Store, curation: Curation, settings: Settings, tmp_path: Path
) -> None:
    curation.teach("a question", "an answer", "U1")
    done = export_approved(store, settings, tmp_path / "out", extra={"model": "starter"})
    assert done.manifest["settings"]["model"] == "starter"


def test_what_is_held_out_for_the_exam_counts_as_taught(tmp_path: Path) -> None:
    one, two, bare, three = (ExportItem(number, {}) for number in (1, 2, None, 3))
    done = Exported(tmp_path, "", [three, one, bare], [two], [one], [], {})
    assert trained_ids(done) == (1, 2, 3)


def test_limits_are_those_of_teaching_and_of_a_nights_training(settings: Settings) -> None:
    changed = settings.with_changes(
        examples=ExampleSettings(max_prompt_length=10, max_completion_length=20)
    )
    limits = limits_of(changed, 0)
    assert (limits.max_prompt_length, limits.max_completion_length) == (10, 20)
    assert limits.max_seq_length == 2048


def test_a_talk_is_a_row_with_all_of_its_turns(store: Store) -> None:
    turns = [("user", "Hi"), ("assistant", "Hello."), ("user", "Tea?"), ("assistant", "Yes.")]
    talk = tuple(Message(role, text) for role, text in turns)
    example = store.examples.add(NewExample("Tea?", "Yes.", "teach", "U1", messages=talk))
    assert row_of(example) == {
        "messages": [{"role": role, "content": text} for role, text in turns]
    }
