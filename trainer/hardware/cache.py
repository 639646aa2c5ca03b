"""Where things are kept that can be made again: unpacked models, sampled answers, libraries."""

import os
from pathlib import Path

STARTER_FOLDER = "smollm2-135m-instruct"
"""What the folders of the unpacked starter model begin with."""


def cache_folder() -> Path:
    """The cache's root: $NIGHTSCHOOL_CACHE, or `nightschool` in the user's cache folder."""
    if chosen := os.environ.get("NIGHTSCHOOL_CACHE"):
        return expanded(chosen)
    return expanded(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "nightschool"


def expanded(path: str | Path) -> Path:
    """Puts home folders in the place of `~` and `~name`; a path of no such user stays as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)
