"""The one SQLite file that all processes share: one module for each group of tables."""

import sqlite3
from pathlib import Path

from bot.errors import NightschoolError
from bot.store import (
    channels,
    comparisons,
    erasures,
    idempotency,
    notices,
    open_questions,
    pending_answers,
    people,
    places,
    ratings,
    replies,
    runs,
)
from bot.store.channels import Channels
from bot.store.comparisons import Comparisons
from bot.store.database import migrations as schema
from bot.store.database.connections import Connections
from bot.store.database.personal_data import PersonalRows, erase
from bot.store.erasures import Erasures
from bot.store.examples import calibrations, provenance, replacements, table, vectors
from bot.store.examples.calibrations import Calibrations
from bot.store.examples.provenance import Provenance
from bot.store.examples.replacements import Replacements
from bot.store.examples.rows import Example
from bot.store.examples.table import Examples
from bot.store.examples.vectors import Vectors
from bot.store.idempotency import HandledEvents, Marks
from bot.store.notices import Notices
from bot.store.open_questions import OpenQuestions
from bot.store.pending_answers import PendingAnswers
from bot.store.people import People
from bot.store.places import Places
from bot.store.questions import expert_messages, expert_requests, experts, gaps
from bot.store.questions.expert_messages import ExpertDeliveries, ExpertMessages
from bot.store.questions.expert_requests import ExpertRequests
from bot.store.questions.experts import Experts
from bot.store.questions.gaps import Gaps
from bot.store.ratings import AdapterRatings, Ratings
from bot.store.replies import Replies, StoredReply
from bot.store.runs import History, Run, Runs

__all__ = ["ERASURE", "Example", "Run", "Store", "StoredReply"]

ERASURE = (
    *table.ERASURE,
    *provenance.ERASURE,
    *vectors.ERASURE,
    *calibrations.ERASURE,
    *ratings.ERASURE,
    *replies.ERASURE,
    *comparisons.ERASURE,
    *runs.ERASURE,
    *pending_answers.ERASURE,
    *idempotency.ERASURE,
    *people.ERASURE,
    *channels.ERASURE,
    *places.ERASURE,
    *replacements.ERASURE,
    *open_questions.ERASURE,
    *notices.ERASURE,
    *experts.ERASURE,
    *expert_requests.ERASURE,
    *expert_messages.ERASURE,
    *gaps.ERASURE,
    *erasures.ERASURE,
    *schema.ERASURE,
)
"""Every table's declaration of how a person is erased from it, in the order of execution."""


class Store:
    """The database, a property for each group of tables.

    It may be used from any thread and by any number of processes.
    """

    def __init__(self, path: Path) -> None:
        """Opens the database, makes it where there is none, and applies missing migrations.

        Where none is missing nothing is written, so that a full disk keeps nobody from reading.

        Args:
            path: the database file; its folder is made where it is missing.

        Raises:
            NightschoolError: the file cannot be opened or written, or is no database.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.connections = Connections(path)
        if self._pending():
            with self.connections.write() as db:
                schema.migrations.apply(db)
        self.replies = Replies(self.connections)
        self.examples = Examples(self.connections)
        self.ratings = Ratings(self.connections)
        self.runs = Runs(self.connections)
        self.comparisons = Comparisons(self.connections)
        self.adapter_ratings = AdapterRatings(self.connections)
        self.handled_events = HandledEvents(self.connections)
        self.provenance = Provenance(self.connections)
        self.vectors = Vectors(self.connections)
        self.calibrations = Calibrations(self.connections)
        self.pending_answers = PendingAnswers(self.connections)
        self.people = People(self.connections)
        self.channels = Channels(self.connections)
        self.history = History(self.connections)
        self.places = Places(self.connections)
        self.replacements = Replacements(self.connections)
        self.open_questions = OpenQuestions(self.connections)
        self.notices = Notices(self.connections)
        self.gaps = Gaps(self.connections)
        self.erasures = Erasures(self.connections)
        self.marks = Marks(self.connections)
        self.experts = Experts(self.connections)
        self.expert_requests = ExpertRequests(self.connections)
        self.expert_messages = ExpertMessages(self.connections)
        self.expert_deliveries = ExpertDeliveries(self.connections)

    def erase(self, rows: PersonalRows) -> None:
        """Erases a person from every table, in one transaction.

        The words may remain in free pages of the file until `Connections.compact` rewrites it.

        Args:
            rows: the person and the keys of the rows that their words stand in.

        Raises:
            NightschoolError: the database cannot be written; nothing was erased.
        """
        with self.connections.write() as db:
            erase(db, ERASURE, rows)

    def close(self) -> None:
        """Closes the connections of all threads; the store cannot be used afterwards."""
        self.connections.close()

    def _pending(self) -> bool:
        try:
            return bool(schema.migrations.pending(self.connections.db))
        except sqlite3.Error as error:
            self.close()
            sentence = f"the database {self.connections.path} cannot be read: {error}"
            raise NightschoolError(sentence) from error
