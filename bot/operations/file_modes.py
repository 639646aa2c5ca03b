"""Finds and closes the files of a home that other accounts of the machine can read or write.

New files are made for the bot's own account alone; those of earlier versions stay as they were
until `nightschool doctor --mend`.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.home import Home

OTHERS = 0o077
"""What the group and all others may do with a file."""
WRITING = 0o022


def open_to_others(home: Home) -> list[Path]:
    """Returns what other accounts can reach of a home, and its folder if they can write into it.

    The folder itself may be read by others: it may be anybody's own folder with other things in it.
    Links are not followed, but for those that lead the bot's own folders and database elsewhere.
    Elsewhere than on a POSIX system nothing is found.
    """
    if os.name != "posix":
        return []
    found = [home.root] if home.root.is_dir() and _mode(home.root) & WRITING else []
    found += [path for path in _files(home) if _mode(path) & OTHERS]
    return found


def close(home: Home, paths: Iterable[Path]) -> list[Path]:
    """Takes every right of others from files and folders; of the home's folder, writing alone.

    Returns:
        Those that could not be changed, such as the files of another account.
    """
    left = []
    for path in paths:
        taken = WRITING if path == home.root else OTHERS
        try:
            path.chmod(_mode(path) & ~taken)
        except OSError:
            left.append(path)
    return left


def _files(home: Home) -> Iterator[Path]:
    if home.config.is_file() and not home.config.is_symlink():
        yield home.config
    for top in home.own_places():
        if not top.exists():
            continue
        yield top
        for folder, folders, files in os.walk(top):
            for name in sorted((*folders, *files)):
                path = Path(folder, name)
                if not path.is_symlink():
                    yield path


def _mode(path: Path) -> int:
    """Returns the rights of a file; none for one that is gone meanwhile."""
    try:
        return stat.S_IMODE(path.lstat().st_mode)
    except OSError:
        return 0
