"""The search after an erasure finds what is left, in whatever file and writing it stands."""

import json
import os
import sqlite3
from contextlib import closing

import pytest

from bot.home import Home
from bot.privacy.search import OVERLAP, PIECE, WINDOW, Found, Kind, fingerprints, search

LESSON = (
    "The spare key of the zanzibar depot lies under the third flower pot beside the blue door "
    "of the café, and nobody but Quokka's deputy may take it away on a Sunday."
)
OTHER = "What somebody else has taught has nothing to do with that lesson at all."
IN_A_ROW: Kind = "words in a row"


def found(home: Home, *kept: str, removed: str = LESSON) -> list[Found]:
    return list(search(home, fingerprints([removed]), kept).found)


def test_nothing_is_found_where_nothing_is_left(home: Home) -> None:
    (home.root / "notes.txt").write_text(OTHER)
    searched = search(home, fingerprints([LESSON]))
    assert searched.found == ()
    assert searched.files == 1
    assert searched.bytes == len(OTHER)
    assert searched.windows > 10
    assert searched.words >= 2


@pytest.mark.parametrize(
    "text",
    [
        LESSON,
        LESSON.upper(),
        f"before {LESSON} after",
        LESSON.replace(" ", "\n"),
        json.dumps({"completion": LESSON}),
        json.dumps({"completion": LESSON.replace(" ", "\n")}),
        json.dumps({"nested": json.dumps({"completion": LESSON.replace(" ", "\t")})}),
        json.dumps({"nested": json.dumps({"completion": LESSON.replace(", ", "\n")})}),
        json.dumps({"completion": LESSON}, ensure_ascii=False),
        LESSON.replace("é", "e\u0301"),
    ],
)
def test_words_in_a_row_are_found_however_they_are_written(home: Home, text: str) -> None:
    (home.root / "train.jsonl").write_text(text, encoding="utf-8")
    assert Found("train.jsonl", IN_A_ROW) in found(home)


def test_letters_that_json_has_escaped_are_read(home: Home) -> None:
    removed = "The café opens at nine sharp"
    (home.root / "train.jsonl").write_text(json.dumps(removed))
    assert found(home, removed=removed) == [Found("train.jsonl", IN_A_ROW)]


def test_a_part_of_a_long_text_is_found(home: Home) -> None:
    (home.root / "part.txt").write_text(" ".join(LESSON.split()[3:20]))
    assert Found("part.txt", IN_A_ROW) in found(home)


def test_a_short_text_is_found_as_a_whole_and_between_other_bytes(home: Home) -> None:
    removed = "Ring the bell at the gate twice"
    (home.root / "whole.txt").write_text(removed)
    (home.root / "part.txt").write_text("Ring the bell at noon, and go to the gate")
    (home.root / "page.db").write_bytes(b"\0\x8f\xff" + f"x{removed}y".encode() + b"\0\0")
    names = [one.file for one in found(home, removed=removed) if one.what == IN_A_ROW]
    assert names == ["page.db", "whole.txt"]


@pytest.mark.parametrize("number", range(7, WINDOW + 4))
def test_a_text_of_any_length_is_found_where_both_ends_touch_other_bytes(
    home: Home, number: int
) -> None:
    """As in a database, in which nothing stands between two values."""
    removed = " ".join(
        ["the", "of", "and", "to", "a", "in", "is", "it"][n % 8] for n in range(number)
    )
    (home.root / "page.db").write_bytes(b"\0\x8f\xff" + f"x{removed}y".encode() + b"\0\0")
    assert found(home, removed=removed) == [Found("page.db", IN_A_ROW)]


def test_a_rare_word_is_told_by_itself(home: Home) -> None:
    (home.root / "log.txt").write_text("somebody said zanzibar")
    assert found(home) == [Found("log.txt", "a rare word")]


def test_words_that_everybody_says_are_not_rare(home: Home) -> None:
    """Those of the program's own files are in every home."""
    (home.root / "log.txt").write_text("the network password of the model, in an answer")
    assert found(home, removed="Tell me the network password, model, in an answer") == []


def test_what_others_say_with_good_reason_is_not_searched_for(home: Home) -> None:
    (home.root / "theirs.txt").write_text(LESSON)
    assert found(home, OTHER) != []
    assert found(home, OTHER, LESSON) == []


def test_words_across_two_pieces_of_a_long_file_are_found(home: Home) -> None:
    part = " ".join(LESSON.split()[:18])
    half = len(part) // 2
    (home.root / "long.txt").write_text(". " * ((PIECE - half) // 2) + part + " ." * OVERLAP)
    assert Found("long.txt", IN_A_ROW) in found(home)


def test_a_database_is_searched_with_its_log_as_files(home: Home) -> None:
    with closing(sqlite3.connect(home.root / "copy.db")) as copy:
        copy.execute("create table kept (number, words, more)")
        copy.execute("insert into kept values (1, ?, 'more')", [LESSON])
        copy.commit()
    assert Found("copy.db", IN_A_ROW) in found(home)


def test_pipes_and_links_are_passed_by(home: Home) -> None:
    """A pipe without a writer would never end, and a link leads out of the home."""
    os.mkfifo(home.root / "pipe")
    outside = home.root.parent / "outside.txt"
    outside.write_text(LESSON)
    (home.root / "link.txt").symlink_to(outside)
    searched = search(home, fingerprints([LESSON]))
    assert (searched.files, searched.found) == (0, ())


@pytest.mark.parametrize("place", ["data", "adapters", "data/exports", "data/runs"])
def test_the_bots_own_folders_are_searched_wherever_a_link_leads_them(
    home: Home, place: str
) -> None:
    volume = home.root.parent / "volume"
    volume.mkdir()
    (volume / "left.jsonl").write_text(LESSON)
    (home.root / place).parent.mkdir(exist_ok=True)
    (home.root / place).symlink_to(volume)
    searched = search(home, fingerprints([LESSON]))
    assert searched.files == 1
    assert searched.found[0] == Found(str(volume / "left.jsonl"), IN_A_ROW)


def test_a_database_that_is_a_link_is_searched_with_its_logs(home: Home) -> None:
    home.prepare()
    for name in ("school.db", "school.db-wal"):
        (home.root.parent / name).write_text(LESSON)
    home.database.symlink_to(home.root.parent / "school.db")
    names = {one.file for one in found(home)}
    assert names == {str(home.root.parent / name) for name in ("school.db", "school.db-wal")}


def test_a_folder_that_a_link_names_twice_is_searched_once(home: Home) -> None:
    (home.root / "real" / "exports").mkdir(parents=True)
    (home.root / "real" / "exports" / "left.jsonl").write_text(LESSON)
    home.data.symlink_to(home.root / "real")
    assert search(home, fingerprints([LESSON])).files == 1


def test_a_folder_that_cannot_be_read_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.prepare()
    real = os.scandir

    def scandir(path: str) -> object:
        if os.fspath(path) == str(home.exports):
            raise PermissionError
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert search(home, fingerprints([LESSON])).unread == 1


def test_fingerprints_are_salted_and_have_no_words(home: Home) -> None:
    one, other = fingerprints([LESSON]), fingerprints([LESSON])
    assert set(one.windows).isdisjoint(other.windows)
    assert "zanzibar" not in repr(one).casefold()
    (home.root / "fingerprints.json").write_text(repr(one))
    assert search(home, one).found == ()


def test_progress_counts_the_files(home: Home) -> None:
    for name in ("a", "b"):
        (home.root / name).write_text(OTHER)
    steps: list[tuple[int, int]] = []
    search(home, fingerprints([LESSON]), on_progress=lambda done, of: steps.append((done, of)))
    assert steps == [(1, 2), (2, 2)]


def test_of_a_whole_library_a_part_of_the_windows_is_enough(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = len(fingerprints([LESSON]).windows)
    monkeypatch.setattr("bot.privacy.search.MOST_WINDOWS", 4)
    assert 0 < len(fingerprints([LESSON]).windows) < every
    (home.root / "copy.txt").write_text(f"before {LESSON} after")
    assert Found("copy.txt", IN_A_ROW) in found(home)
