"""Finds what is missing on this machine and says how to mend it; never shows a token."""

import platform
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
from filelock import FileLock, Timeout

from bot.errors import NightschoolError
from bot.home import Home
from bot.operations.diagnosis import Diagnosis
from bot.operations.encoder import examine_encoder
from bot.operations.private_data import examine_files, examine_privacy
from bot.settings import Settings, SlackSettings, load_settings
from bot.store import Store
from trainer.adapters.registry import Registry
from trainer.reasoning import names_closing, names_reasoning

TEMPLATES = ("chat_template.jinja", "chat_template.json", "tokenizer_config.json")
"""The files of a model that may hold its chat template."""
MIN_FREE_GB = 1.0
"""In 10^9 bytes."""


def examine(home: Home) -> list[Diagnosis]:
    """Examines everything that the bot needs; returns problems as findings and raises none."""
    try:
        settings = load_settings(home)
    except NightschoolError as error:
        return [Diagnosis(str(error), "missing", "Correct the setting and run this again.")]
    return [
        *_machine(home),
        *_home(home),
        *examine_files(home),
        *_model(settings),
        *examine_encoder(home, settings),
        *_slack(settings.slack),
        *_console_port(settings, home),
    ]


def _machine(home: Home) -> Iterator[Diagnosis]:
    yield Diagnosis(
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    )
    if sys.platform == "linux" and not shutil.which("g++"):
        yield Diagnosis("No C++ compiler.", "missing", "MLX needs one: apt-get install g++")
    if sys.platform == "darwin" and platform.machine() != "arm64":
        yield Diagnosis(
            "This Mac has no Apple silicon.", "missing", "MLX runs on M1 and newer, or on Linux."
        )
    root = next(p for p in (home.root, *home.root.parents) if p.exists())
    free = shutil.disk_usage(root).free / 1e9
    if free < MIN_FREE_GB:
        yield Diagnosis(
            f"Only {free:.1f} GB free.", "missing", f"Free some room on the disk of {root}."
        )
    else:
        yield Diagnosis(f"{free:.0f} GB free for data and adapters.")


def _home(home: Home) -> Iterator[Diagnosis]:
    where = home.config if home.config.exists() else "none, all settings have their defaults"
    yield Diagnosis(f"Settings: {where}")
    if not home.database.exists():
        yield Diagnosis("No database yet; it is made when something is taught.")
        return
    try:
        store = Store(home.database)
    except NightschoolError as error:
        yield Diagnosis(str(error), "missing", "Restore a backup: docs/backup.md.")
        return
    with closing(store):
        counts = store.examples.counts()
        yield Diagnosis(f"Examples: {counts['approved']} approved, {counts['pending']} pending.")
        yield from examine_privacy(store)
    try:
        current = Registry(home.adapters).current()
        yield Diagnosis(f"The bot answers with {current or 'the base model'}.")
    except NightschoolError as error:
        yield Diagnosis(str(error), "missing")
    if _is_held(home.night_lock):
        yield Diagnosis("A night is running.", "warning")


def _is_held(lock: Path) -> bool:
    """Whether a living process holds a lock of this home."""
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True


def _model(settings: Settings) -> Iterator[Diagnosis]:
    from trainer.models.loading import broken, locate  # noqa: PLC0415  slow to import

    if settings.engine.url:
        yield Diagnosis(f"Answers come from {settings.engine.url}.")
    try:
        path = locate(settings.model)
    except NightschoolError as error:
        yield Diagnosis(str(error), "missing", "Set `model` to starter, a folder or a hub name.")
        return
    if path is None:
        yield Diagnosis(
            f"Model {settings.model} is not on this disk yet.",
            "warning",
            "It is fetched on first use.",
        )
    elif wrong := broken(path):
        yield Diagnosis(
            f"Model {settings.model}: {wrong}",
            "missing",
            f"Delete {path}; the starter model is unpacked and a hub's fetched anew.",
        )
    else:
        yield Diagnosis(f"Model {settings.model} is at {path}.")
        yield from _template(settings.model, path)


def _template(model: str, path: Path) -> Iterator[Diagnosis]:
    """Warns of a chat template that does not switch reasoning off when it is told to."""
    from trainer.dataset.token_counts import tokenizer_of  # noqa: PLC0415  slow to import
    from trainer.models.tokenization import (  # noqa: PLC0415  as above
        always_reasons,
        cannot_switch_reasoning_off,
    )

    files = (path / name for name in TEMPLATES if (path / name).is_file())
    texts = [file.read_text("utf-8", errors="replace") for file in files]
    if not any(names_reasoning(text) or names_closing(text) for text in texts):
        return  # most models: no tokenizer has to be loaded to know it
    tokenizer = tokenizer_of(str(path))
    if tokenizer is not None and always_reasons(tokenizer):
        yield Diagnosis(
            f"The chat template of {model} opens reasoning and has no switch for it. It is closed "
            "at once, so that the bot learns and answers without it.",
            "warning",
            "A model that was made to reason may answer worse so: choose an instruct model, "
            "`nightschool models` lists some.",
        )
    elif tokenizer is not None and cannot_switch_reasoning_off(tokenizer):
        yield Diagnosis(
            f"The chat template of {model} has no switch for reasoning: the model may reason "
            "before it answers. That is left out of its answers, but takes time and tokens.",
            "warning",
            "Raise engine.max_tokens, or choose an instruct model: `nightschool models` lists "
            "some.",
        )


def _slack(slack: SlackSettings) -> Iterator[Diagnosis]:
    for name, token, prefix in (
        ("SLACK_BOT_TOKEN", slack.bot_token, "xoxb-"),
        ("SLACK_APP_TOKEN", slack.app_token, "xapp-"),
    ):
        if token is None:
            yield Diagnosis(
                f"{name} is not set.",
                "warning",
                "The bot needs it in Slack, the demo does not: docs/slack.md.",
            )
        elif not token.get_secret_value().startswith(prefix):
            yield Diagnosis(f"{name} is not a {prefix} token.", "missing", "See docs/slack.md.")
        else:
            yield Diagnosis(f"{name} is set.")
    if slack.bot_token:
        yield _slack_connection(slack)
    if not slack.report_channel:
        yield Diagnosis(
            "No channel for the morning report.", "warning", "Set slack.report_channel to its id."
        )


def _slack_connection(slack: SlackSettings) -> Diagnosis:
    token = slack.bot_token.get_secret_value() if slack.bot_token else ""
    url = slack.api_url.rstrip("/") + "/auth.test"
    try:
        response = httpx.post(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).json()
    except (httpx.HTTPError, ValueError):
        return Diagnosis(
            f"Slack does not answer at {slack.api_url}.", "missing", "Is the network up?"
        )
    if not response.get("ok"):
        reason = response.get("error", "no reason given")
        return Diagnosis(
            f"Slack refuses the bot token ({reason}).", "missing", "Make a new one: docs/slack.md."
        )
    return Diagnosis("Slack accepts the bot token.")


def _console_port(settings: Settings, home: Home) -> Iterator[Diagnosis]:
    console = settings.console
    if not console.enabled or console.port == 0 or _is_held(home.serving_lock):
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((console.host, console.port))
        except OSError:
            yield Diagnosis(
                f"Port {console.port} is taken.",
                "warning",
                "Stop what uses it or set console.port.",
            )
        else:
            yield Diagnosis(f"Port {console.port} is free for the console.")
