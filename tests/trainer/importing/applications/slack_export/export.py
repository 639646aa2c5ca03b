"""Builds small Slack exports, as a folder or a zip archive."""

import json
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

USERS = [
    {"id": "U0ANN", "name": "ann", "profile": {"display_name": "Ann", "real_name": "Ann Lee"}},
    {"id": "U0BEN", "name": "ben", "profile": {"display_name": "", "real_name": "Ben Okri"}},
    {"id": "U0CAT", "name": "cat", "profile": {}},
    {"id": "U0BOT", "name": "builder", "is_bot": True, "profile": {}},
]
CHANNELS = [{"id": "C0HELP", "name": "help", "members": ["U0ANN"]}]
DAY = "2024-05-31"
Messages = list[dict[str, Any]]


def said(ts: str, user: str, text: str, thread: str | None = None, **more: Any) -> dict[str, Any]:
    """A message; `thread` is the ts of the thread's first message, its own for the first one."""
    message = {"type": "message", "user": user, "text": text, "ts": ts}
    return message | ({"thread_ts": thread} if thread else {}) | more


def reaction(name: str, *users: str) -> dict[str, Any]:
    return {"name": name, "users": list(users), "count": len(users)}


def thread(*spoken: tuple[str, str] | tuple[str, str, dict[str, Any]], at: int = 100) -> Messages:
    """A thread of (user, text) or (user, text, further keys), a second apart."""
    root = f"{at}.000100"
    return [
        said(f"{at + place}.000100", one[0], one[1], root) | (one[2] if len(one) > 2 else {})
        for place, one in enumerate(spoken)
    ]


def files(days: dict[str, Any], **lists: Any) -> dict[str, Any]:
    """The files of an export: `days` by "channel/day", or by channel alone for one day."""
    whole: dict[str, Any] = {"channels.json": CHANNELS, "users.json": USERS}
    whole |= {f"{name}.json": value for name, value in lists.items()}
    for name, messages in days.items():
        whole[f"{name}.json" if "/" in name else f"{name}/{DAY}.json"] = messages
    return whole


def folder(path: Path, content: dict[str, Any]) -> Path:
    by_folder: dict[Path, dict[str, Any]] = defaultdict(dict)
    for name, document in content.items():
        place = path / name
        by_folder[place.parent][place.name] = document
    for place, documents in by_folder.items():
        place.mkdir(parents=True, exist_ok=True)
        for name, document in documents.items():
            text = document if isinstance(document, str) else json.dumps(document)
            (place / name).write_text(text)
    return path


def packed(path: Path, content: dict[str, Any], prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, document in content.items():
            text = document if isinstance(document, str) else json.dumps(document)
            archive.writestr(prefix + name, text)
    return path
