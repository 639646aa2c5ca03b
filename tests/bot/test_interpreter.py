"""Children run our code and the libraries', whatever lies in the folder that they start in."""

import os
import subprocess
from pathlib import Path

import pytest

from bot.interpreter import child_environment, python

PLANTED = ("starlette", "json", "filelock", "numpy", "bot", "trainer")
"""Modules that both programs import; each planted one would leave a mark."""


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with modules that leave a mark where they are imported."""
    folder = tmp_path / "trap"
    folder.mkdir()
    for name in PLANTED:
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'a').write('x')\n")
    monkeypatch.chdir(folder)
    return tmp_path / "mark"


@pytest.mark.parametrize("paths", ["", ".", os.pathsep.join(["", "."])])
@pytest.mark.parametrize("module", ["bot.engine", "trainer"])
def test_a_module_in_the_current_folder_is_not_imported(
    trap: Path, monkeypatch: pytest.MonkeyPatch, module: str, paths: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", paths)
    done = subprocess.run(
        python(module, "--help"), env=child_environment(), check=True, capture_output=True
    )
    assert b"usage" in done.stdout
    assert not trap.exists()


def test_a_child_of_a_child_does_not_import_it_either(trap: Path) -> None:
    """Libraries start Python on their own."""
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import filelock'])"
    python_alone = python("bot.engine")[:1]
    subprocess.run([*python_alone, "-c", code], env=child_environment(), check=True)
    assert not trap.exists()


def test_a_child_has_the_environment_but_for_what_names_other_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PYTHONSTARTUP", "PYTHONHOME", "PYTHONINSPECT"):
        monkeypatch.setenv(name, "evil")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["/opt/code", "lib", "", ".", "/srv"]))
    monkeypatch.setenv("SLACK_BOT_TOKEN", "kept")
    made = child_environment({"NIGHTSCHOOL_MODEL": "starter"})
    assert made["PYTHONPATH"] == os.pathsep.join(["/opt/code", "/srv"])
    assert (made["SLACK_BOT_TOKEN"], made["NIGHTSCHOOL_MODEL"]) == ("kept", "starter")
    assert "evil" not in made.values()
    monkeypatch.delenv("PYTHONPATH")
    assert "PYTHONPATH" not in child_environment()
