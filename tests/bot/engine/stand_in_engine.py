"""A stand-in for the engine's process, without a model: what its supervisor sees, in a few lines.

It locks its home, announces itself, says `base says: <question>`, and ends with a signal or, where
it is told so, with its standard input. The model `nowhere` cannot be loaded, `slow` only once there
is a file `go`, and the answer to NEVER_ENDING has a beginning only.
"""

import os
import signal
import sys
import time
from pathlib import Path

from filelock import FileLock

from bot.engine.address import EngineAddress, lock_file, remove_address, write_address
from bot.home import Home
from tests.bot.slack.engine import ScriptedEngine

NEVER_ENDING = "Tell me everything."


def main() -> int:
    """Takes the arguments of `python -m bot.engine`, and ends as that would."""
    file = Home(Path(sys.argv[sys.argv.index("--home") + 1])).engine_file
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with FileLock(lock_file(file), timeout=5):
        if os.environ["NIGHTSCHOOL_MODEL"] == "nowhere":
            sys.stderr.write("There is no model folder 'nowhere', and it is not a hub name.\n")
            return 1
        while os.environ["NIGHTSCHOOL_MODEL"] == "slow" and not (file.parent / "go").exists():
            time.sleep(0.02)
        with ScriptedEngine() as engine:

            def say(question: str, model: str) -> list[str]:
                engine.hold_at = 1 if question == NEVER_ENDING else None
                return [f"{model} says:", f" {question}"]

            engine.script = say
            engine.adapter = "base"
            url = engine.url.removesuffix("/v1")
            write_address(file, EngineAddress(url, "token", os.getpid()))
            try:
                if "--until-stdin-closes" not in sys.argv:
                    signal.pause()
                while os.read(0, 4096):
                    pass
            finally:
                remove_address(file, os.getpid())
    return 0


if __name__ == "__main__":
    sys.exit(main())
