"""Where things are kept that can be made again: unpacked models, sampled answers, libraries."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """The cache's root: $NIGHTSCHOOL_CACHE, or `nightschool` in the user's cache folder."""
    if chosen := os.environ.get("NIGHTSCHOOL_CACHE"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "nightschool"


STARTER_FOLDER = "smollm2-135m-instruct"
