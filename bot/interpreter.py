"""How child processes of Python are started: nothing in the folder they start in is their code.

Without `-P` Python imports from the current folder first, so that a `starlette.py` that lies there
would run in the place of the library.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

LEFT_OUT = ("PYTHONSTARTUP", "PYTHONHOME", "PYTHONINSPECT")
"""Variables that give a child other code, or keep it from ending."""


def python(module: str, *arguments: str) -> list[str]:
    """Returns the command line that runs a module of ours with this interpreter."""
    return [sys.executable, "-P", "-m", module, *arguments]


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Returns the environment of a child: that of this process without code from relative paths.

    Args:
        extra: further variables, which the child reads.
    """
    variables = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}
    # An empty entry stands for the current folder, and a relative one depends on it.
    paths = variables.pop("PYTHONPATH", "").split(os.pathsep)
    absolute = [path for path in paths if Path(path).is_absolute()]
    if absolute:
        variables["PYTHONPATH"] = os.pathsep.join(absolute)
    # For the children of the child, which libraries start without `-P`.
    return variables | {"PYTHONSAFEPATH": "1"} | dict(extra or {})
