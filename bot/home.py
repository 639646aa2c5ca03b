"""Where one bot keeps its files: the folder that `--home` or NIGHTSCHOOL_HOME names."""

import os
from dataclasses import dataclass
from pathlib import Path

CHECKPOINT = "checkpoint.safetensors"
"""The weights of an interrupted training, in the folder of its run."""


@dataclass(frozen=True)
class Home:
    """Paths inside the home folder; `prepare` makes the folders."""

    root: Path

    @property
    def config(self) -> Path:
        """The settings file; it may be missing."""
        return self.root / "nightschool.toml"

    @property
    def data(self) -> Path:
        """The folder of the database, the exports and the runs."""
        return self.root / "data"

    @property
    def database(self) -> Path:
        """The SQLite file that all processes share."""
        return self.data / "nightschool.db"

    @property
    def before_restore(self) -> list[Path]:
        """Databases that a restore took out of use, and their logs."""
        return sorted(self.data.glob(f"{self.database.stem}.before-restore*"))

    @property
    def incoming(self) -> Path:
        """The database that a restore is copying, before it takes the other one's place."""
        return self.data / f".{self.database.name}.incoming"

    @property
    def restore_marker(self) -> Path:
        """What a restore is about to move, so that a killed one is finished at the next start."""
        return self.data / "restore.json"

    @property
    def restore_lock(self) -> Path:
        """The lock of the one restore under way, and of an erasure, which must not meet one."""
        return self.data / "restore.lock"

    @property
    def exports(self) -> Path:
        """The folder of exports: one folder a run with train.jsonl, valid.jsonl, manifest.json."""
        return self.data / "exports"

    @property
    def runs(self) -> Path:
        """The folder of staging folders and logs of training runs."""
        return self.data / "runs"

    @property
    def sweep(self) -> Path:
        """The folder of the newest sweep: its chart, logs, and while it runs its training set."""
        return self.data / "sweep"

    @property
    def evaluations(self) -> Path:
        """The folder of what evaluations that are running work with: one folder a process."""
        return self.data / "evaluate"

    @property
    def paraphrases(self) -> Path:
        """The folder of paraphrases that the base model made; erasing a person empties it."""
        return self.data / "paraphrases"

    @property
    def adapters(self) -> Path:
        """The folder of adapter versions: one folder a version, and which one is current."""
        return self.root / "adapters"

    @property
    def engine_file(self) -> Path:
        """The file with address, token and process id of the running engine."""
        return self.data / "engine.json"

    @property
    def console_file(self) -> Path:
        """The file with the token of the web page, and the address of the running bot's page."""
        return self.data / "console.json"

    @property
    def night_lock(self) -> Path:
        """The lock of the one night or other training under way, from its first step on."""
        return self.data / "night.lock"

    @property
    def training_lock(self) -> Path:
        """The lock of the process that trains, which may outlive the one that started it."""
        return self.data / "training.lock"

    @property
    def serving_lock(self) -> Path:
        """The lock of the one bot that runs on this home, with Slack or without."""
        return self.data / "serving.lock"

    def own_places(self) -> list[Path]:
        """Returns the folders and files that the bot writes into, wherever links lead them.

        A place that lies in one before it is not named again.
        """
        database = Path(os.path.realpath(self.database))  # SQLite writes its logs beside this
        logs = [database.with_name(database.name + suffix) for suffix in ("-wal", "-shm")]
        folders = (
            *(self.data, self.adapters, self.exports, self.runs, self.sweep),
            *(self.evaluations, self.paraphrases),
        )
        places: dict[Path, Path] = {}
        for place in (*folders, database, *logs):
            real = Path(os.path.realpath(place))
            if not any(real.is_relative_to(other) for other in places):
                places[real] = real if place.is_symlink() else place
        return list(places.values())

    def name_of(self, path: Path) -> str:
        """Returns the path of a file below the home, or the whole one where it lies elsewhere."""
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)

    def prepare(self) -> None:
        """Makes the folders that others write into, for this account alone.

        Folders that are there stay as they are.
        """
        for folder in (self.data, self.exports, self.runs, self.adapters):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
