"""`nightschool backup`, `restore` and `forget`, and what they say was done."""

import io
import os
import sys
from pathlib import Path

import pytest

from bot.home import Home
from bot.privacy.erasure import UNREAD, Finished, Forgotten
from bot.privacy.search import Found, Searched
from tests.bot.cli.conftest import Command


def test_a_backup_is_restored_and_what_was_there_is_kept(
    nightschool: Command, tmp_path: Path
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    file = tmp_path / "school.db"
    assert nightschool("backup", str(file), "--json").document == {
        "file": str(file),
        "bytes": file.stat().st_size,
    }
    nightschool("teach", "Who bakes?", "Noor.")
    done = nightschool("restore", str(file), "--json").document
    assert Path(done["former"]).exists()
    assert done["restored"] == str(file)
    listed = nightschool("examples", "list", "--json").document["examples"]
    assert [example["prompt"] for example in listed] == ["When is lunch?"]
    assert "What was there before is " in nightschool("restore", str(file)).out


def test_where_nothing_was_there_before_a_restore_says_so_by_silence(
    nightschool: Command, tmp_path: Path
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    file = tmp_path / "school.db"
    nightschool("backup", str(file))
    empty = ("--home", str(tmp_path / "empty"))
    assert nightschool("restore", str(file), *empty).out == "The database is restored.\n"


def test_forgetting_asks_first(
    nightschool: Command, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    done = nightschool("forget", "U1")
    assert (done.code, done.err) == (130, "Stopped.\n")
    assert home.database.exists()


def test_forgetting_says_what_is_gone(
    nightschool: Command, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.ask.getpass.getuser", lambda: "noor")
    nightschool("teach", "When is lunch?", "At noon.")
    none = nightschool("forget", "U0OTHER", "--yes").out
    assert none == "0 examples, 0 answers and 0 votes are gone.\n"
    file = tmp_path / "school.db"
    nightschool("backup", str(file))
    nightschool("restore", str(file))
    card = home.adapters / "v0001"
    card.mkdir(parents=True)
    done = nightschool("forget", "noor", "--yes").out
    assert done.startswith("1 examples, 0 answers and 0 votes are gone.")
    assert "Deleted with everything in them: 1 databases set aside by restore." in done


def test_forgetting_names_the_versions_that_learned_it(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Forgotten(1, 2, 3, 0, ("v0001", "v0002"))
    monkeypatch.setattr("bot.cli.backups.remove", lambda *_: gone)
    document = nightschool("forget", "U1", "--yes", "--json").document
    assert (document["examples"], document["adapters"]) == (1, ["v0001", "v0002"])
    assert nightschool("forget", "U1", "--yes").out == (
        "1 examples, 2 answers and 3 votes are gone. Trained on them: v0001, v0002; "
        "the next night trains without.\n"
    )


def test_forgetting_ends_with_what_was_searched(
    nightschool: Command, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.ask.getpass.getuser", lambda: "noor")
    answer = "Beside the zanzibar quokka, behind the second door on the left of the old depot."
    nightschool("teach", "Where is the key?", answer)
    told = nightschool("forget", "noor", "--yes")
    assert told.code == 0
    assert "sequences of words and" in told.out
    assert told.out.endswith("rare words: nothing is left.\n")
    nightschool("teach", "Where is the key?", answer)
    nightschool("backup", str(home.root / "mine.db"))
    done = nightschool("forget", "noor", "--yes", "--json")
    assert done.code == 1
    assert done.document["found"] == [
        {"file": "mine.db", "what": "words in a row"},
        {"file": "mine.db", "what": "a rare word"},
    ]
    assert done.document["searched"]["files"] > 0


def test_a_file_that_could_not_be_read_is_no_proof(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Forgotten(1, 2, 3, 0, (), searched=Searched(5, 10**6, 1, 1, unread=2), later=UNREAD)
    monkeypatch.setattr("bot.cli.backups.remove", lambda *_: gone)
    told = nightschool("forget", "U1", "--yes")
    assert told.code == 1
    assert "2 files could not be read: nothing is left in those that were read." in told.out
    assert told.out.endswith(f"{UNREAD}\n")


def test_what_a_start_finds_of_an_erasure_is_told(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own command was killed, so that nobody has read it yet."""
    found = (Found("mine.db", "words in a row"), Found("mine.db", "a rare word"))
    searched = Searched(5, 10**6, 1, 1, 2, found)
    finished = [Finished(1, 0, 0, searched, UNREAD), Finished(2, 0, 0, searched, UNREAD)]
    monkeypatch.setattr("bot.cli.context.settle_store", lambda *_: finished)
    told = nightschool("examples", "list", "--json")
    assert told.code == 0
    still = "Words of somebody who was forgotten are still in mine.db"
    assert told.err.splitlines() == [
        f"{still}: look at it and delete it yourself.",
        f"Somebody was forgotten, and 2 files could not be searched. {UNREAD}",
    ]


def test_a_pipe_is_no_backup(nightschool: Command, tmp_path: Path) -> None:
    """It would be waited for without an end."""
    pipe = tmp_path / "pipe.db"
    os.mkfifo(pipe)
    for command in (("restore",), ("examples", "import"), ("examples", "stats"), ("ask", "--file")):
        done = nightschool(*command, str(pipe))
        assert done.code == 2
        assert "no file that can be read: a pipe or a device" in done.err


def test_every_command_finishes_what_was_cut_off(nightschool: Command, home: Home) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    home.database.rename(home.data / "nightschool.before-restore-20260101T000000Z.db")
    left = home.adapters / ".staging-1"
    left.mkdir()
    listed = nightschool("examples", "list", "--json").document["examples"]
    assert [example["prompt"] for example in listed] == ["When is lunch?"]
    assert not left.exists()
