"""The one SQLite file that all processes share, a module a table group."""

from pathlib import Path

from bot.store.channels import Channels
from bot.store.comparisons import Comparisons
from bot.store.connections import Connections
from bot.store.events import Events
from bot.store.examples import Example, Examples
from bot.store.history import History
from bot.store.migrations import migrations
from bot.store.opinions import Opinions
from bot.store.origins import Origins
from bot.store.pending import PendingAnswers
from bot.store.people import People
from bot.store.replies import Replies, StoredReply
from bot.store.runs import Run, Runs
from bot.store.verdicts import Verdicts

__all__ = ["Example", "Run", "Store", "StoredReply"]


class Store:
    """The school's memory; safe to use from any thread and any number of processes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connections = Connections(path)
        with self.connections.write() as db:
            migrations.apply(db)
        self.replies = Replies(self.connections)
        self.examples = Examples(self.connections)
        self.opinions = Opinions(self.connections)
        self.runs = Runs(self.connections)
        self.comparisons = Comparisons(self.connections)
        self.verdicts = Verdicts(self.connections)
        self.events = Events(self.connections)
        self.origins = Origins(self.connections)
        self.pending = PendingAnswers(self.connections)
        self.people = People(self.connections)
        self.channels = Channels(self.connections)
        self.history = History(self.connections)

    def close(self) -> None:
        """Closes every connection."""
        self.connections.close()
