"""Who may use the page: whoever knows its token, from the printed address or from a cookie.

Every account of a machine can reach 127.0.0.1. The token stands in a file that only the bot's own
account can read, in the address that `serve`, `demo` and `console` print, and then in a cookie.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from bot.errors import SettingsError, os_sentence
from bot.home import Home

REFUSAL = "Open this page by the address that `nightschool console` prints."
PARAMETER = "token"
"""The name of the token in the address."""
COOKIE_SECONDS = 400 * 24 * 3600
"""The longest life that browsers give a cookie."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")
_OTHERS = 0o077


class PageAccess:
    """The token of one home's page, which it keeps over restarts."""

    def __init__(self, home: Home) -> None:
        """Reads the token, and makes one where there is none that only this account can read.

        Raises:
            SettingsError: the file cannot be written.
        """
        self._file = home.console_file
        self.token = _token(self._file) or secrets.token_urlsafe(32)
        # Cookies belong to a host whatever the port: another home's page has another name.
        place = hashlib.sha256(os.fsencode(home.root.resolve())).hexdigest()
        self.cookie = f"nightschool_{place[:8]}"
        if _token(self._file) is None:
            self._write({"token": self.token})

    def knows(self, token: str | None) -> bool:
        """Returns whether a token is the one of this page."""
        return token is not None and hmac.compare_digest(token.encode(), self.token.encode())

    def address(self, url: str) -> str:
        """Returns the address that opens the page at a URL without a path."""
        return address_of(url, self.token)

    def publish(self, url: str) -> None:
        """Writes down where the running bot's page is, for `nightschool console`.

        Raises:
            SettingsError: the file cannot be written.
        """
        self._write({"token": self.token, "url": url})

    def _write(self, content: Mapping[str, str]) -> None:
        try:
            write_private(self._file, json.dumps(content) + "\n")
        except OSError as error:
            sentence = os_sentence(error, self._file, "cannot be written")
            raise SettingsError(sentence) from error


def address_of(url: str, token: str) -> str:
    """Returns the address that opens a page whose server is at a URL without a path."""
    return f"{url}/?{urlencode({PARAMETER: token})}"


def published_address(home: Home) -> str | None:
    """Returns the address of the page that a bot has published on this home; None without one."""
    token = _token(home.console_file)
    url = _content(home.console_file).get("url")
    return address_of(url, token) if token and isinstance(url, str) else None


def write_private(file: Path, text: str) -> None:
    """Replaces a file by one that only this account can read.

    Raises:
        OSError: it cannot be written; the earlier one is still there.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as copy:
            copy.write(text)
            copy.flush()
            os.fsync(copy.fileno())
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _token(file: Path) -> str | None:
    """Returns the token of a file; None where it has none, or others could read it."""
    token = _content(file).get("token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        return None
    return token


def _content(file: Path) -> Mapping[str, object]:
    try:
        if os.name == "posix" and file.stat().st_mode & _OTHERS:
            return {}
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
