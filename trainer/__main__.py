"""`python -m trainer night --data DIR --out DIR --model NAME`: one night's training, as a child.

Standard output has one JSON object a line, progress and at last the result; logs and whatever
libraries print go to standard error. Exit 0 done, 1 it failed and the last line says why.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TextIO, get_args

import trainer.hardware.device
from trainer.commands import gguf_command
from trainer.errors import MemoryShortError, NightschoolError, disk_sentence, full_disk
from trainer.pipeline.deployed_exam import Notes
from trainer.pipeline.process import exclusive, exit_with_parent, is_first_process
from trainer.pipeline.run import RunContext, examine, run
from trainer.pipeline.stages import Report
from trainer.planning.memory import out_of_memory
from trainer.planning.settings import TrainingSettings, read_settings
from trainer.results.progress import Failure, Progress
from trainer.results.run import ExportedAdapter, MachineSpeed, RunResult
from trainer.retrieval.decision import Untaught
from trainer.tuning.checkpoint import EVERY_SECONDS, Checkpoints

_log = logging.getLogger(__name__)


class Line(Protocol):
    """One line of standard output: progress, a result or a failure."""

    def to_json(self) -> dict[str, Any]:
        """Returns the line as a JSON object, with its `phase`."""


class _Output:
    """Standard output, which carries nothing but progress and the result."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: Line) -> None:
        """Writes a line and flushes it, so that the parent reads it at once."""
        self._stream.write(json.dumps(line.to_json()) + "\n")
        self._stream.flush()


def main(arguments: list[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: without the program's name; None takes those of the process.

    Returns:
        The exit code: 0 done, 1 it failed and the last line of the output says why.
    """
    os.umask(0o077)  # what it writes is made of what people said
    options = _parser().parse_args(arguments)
    output = _Output(_own_output())
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s"
    )
    exit_with_parent(getattr(options, "parent", None))
    try:
        with trainer.hardware.device.awake():
            result = _COMMANDS[options.command](options, output.write)
        if result is not None:
            output.write(result)
    except BrokenPipeError:
        _log.warning("nobody reads the progress any more: stopped")
        return 1
    except Exception as error:  # noqa: BLE001  the parent must hear of every failure
        _log.exception("the training failed")
        output.write(_failure(error))
        return 1
    return 0


def _night(options: argparse.Namespace, report: Report) -> RunResult | None:
    if not is_first_process():  # the first of several machines has files and settings
        context = RunContext(workers=options.workers)
        return run(
            options.data, options.out, options.model, TrainingSettings(), None, report, context
        )
    options.out.mkdir(parents=True, exist_ok=True)
    settings = read_settings(options.settings)
    context = RunContext(
        checkpoints=Checkpoints(options.checkpoint, options.resume, options.checkpoint_seconds),
        lighter=options.lighter,
        warm_start=options.warm_start,
        paraphrases=options.paraphrases,
        workers=options.workers,
        seconds=options.seconds,
        notes=_notes(options),
    )
    with exclusive(options.lock), _temporary_files_in(options.settings):
        return run(
            options.data, options.out, options.model, settings, options.current, report, context
        )


@contextmanager
def _temporary_files_in(settings: Path | None) -> Iterator[None]:
    """Lets temporary files be made beside the settings of a run, in its own folder.

    The weights that mlx-lm writes meanwhile are made of what people said: a run that is killed
    leaves them where the next start sweeps, and not in the system's folder for all.
    """
    before = tempfile.tempdir
    if settings is not None:
        tempfile.tempdir = str(settings.absolute().parent)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _evaluate(options: argparse.Namespace, report: Report) -> Line:
    return examine(
        options.data,
        options.model,
        options.adapter,
        report,
        _notes(options),
        look=options.mastery,
    )


def _notes(options: argparse.Namespace) -> Notes:
    return Notes(options.embedder, options.calibration, options.untaught)


def _fuse(options: argparse.Namespace, report: Report) -> Line:
    from trainer.adapters.fuse import fuse  # noqa: PLC0415  only who fuses needs it

    report(Progress("fuse"))
    return fuse(options.model, options.adapter, options.out)


def _export(options: argparse.Namespace, _: Report) -> Line:
    from trainer.adapters.base_config import (  # noqa: PLC0415  only who exports needs it
        BASE_FOLDER,
        plain_config,
        write_config,
    )
    from trainer.adapters.peft import to_peft  # noqa: PLC0415  only who exports needs it

    out = options.out.absolute()
    if options.layout != "gguf":
        to_peft(options.adapter, out, options.model)
        return ExportedAdapter(str(out), "")
    config = plain_config(options.model)  # first, as it may not find the base
    to_peft(options.adapter, out, options.model, dora=False)
    base = None if config is None else out / BASE_FOLDER
    if base is not None and config is not None:
        write_config(base, config)
    file = out / f"{options.adapter.name}.gguf"
    return ExportedAdapter(str(out), gguf_command(options.model, out, file, base))


def _add(options: argparse.Namespace, report: Report) -> Line:
    from trainer.adapters.foreign.adding import add  # noqa: PLC0415  only who adds one needs it

    report(Progress("load"))
    return add(options.model, options.adapter, options.out)


def _speed(_: argparse.Namespace, _report: Report) -> Line:
    from trainer.hardware.device import card_memory_gb, gflops  # noqa: PLC0415  only here needed

    return MachineSpeed(round(gflops(), 1), card_memory_gb())


_COMMANDS: dict[str, Callable[[argparse.Namespace, Report], Line | None]] = {
    "night": _night,
    "evaluate": _evaluate,
    "fuse": _fuse,
    "export": _export,
    "add": _add,
    "speed": _speed,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trainer", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    night = commands.add_parser("night", help="train an adapter and examine it")
    evaluate = commands.add_parser("evaluate", help="examine the base and an adapter")
    fuse = commands.add_parser("fuse", help="make a whole model of base and adapter")
    export = commands.add_parser("export", help="write an adapter in PEFT's layout")
    add = commands.add_parser("add", help="write another program's adapter in mlx-lm's layout")
    commands.add_parser("speed", help="how fast this machine multiplies matrices")
    for command in (night, evaluate, fuse, export, add):
        command.add_argument("--model", default="starter", help="starter, a folder or a hub name")
    for command in (night, evaluate):
        command.add_argument("--data", type=Path, required=True, help="train.jsonl and valid.jsonl")
        command.add_argument("--embedder", default="", help="the bot's encoder, to examine the bot")
        command.add_argument("--calibration", type=Path, help="of that encoder, as JSON")
        command.add_argument("--untaught", choices=get_args(Untaught), default="decline")
    for command in (night, fuse, export, add):
        command.add_argument("--out", type=Path, required=True, help="where the result goes")
    night.add_argument("--settings", type=Path, help="training settings as JSON")
    night.add_argument("--current", type=Path, help="the adapter in use, to compare with")
    night.add_argument("--checkpoint", type=Path, help="the file that a run leaves its state in")
    night.add_argument("--paraphrases", type=Path, help="folder that keeps what the base rewrote")
    night.add_argument("--resume", type=Path, help="a checkpoint of a run that was cut off")
    night.add_argument("--checkpoint-seconds", type=float, default=EVERY_SECONDS)
    night.add_argument("--lighter", type=int, default=0, help="things to give up to save memory")
    night.add_argument("--warm-start", type=Path, help="an adapter to go on from")
    night.add_argument("--seconds", type=float, help="time for all of it, the exam included")
    night.add_argument("--workers", type=int, help="processes that train together")
    night.add_argument("--lock", type=Path, help="a file that only one run holds")
    night.add_argument("--parent", type=int, help="ends when this process does")
    evaluate.add_argument("--adapter", type=Path, help="a version's folder")
    evaluate.add_argument("--mastery", action="store_true", help="look at what it has mastered")
    for command in (fuse, export, add):
        command.add_argument("--adapter", type=Path, required=True, help="an adapter's folder")
    export.add_argument("--layout", choices=("peft", "gguf"), default="peft")
    return parser


def _own_output() -> TextIO:
    """Returns a copy of standard output, and redirects what libraries print to standard error."""
    sys.stdout.flush()
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return own


def _failure(error: Exception) -> Failure:
    """Returns the last line of a run that failed."""
    memory = isinstance(error, MemoryShortError) or out_of_memory(error)
    return Failure(
        error=_sentence(error),
        memory=memory,
        unexpected=not memory and not isinstance(error, (NightschoolError, OSError)),
    )


def _sentence(error: Exception) -> str:
    if isinstance(error, NightschoolError):
        return str(error)
    if full_disk(error):
        name = error.filename if isinstance(error, OSError) else None
        return disk_sentence(Path(os.fsdecode(name)).parent if name else Path.cwd())
    if isinstance(error, OSError):
        return f"The training could not read or write a file: {error.strerror or error}."
    if out_of_memory(error):
        return "The model and its training do not fit into memory."
    return f"The training broke off ({type(error).__name__})."


if __name__ == "__main__":
    sys.exit(main())
