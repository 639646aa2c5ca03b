"""Where one school keeps its things: the folder that `--home` or NIGHTSCHOOL_HOME names."""

from dataclasses import dataclass
from pathlib import Path

CHECKPOINT = "checkpoint.safetensors"
"""Weights in a run's folder, until an adapter has come of it."""


@dataclass(frozen=True)
class Home:
    """Paths inside the home folder; nothing is made before `prepare`."""

    root: Path

    @property
    def config(self) -> Path:
        """The settings file; it may be missing."""
        return self.root / "nightschool.toml"

    @property
    def data(self) -> Path:
        """The database, exports and run folders."""
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
    def exports(self) -> Path:
        """One folder a run with train.jsonl, valid.jsonl and manifest.json."""
        return self.data / "exports"

    @property
    def runs(self) -> Path:
        """Staging folders and logs of training runs."""
        return self.data / "runs"

    @property
    def sweep(self) -> Path:
        """The newest sweep: its picture, logs, and while it goes on its training set."""
        return self.data / "sweep"

    @property
    def paraphrases(self) -> Path:
        """Questions that the base model has put in other words; forgetting a person drops them."""
        return self.data / "paraphrases"

    @property
    def adapters(self) -> Path:
        """One folder an adapter version, and which one is current."""
        return self.root / "adapters"

    @property
    def engine_file(self) -> Path:
        """Address, token and process id of the running engine."""
        return self.data / "engine.json"

    @property
    def night_lock(self) -> Path:
        """Held by the one night or other training that is under way, from its first step on."""
        return self.data / "night.lock"

    @property
    def training_lock(self) -> Path:
        """Held by the child that trains: it may live a moment longer than who started it."""
        return self.data / "training.lock"

    @property
    def serving_lock(self) -> Path:
        """Held by the one bot that runs on this home, with Slack or without."""
        return self.data / "serving.lock"

    def prepare(self) -> None:
        """Makes the folders that the other rooms write into."""
        for folder in (self.exports, self.runs, self.adapters):
            folder.mkdir(parents=True, exist_ok=True)
