"""`evaluate`: before beside after, as a table, as JSON and as a picture."""

from pathlib import Path

from bot.home import Home
from tests.bot.cli.conftest import Command


def test_before_and_after_stand_beside_each_other(
    nightschool: Command, school: Home, tmp_path: Path
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    nightschool("night")
    picture = tmp_path / "exam.png"
    done = nightschool("evaluate", "--adapter", "v0001", "--picture", str(picture), "--json")
    assert done.code == 0
    document = done.document
    assert document["adapter"] == "v0001"
    assert document["base"]["asked"] == document["tuned"]["asked"] == 1
    assert document["tuned"]["canary_loss"] > 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    shown = nightschool("evaluate", "--adapter", "v0001").out
    assert "v0001" in shown
    assert "Refusals" in shown
    assert school.exports.exists()


def test_a_picture_of_the_base_alone_is_refused_in_one_line(
    nightschool: Command, school: Home, tmp_path: Path
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    picture = tmp_path / "exam.png"
    done = nightschool("evaluate", "--adapter", "base", "--picture", str(picture))
    assert done.code == 1
    assert "needs an adapter" in done.err
    assert not picture.exists()
    assert school.config.exists()
