"""The engine's process: `python -m bot.engine --home DIR`."""

import argparse
import logging
import os
import sys
import threading
from pathlib import Path

from bot.errors import NightschoolError, disk_sentence, full_disk
from bot.home import Home
from bot.settings import load_settings


def main(arguments: list[str] | None = None) -> int:
    """Runs until told to stop.

    Returns:
        The exit status: 1 if the engine cannot start, with the reason on standard error.
    """
    os.umask(0o077)  # the log and the address are for this account alone
    parser = argparse.ArgumentParser(prog="python -m bot.engine", description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(), help="the folder of nightschool.toml")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end with the process that started it"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("bot").setLevel(logging.INFO)
    parent_ended = threading.Event()
    if options.until_stdin_closes:
        threading.Thread(target=_wait_for_end_of_input, args=[parent_ended], daemon=True).start()
    home = Home(options.home.resolve())
    try:
        settings = load_settings(home)
        # This import takes seconds: a mistake in the settings is told before it.
        from bot.engine.server.process import run  # noqa: PLC0415  as said above

        run(home, settings, parent_ended)
    except NightschoolError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the one line that says why
        return 1
    except OSError as error:
        if not full_disk(error):
            raise
        print(disk_sentence(home.data), file=sys.stderr)  # noqa: T201 - as above
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _wait_for_end_of_input(parent_ended: threading.Event) -> None:
    """Waits for the end of the parent, which holds the other end of the pipe however it ends."""
    # Not through sys.stdin, whose lock a waiting thread would keep at the interpreter's end.
    while os.read(0, 4096):
        pass
    parent_ended.set()


if __name__ == "__main__":
    sys.exit(main())
