"""The doctor says what is missing and how to mend it, and never shows a token."""

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from filelock import FileLock

from bot.home import Home
from bot.lessons.curation import Curation
from bot.operations.diagnosis import Diagnosis
from bot.operations.doctor import examine
from tests.reasoning_templates import ALWAYS_OPEN, CUT_AWAY, SWITCHED
from tests.tiny_models import build_model, build_tokenizer

TOKENS = {"SLACK_BOT_TOKEN": "xoxb-secret", "SLACK_APP_TOKEN": "xapp-secret"}


@contextmanager
def slack(answer: object) -> Iterator[str]:
    """Runs a server that answers everything with one JSON value; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps(answer).encode()
            known = self.headers["authorization"] == "Bearer xoxb-secret"
            self.send_response(200 if known and self.path == "/api/auth.test" else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/"
        server.shutdown()


@pytest.fixture(autouse=True)
def _no_console(home: Home) -> None:
    """Whether its port is free depends on the machine."""
    home.config.write_text("[console]\nenabled = false\n")


def finding(home: Home, part: str) -> Diagnosis:
    """Returns the one finding with these words in it."""
    (found,) = [one for one in examine(home) if part in one.what]
    return found


def test_a_new_home_misses_nothing_that_it_needs(home: Home) -> None:
    findings = examine(home)
    assert [one.what for one in findings if one.state == "missing"] == []
    assert finding(home, "No database yet").state == "ok"
    assert finding(home, "starter").state == "ok"
    assert finding(home, "report").state == "warning"
    assert str(home.config) in finding(home, "Settings:").what


def test_a_wrong_setting_is_the_only_finding(home: Home) -> None:
    home.config.write_text("[night]\ncrom = 1\n")
    (found,) = examine(home)
    assert "night.crom" in found.what
    assert (found.state, found.mend) == ("missing", "Correct the setting and run this again.")


@pytest.mark.parametrize(
    ("template", "warns"), [(SWITCHED, False), (ALWAYS_OPEN, True), (CUT_AWAY, True)]
)
def test_a_template_that_cannot_switch_reasoning_off_is_told(
    home: Home, tmp_path: Path, template: str, warns: bool
) -> None:
    model = build_model(tmp_path / "thinker")
    build_tokenizer(model, template=template)
    home.config.write_text(f'model = "{model}"\n[console]\nenabled = false\n')
    found = [one for one in examine(home) if "opens reasoning" in one.what]
    assert [one.state for one in found] == (["warning"] if warns else [])
    assert all("nightschool models" in (one.mend or "") for one in found)


def test_lessons_and_a_running_night_are_told(home: Home, curation: Curation) -> None:
    curation.teach("Who?", "Noor.", "U1")
    assert finding(home, "1 approved, 0 pending").state == "ok"
    assert finding(home, "answers with the base model").state == "ok"
    assert not any("night is running" in one.what for one in examine(home))
    with FileLock(home.night_lock):
        assert finding(home, "A night is running").state == "warning"


def test_a_damaged_database_and_a_damaged_registry_are_told(home: Home) -> None:
    home.prepare()
    home.database.write_bytes(b"no database" * 1000)
    assert "docs/backup.md" in str(next(o for o in examine(home) if o.state == "missing").mend)
    home.database.unlink()


def test_a_disk_that_is_nearly_full_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        total: int
        used: int
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 5 * 10**8))
    found = finding(home, "Only 0.5 GB free")
    assert found.state == "missing"
    assert str(home.root) in str(found.mend)


@pytest.mark.parametrize(
    ("model", "part", "state"),
    [("nowhere", "nowhere", "missing"), ("somebody/something", "not on this disk", "warning")],
)
def test_a_model_that_is_not_here_is_told(home: Home, model: str, part: str, state: str) -> None:
    home.config.write_text(f'model = "{model}"\n[console]\nenabled = false\n')
    assert finding(home, part).state == state


def test_a_model_folder_that_is_not_whole_is_told(home: Home) -> None:
    folder = home.root / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{")
    home.config.write_text(f'model = "{folder}"\n[console]\nenabled = false\n')
    found = finding(home, "config.json cannot be read")
    assert found.state == "missing"
    assert f"Delete {folder}" in str(found.mend)


def test_an_external_server_is_named(home: Home) -> None:
    home.config.write_text('[engine]\nurl = "http://127.0.0.1:9"\n[console]\nenabled = false\n')
    assert finding(home, "Answers come from http://127.0.0.1:9").state == "ok"


def test_tokens_of_the_wrong_kind_are_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert finding(home, "SLACK_BOT_TOKEN is not set").state == "warning"
    monkeypatch.setenv("SLACK_APP_TOKEN", "xoxb-secret")
    assert finding(home, "SLACK_APP_TOKEN is not a xapp- token").state == "missing"


@pytest.mark.parametrize(
    ("answer", "part", "state"),
    [
        ({"ok": True}, "Slack accepts the bot token", "ok"),
        ({"ok": False, "error": "invalid_auth"}, "refuses the bot token (invalid_auth)", "missing"),
    ],
)
def test_slack_is_asked_whether_it_takes_the_token(
    home: Home, monkeypatch: pytest.MonkeyPatch, answer: object, part: str, state: str
) -> None:
    with slack(answer) as url:
        for name, value in (TOKENS | {"SLACK_API_URL": url}).items():
            monkeypatch.setenv(name, value)
        assert finding(home, part).state == state
        assert not any("secret" in f"{one.what} {one.mend}" for one in examine(home))


def test_a_slack_that_does_not_answer_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (TOKENS | {"SLACK_API_URL": "http://127.0.0.1:9/"}).items():
        monkeypatch.setenv(name, value)
    assert finding(home, "Slack does not answer at http://127.0.0.1:9/").state == "missing"


def test_the_consoles_port_is_tried_unless_a_bot_runs(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        home.config.write_text(f"[console]\nport = {port}\n")
        assert finding(home, f"Port {port} is taken").state == "warning"
        home.prepare()
        home.engine_file.touch()  # as a power cut leaves it: no sign of a bot
        assert finding(home, f"Port {port} is taken").state == "warning"
        with FileLock(home.serving_lock):
            assert not any("Port" in one.what for one in examine(home))
    assert finding(home, f"Port {port} is free").state == "ok"
