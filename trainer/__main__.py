"""`python -m trainer night --data DIR --out DIR --model NAME`: one night's training, as a child.

Standard output has one JSON object a line, progress and at last the result; logs and whatever
libraries print go to standard error. Exit 0 done, 1 it failed and the last line says why.
"""

import argparse
import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import trainer.hardware.device
from trainer.errors import MemoryShortError, NightschoolError
from trainer.pipeline.process import alone, speaks, stay_with
from trainer.pipeline.run import Report, RunContext, examine, read_settings, run
from trainer.planning.memory import out_of_memory
from trainer.planning.settings import TrainingSettings
from trainer.tuning.checkpoint import EVERY_SECONDS, Checkpoints

_log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    progress = _own_output()
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s"
    )

    stay_with(getattr(options, "parent", None))

    def report(line: Mapping[str, Any]) -> None:
        progress.write(json.dumps(line) + "\n")
        progress.flush()

    try:
        with trainer.hardware.device.awake():
            _work(options, report)
    except BrokenPipeError:
        _log.warning("nobody reads the progress any more: stopped")
        return 1
    except Exception as error:  # noqa: BLE001  the parent must hear of every failure
        _log.exception("the training failed")
        report(_failure(error))
        return 1
    return 0


def _work(options: argparse.Namespace, report: Report) -> None:
    if options.command == "fuse":
        from trainer.adapters.fuse import fuse  # noqa: PLC0415  only who fuses needs it

        report({"phase": "fuse"})
        report({"phase": "done", **fuse(options.model, options.adapter, options.out)})
    elif options.command == "export":
        from trainer.adapters.peft import to_peft  # noqa: PLC0415  likewise

        report({"phase": "done", "out": str(to_peft(options.adapter, options.out, options.model))})
    elif options.command == "speed":
        from trainer.hardware.device import card_memory_gb, gflops  # noqa: PLC0415  likewise

        speed = {"gflops": round(gflops(), 1), "memory_gb": card_memory_gb()}
        report({"phase": "done", **speed})
    elif options.command == "evaluate":
        examine(options.data, options.model, options.adapter, report)
    else:
        _night(options, report)


def _night(options: argparse.Namespace, report: Report) -> None:
    if not speaks():  # the first of several machines has files and settings
        around = RunContext(workers=options.workers)
        run(options.data, options.out, options.model, TrainingSettings(), None, report, around)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    settings = read_settings(options.settings)
    around = RunContext(
        checkpoints=Checkpoints(options.checkpoint, options.resume, options.checkpoint_seconds),
        lighter=options.lighter,
        warm_start=options.warm_start,
        paraphrases=options.paraphrases,
        workers=options.workers,
    )
    with alone(options.lock):
        run(options.data, options.out, options.model, settings, options.current, report, around)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trainer", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    night = commands.add_parser("night", help="train an adapter and examine it")
    evaluate = commands.add_parser("evaluate", help="examine the base and an adapter")
    fuse = commands.add_parser("fuse", help="make a whole model of base and adapter")
    export = commands.add_parser("export", help="write an adapter in PEFT's layout")
    commands.add_parser("speed", help="how fast this machine multiplies matrices")
    for command in (night, evaluate, fuse, export):
        command.add_argument("--model", default="starter", help="starter, a folder or a hub name")
    for command in (night, evaluate):
        command.add_argument("--data", type=Path, required=True, help="train.jsonl and valid.jsonl")
    for command in (night, fuse, export):
        command.add_argument("--out", type=Path, required=True, help="where the result goes")
    night.add_argument("--settings", type=Path, help="training settings as JSON")
    night.add_argument("--current", type=Path, help="the adapter in use, to compare with")
    night.add_argument("--checkpoint", type=Path, help="the file that a run leaves its state in")
    night.add_argument("--paraphrases", type=Path, help="folder that keeps what the base rewrote")
    night.add_argument("--resume", type=Path, help="a checkpoint of a run that was cut off")
    night.add_argument("--checkpoint-seconds", type=float, default=EVERY_SECONDS)
    night.add_argument("--lighter", type=int, default=0, help="things to give up to save memory")
    night.add_argument("--warm-start", type=Path, help="an adapter to go on from")
    night.add_argument("--workers", type=int, help="processes that train together")
    night.add_argument("--lock", type=Path, help="a file that only one run holds")
    night.add_argument("--parent", type=int, help="ends when this process does")
    evaluate.add_argument("--adapter", type=Path, help="a version's folder")
    for command in (fuse, export):
        command.add_argument("--adapter", type=Path, required=True, help="a version's folder")
    return parser


def _own_output() -> TextIO:
    """Keeps standard output for the progress: what libraries print goes to standard error."""
    sys.stdout.flush()
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return own


def _failure(error: Exception) -> dict[str, Any]:
    """The last line of a run that failed."""
    memory = isinstance(error, MemoryShortError) or out_of_memory(error)
    return {
        "phase": "failed",
        "error": _sentence(error),
        "memory": memory,
        "unexpected": not memory and not isinstance(error, (NightschoolError, OSError)),
    }


def _sentence(error: Exception) -> str:
    if isinstance(error, NightschoolError):
        return str(error)
    if isinstance(error, OSError):
        return f"The training could not read or write a file: {error.strerror or error}."
    if out_of_memory(error):
        return "The model and its training do not fit into memory."
    return f"The training broke off ({type(error).__name__})."


if __name__ == "__main__":
    sys.exit(main())
