"""The one SQLite file that all processes share, a module a table group."""

from pathlib import Path

from bot.store.channels import Channels
from bot.store.comparisons import Comparisons
from bot.store.database.connections import Connections
from bot.store.examples import Example, Examples
from bot.store.idempotency import HandledEvents
from bot.store.database.migrations import migrations
from bot.store.pending_answers import PendingAnswers
from bot.store.people import People
from bot.store.provenance import Provenance
from bot.store.ratings import AdapterRatings, Ratings
from bot.store.replies import Replies, StoredReply
from bot.store.runs import History, Run, Runs

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
        self.ratings = Ratings(self.connections)
        self.runs = Runs(self.connections)
        self.comparisons = Comparisons(self.connections)
        self.adapter_ratings = AdapterRatings(self.connections)
        self.handled_events = HandledEvents(self.connections)
        self.provenance = Provenance(self.connections)
        self.pending_answers = PendingAnswers(self.connections)
        self.people = People(self.connections)
        self.channels = Channels(self.connections)
        self.history = History(self.connections)

    def close(self) -> None:
        """Closes every connection."""
        self.connections.close()
