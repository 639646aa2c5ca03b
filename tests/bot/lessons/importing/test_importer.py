"""A file of lessons becomes examples, as far as it can be kept."""

from pathlib import Path

import pytest

from bot.errors import InputError, NightschoolError
from bot.lessons.curation import Curation
from bot.lessons.exporting import export_approved
from bot.lessons.importing import import_rows, sample_lessons
from bot.lessons.importing.importer import BATCH
from bot.lessons.teaching import OnConflict
from bot.settings import ExampleSettings, Settings
from bot.store import Store
from trainer.importing.options import ReadOptions
from trainer.jsonl import line, parse_jsonl


def lessons(folder: Path, count: int) -> Path:
    file = folder / "lessons.jsonl"
    rows = [
        {"prompt": f"Question {i}?", "completion": f"Answer {i}, at length."} for i in range(count)
    ]
    file.write_text("".join(map(line, rows)))
    return file


def test_importing_twice_adds_nothing(store: Store, curation: Curation, tmp_path: Path) -> None:
    file = lessons(tmp_path, 7)
    first = import_rows(store, curation, file, "U1")
    again = import_rows(store, curation, file, "U1")
    assert (first.added, first.duplicates) == (7, 0)
    assert (again.added, again.duplicates) == (0, 7)
    assert store.examples.counts()["approved"] == 7


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Who bakes?", "completion": "Noor does."},
        {"prompt": "Who bakes?", "chosen": "Noor does.", "rejected": "Nobody."},
    ],
)
def test_nothing_is_kept_of_a_file_whose_importer_has_opted_out(
    store: Store, curation: Curation, tmp_path: Path, row: dict[str, str]
) -> None:
    """Neither lessons nor pairs, not even tried out; they are told that it is they."""
    store.people.opt_out("U1")
    file = tmp_path / "one.jsonl"
    file.write_text(line(row))
    for dry_run in (True, False):
        with pytest.raises(InputError, match="You have opted out"):
            import_rows(store, curation, file, "U1", dry_run=dry_run)
    assert (store.examples.search(), store.ratings.preferred()) == ([], [])


def test_a_dry_run_names_lines_where_the_example_is_one_of_its_own(
    store: Store, curation: Curation, tmp_path: Path
) -> None:
    """The ids of its copy of the database are nobody's."""
    file = tmp_path / "two.jsonl"
    file.write_text(
        "".join(line({"prompt": "Who bakes?", "completion": c}) for c in ("Noor.", "Ben."))
    )
    tried = import_rows(store, curation, file, "U1", on_conflict="ask", dry_run=True)
    assert tried.rejected[0].errors == ("line 1 answers that otherwise",)


def test_lines_that_cannot_be_taught_are_named_among_those_that_cannot_be_read(
    store: Store, curation: Curation, tmp_path: Path
) -> None:
    file = tmp_path / "mixed.jsonl"
    good = line({"prompt": "Who bakes?", "completion": "Noor does."})
    long = line({"prompt": "q" * 4097, "completion": "a"})
    file.write_text(long + "nonsense\n" + good)
    found = import_rows(store, curation, file, "U1")
    assert [bad.line for bad in found.rejected] == [1, 2]
    assert found.added == 1


@pytest.mark.parametrize(
    ("choice", "answers", "replaced", "rejected"),
    [
        ("replace", ["Darjeeling."], 1, []),
        ("keep", ["Assam.", "Darjeeling."], 0, []),
        ("ask", ["Assam."], 0, [(1, ("example 1 answers that otherwise",))]),
    ],
)
def test_another_answer_to_a_known_question(
    store: Store,
    curation: Curation,
    tmp_path: Path,
    choice: OnConflict,
    answers: list[str],
    replaced: int,
    rejected: list[tuple[int, tuple[str, ...]]],
) -> None:
    curation.teach("Which tea?", "Assam.", "U1")
    file = tmp_path / "tea.jsonl"
    file.write_text(line({"prompt": "Which tea?", "completion": "Darjeeling."}))
    found = import_rows(store, curation, file, "U1", on_conflict=choice)
    assert [example.completion for example in store.examples.approved()] == answers
    assert found.replaced == replaced
    assert [(bad.line, bad.errors) for bad in found.rejected] == rejected


def test_a_full_disk_is_said_and_the_import_can_go_on_afterwards(
    store: Store, curation: Curation, tmp_path: Path
) -> None:
    """SQLite's own limit of pages stands for the disk: the error is the same."""
    file = lessons(tmp_path, 3 * BATCH)
    connection = store.connections.db.conn
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 80}")
    with pytest.raises(NightschoolError, match=r"disk .* is full") as caught:
        import_rows(store, curation, file, "U1")
    kept = store.examples.counts()["approved"]
    assert kept % BATCH == 0
    assert f"{kept} of {3 * BATCH} lessons" in str(caught.value)
    connection.execute("PRAGMA max_page_count = 1000000")
    import_rows(store, curation, file, "U1")
    assert store.examples.counts()["approved"] == 3 * BATCH


def test_two_answers_to_one_question_settle_at_the_first_import(
    store: Store, curation: Curation, tmp_path: Path
) -> None:
    file = tmp_path / "tea.jsonl"
    rows = [{"prompt": "Which tea?", "completion": tea} for tea in ("Assam.", "Darjeeling.")]
    file.write_text("".join(map(line, rows)))
    assert import_rows(store, curation, file, "U1").added == 2
    again = import_rows(store, curation, file, "U1")
    assert (again.added, again.replaced, again.duplicates, again.out_of_use) == (0, 0, 2, 1)
    assert [example.completion for example in store.examples.approved()] == ["Darjeeling."]


def test_what_is_kept_back_is_kept_back_once(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    curation = Curation(
        store, settings.with_changes(examples=ExampleSettings(sensitive="quarantine"))
    )
    file = tmp_path / "mail.jsonl"
    file.write_text(line({"prompt": "Whom do I write to?", "completion": "To a@b.example."}))
    found = [import_rows(store, curation, file, "U1") for _ in range(2)]
    assert [(one.added, one.duplicates) for one in found] == [(1, 0), (0, 1)]
    assert store.examples.counts()["quarantined"] == 1


@pytest.mark.parametrize("undo", ["withdraw", "reject"])
def test_a_lesson_that_was_taken_out_does_not_come_back_with_its_file(
    store: Store, curation: Curation, tmp_path: Path, undo: str
) -> None:
    file = lessons(tmp_path, 1)
    import_rows(store, curation, file, "U1")
    getattr(curation, undo)(1, "U1")
    again = import_rows(store, curation, file, "U1")
    assert (again.added, again.duplicates, again.out_of_use) == (0, 1, 1)
    assert store.examples.approved() == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", line({"prompt": "q", "completion": "a", "system": "Be brief."})),
        ("b.csv", "prompt,completion,system\nq,a,Be brief.\n"),
        (
            "c.jsonl",
            line(
                {
                    "messages": [
                        {"role": "system", "content": "Be brief."},
                        {"role": "user", "content": "q"},
                        {"role": "assistant", "content": "a"},
                    ]
                }
            ),
        ),
    ],
)
def test_a_system_message_is_kept_and_exported(
    store: Store, curation: Curation, settings: Settings, tmp_path: Path, name: str, content: str
) -> None:
    file = tmp_path / name
    file.write_text(content)
    assert import_rows(store, curation, file, "U1").added == 1
    done = export_approved(store, settings, tmp_path / "out")
    (row,) = parse_jsonl((done.folder / "train.jsonl").read_text())
    assert [m["content"] for m in row["messages"]] == ["Be brief.", "q", "a"]
    taught = curation.teach("q", "another", "U1")
    assert taught.replaced == (1,), "the question is the same with and without it"


def test_an_answer_that_is_known_to_be_cut_off_is_refused_with_its_line(
    store: Store, curation: Curation, tmp_path: Path
) -> None:
    file = tmp_path / "cut.jsonl"
    file.write_text(line({"prompt": "q", "completion": "and so", "finish_reason": "length"}))
    found = import_rows(store, curation, file, "U1")
    assert found.added == 0
    assert [(bad.line, bad.errors[0][:18]) for bad in found.rejected] == [(1, "completion cut off")]


def test_progress_is_told_after_every_batch_in_rows(
    store: Store, curation: Curation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.lessons.importing.importer.BATCH", 3)
    steps: list[tuple[int, int]] = []
    file = lessons(tmp_path, 7)
    done = import_rows(
        store, curation, file, "U1", on_progress=lambda done, of: steps.append((done, of))
    )
    assert steps == [(3, 7), (6, 7), (7, 7)]
    assert done.added == 7


def test_a_thread_of_another_encoding_is_read_and_the_guess_is_told(
    store: Store, curation: Curation, tmp_path: Path
) -> None:
    file = tmp_path / "thread.txt"
    text = "Anna  9:41 AM\nWo ist das Büro?\n\nJonas  9:42 AM\nIm Höfchen über dem Café.\n"
    file.write_bytes(text.encode("cp1252"))
    done = import_rows(store, curation, file, "U1", options=ReadOptions(thread=True))
    assert store.examples.get(1).completion == "Im Höfchen über dem Café."
    assert "Windows-1252" in done.notes[0]


def test_only_an_empty_school_gets_the_samples(store: Store, curation: Curation) -> None:
    count = sample_lessons(store, curation)
    assert count > 0
    samples = curation.samples()
    assert len(samples) == count
    assert {sample.author for sample in samples} == {"Nightschool"}, "no person taught them"
    assert sample_lessons(store, curation) == 0
    curation.drop_samples("U1")
    assert sample_lessons(store, curation) == 0, "what was dropped does not come back"
