"""A whole Slack export: accepted replies are proposed, with their authors and links."""

import json
import unicodedata
import zipfile
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.trainer.importing.applications.slack_export.export import (
    CHANNELS,
    files,
    folder,
    packed,
    reaction,
    said,
    thread,
)
from trainer.errors import DatasetError
from trainer.importing.applications.slack_export.reader import SlackExportReader
from trainer.importing.lines import Found, FoundRow, Origin, Rejected, SourceWords
from trainer.importing.options import ReadOptions

KEY = "Where is the spare key?"
MARKED = {"reactions": [reaction("white_check_mark", "U0ANN")]}
ANSWERED = thread(("U0ANN", KEY), ("U0CAT", "No idea."), ("U0BEN", "On the hook.", MARKED))


def read(path: Path, url: str | None = None) -> tuple[list[Found], list[str]]:
    head = b"" if path.is_dir() else path.read_bytes()[:4096]
    assert SlackExportReader().recognises(path, head)
    notes: list[str] = []
    found = SlackExportReader().read(path, ReadOptions(slack_url=url), notes)
    return list(found), notes


def proposed(tmp_path: Path, *messages: Any) -> list[dict[str, Any]]:
    found, _ = read(folder(tmp_path / "export", files({"help": list(messages)})))
    rows = [one for one in found if isinstance(one, FoundRow)]
    assert all(row.proposed for row in rows)
    return [row.row for row in rows]


@pytest.mark.parametrize("url", ["https://example.slack.com", "example.slack.com/"])
def test_an_accepted_reply_is_proposed_with_its_author_link_and_words(
    tmp_path: Path, url: str
) -> None:
    (row,), notes = read(folder(tmp_path / "export", files({"help": ANSWERED})), url)
    assert row == FoundRow(
        1,
        {"prompt": KEY, "completion": "On the hook."},
        Origin(
            "U0BEN",
            "C0HELP",
            "https://example.slack.com/archives/C0HELP/p102000100?thread_ts=100.000100&cid=C0HELP",
            (
                SourceWords("C0HELP", "100.000100", "U0ANN"),
                SourceWords("C0HELP", "102.000100", "U0BEN"),
            ),
        ),
        proposed=True,
        notes=("its reply has a check mark",),
    )
    assert not any("--slack-url" in note for note in notes)


@pytest.mark.parametrize("prefix", ["", "our export/"])
def test_a_zip_reads_as_the_folder_does(tmp_path: Path, prefix: str) -> None:
    content = files({"help": ANSWERED})
    unpacked, _ = read(folder(tmp_path / "export", content))
    from_zip, notes = read(packed(tmp_path / "export.zip", content, prefix))
    assert from_zip == unpacked
    assert any("--slack-url" in note for note in notes)


def test_an_export_with_canvases_reads_as_without_them(tmp_path: Path) -> None:
    content = files({"help": ANSWERED}, canvases=[{"id": "F0PLAN", "title": "Our plan"}])
    content["FC:F0PLAN:Our plan/2026-01-04.json"] = ANSWERED
    content["file_conversations.json"] = [{"id": "FC:F0PLAN:Our plan"}]
    found, _ = read(packed(tmp_path / "export.zip", content))
    assert [type(one) for one in found] == [FoundRow]


class NamelessInfo(zipfile.ZipInfo):
    """An entry as Slack writes it: its name is UTF-8, and the flag that says so is not set."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  as in the library
        return self.filename.encode(), self.flag_bits & ~0x800


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_channel_with_an_accent_is_found_in_a_zip_and_in_a_folder(
    tmp_path: Path, form: Literal["NFC", "NFD"]
) -> None:
    name = unicodedata.normalize(form, "größe")
    content = files({name: ANSWERED}, channels=[{"id": "C0HELP", "name": "größe"}])
    unpacked, _ = read(folder(tmp_path / "export", content))
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, document in content.items():
            archive.writestr(NamelessInfo(inside), json.dumps(document))
    assert name not in str(zipfile.ZipFile(path).namelist())
    assert read(path)[0] == unpacked
    assert [type(one) for one in unpacked] == [FoundRow]


def test_a_channel_without_a_folder_is_said(tmp_path: Path) -> None:
    channels = [*CHANNELS, {"id": "C0NEW", "name": "new"}, {"id": "C0AUX", "name": "aux"}]
    content = files({"help": ANSWERED, "aux": ANSWERED}, channels=channels)
    found, notes = read(packed(tmp_path / "export.zip", content))
    assert len(found) == 2
    assert notes[0].startswith("2 public channels read: 2 questions")
    assert "1 public channel of channels.json without messages in the export: new" in notes


def test_a_reply_of_another_day_belongs_to_its_thread(tmp_path: Path) -> None:
    days = {"help/2024-05-31": ANSWERED[:1], "help/2024-06-02": ANSWERED[1:]}
    found, _ = read(folder(tmp_path / "export", files(days)))
    assert [type(one) for one in found] == [FoundRow]


def test_what_one_person_says_in_a_row_is_one_turn(tmp_path: Path) -> None:
    (row,) = proposed(
        tmp_path,
        *thread(
            ("U0ANN", KEY),
            ("U0ANN", "The one of the cellar."),
            ("U0BEN", "On the hook."),
            ("U0BEN", "Behind the door."),
            ("U0ANN", "Thanks!"),
        ),
    )
    assert row == {
        "prompt": f"{KEY}\nThe one of the cellar.",
        "completion": "On the hook.\nBehind the door.",
    }


def test_a_question_back_and_its_answer_stay_as_turns(tmp_path: Path) -> None:
    (row,) = proposed(
        tmp_path,
        *thread(
            ("U0ANN", KEY),
            ("U0CAT", "Which one?"),
            ("U0ANN", "The cellar's."),
            ("U0CAT", "No idea."),
            ("U0BEN", "On the hook.", MARKED),
        ),
    )
    said_by = [(turn["role"], turn["content"]) for turn in row["messages"]]
    assert said_by == [
        ("user", KEY),
        ("assistant", "Which one?"),
        ("user", "The cellar's."),
        ("assistant", "On the hook."),
    ]


def test_private_channels_and_direct_messages_are_left_out_and_said(tmp_path: Path) -> None:
    channels = [*CHANNELS, {"id": "C0SEC", "name": "secret", "is_private": True}]
    content = files(
        {"help": ANSWERED, "secret": ANSWERED, "D0ANNBEN": ANSWERED, "board": ANSWERED},
        channels=channels,
        groups=[{"id": "G0BOARD", "name": "board"}],
        dms=[{"id": "D0ANNBEN"}],
    )
    found, notes = read(folder(tmp_path / "export", content))
    assert len(found) == 1
    told = next(note for note in notes if note.startswith("left out as private"))
    assert "1 private channel," in told
    assert "1 direct conversation" in told
    assert "1 private channel in channels.json" in told


def test_bots_joins_and_deleted_messages_are_left_out_and_counted(tmp_path: Path) -> None:
    root = "100.000100"
    noise = [
        said("100.5", "U0BOT", "I am a bot.", root, **MARKED),
        said("100.6", "U0CAT", "From an app.", root, bot_id="B1", **MARKED),
        said("100.7", "U0CAT", "", root, subtype="tombstone", hidden=True),
        said("100.8", "U0CAT", "has joined", subtype="channel_join"),
    ]
    content = files({"help": [ANSWERED[0], *noise, *ANSWERED[1:]]})
    found, notes = read(folder(tmp_path / "export", content))
    assert [one.row["completion"] for one in found if isinstance(one, FoundRow)] == ["On the hook."]
    assert any(note.startswith("4 messages of apps, joins") for note in notes)


def test_ids_become_names_in_the_text(tmp_path: Path) -> None:
    text = "<@U0BEN> in <#C0HELP> knows, &amp; <https://example.com/a|the page>, <!here>"
    (row,) = proposed(tmp_path, *thread(("U0ANN", KEY), ("U0CAT", text, MARKED)))
    assert row["completion"] == (
        "@Ben Okri in #help knows, & the page (https://example.com/a), @here"
    )


def test_threads_without_an_accepted_reply_are_counted(tmp_path: Path) -> None:
    days = {"help": thread(("U0ANN", KEY), ("U0BEN", "On the hook."))}
    found, notes = read(folder(tmp_path / "export", files(days)))
    assert found == []
    assert "1 thread without one left out" in notes[0]


def test_a_broken_day_is_one_rejection_and_the_rest_is_kept(tmp_path: Path) -> None:
    days = {"help/2024-05-30": "not JSON", "help/2024-05-31": ANSWERED}
    found, _ = read(folder(tmp_path / "export", files(days)))
    assert [type(one) for one in found] == [FoundRow, Rejected]


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    elsewhere = folder(tmp_path / "elsewhere", files({"help": ANSWERED}))
    export = folder(tmp_path / "export", files({}))
    (export / "help").symlink_to(elsewhere / "help")
    assert read(export)[0] == []
    (export / "help").unlink()
    (export / "help").mkdir()
    day = next((elsewhere / "help").iterdir())
    (export / "help" / day.name).symlink_to(day)
    assert read(export)[0] == []


def test_another_zip_is_not_taken_for_an_export(tmp_path: Path) -> None:
    other = packed(tmp_path / "other.zip", {"a.json": []})
    assert not SlackExportReader().recognises(other, other.read_bytes()[:4096])


def test_a_zip_that_points_outside_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "export.zip", files({"help": ANSWERED}))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../outside.json", "[]")
    with pytest.raises(DatasetError, match="outside of its folder"):
        read(path)


def test_an_address_that_is_none_is_refused_with_an_example(tmp_path: Path) -> None:
    path = folder(tmp_path / "export", files({"help": ANSWERED}))
    with pytest.raises(DatasetError, match=r"like https://example\.slack\.com"):
        read(path, "https://example.slack.com/archives/C0/p1")
