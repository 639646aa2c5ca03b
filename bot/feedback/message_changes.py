"""What follows from a message that was deleted or edited in Slack. Knows no Slack itself."""

from bot.lessons.curation import Curation
from bot.lessons.withdrawal import DELETED
from bot.privacy.lineage import traces
from bot.store import Store
from bot.store.examples.rows import LIVE

EDITED = "the question was edited"
WHO = "slack"
"""Who withdrew, in the history of an example, where an edit or a deletion in Slack did."""


class MessageChanges:
    """Withdraws and forgets what came out of words that are not there any more."""

    def __init__(self, store: Store, curation: Curation) -> None:
        self._store = store
        self._curation = curation

    def message_deleted(self, channel: str, ts: str) -> list[int]:
        """Withdraws what came out of a message that was deleted; returns the ids.

        A question leaves what was said after it in its thread as well.
        """
        withdrawn = []
        with self._store.connections.write():
            askers = self._askers(channel, ts)
            self._store.open_questions.drop_of_message(channel, ts)
            self._store.ratings.drop_pairs(channel, ts)
            reply = self._store.replies.gone(channel, ts)
            liked = self._store.examples.from_reply(reply) if reply is not None else []
            ids = self._store.provenance.examples_of(channel, ts)
            later = self._after(channel, ts)
            for example_id in [*ids, *(e.id for e in liked if e.source == "reaction"), *later]:
                if self._store.examples.get(example_id).status in LIVE:
                    self._withdraw(example_id, DELETED, askers)
                    withdrawn.append(example_id)
        return withdrawn

    def question_edited(self, channel: str, ts: str) -> None:
        """What was answered to a question's old wording is gone, and what was thought of it.

        Corrections stay: they are words of people, who can take them back. Later turns of the
        thread lose the old wording, as they do when a question is deleted: nobody could find it
        there any more.
        """
        with self._store.connections.write():
            askers = self._askers(channel, ts)
            self._store.open_questions.drop_of_message(channel, ts)
            for example_id in self._after(channel, ts):
                if self._store.examples.get(example_id).status in LIVE:
                    self._withdraw(example_id, EDITED, askers)
            for number in self._store.comparisons.of_question(channel, ts):
                self._store.comparisons.blank(number)
            for reply in self._store.replies.to_question(channel, ts):
                for example in self._store.examples.from_reply(reply):
                    if example.source == "reaction" and example.status in LIVE:
                        self._withdraw(example.id, EDITED, askers)
                self._store.ratings.drop_of(reply)
                self._store.replies.blank(reply)

    def _askers(self, channel: str, question_ts: str) -> set[str]:
        """Returns who asked a question, if a message was one."""
        replies = self._store.replies.to_question(channel, question_ts)
        return {self._store.replies.get(reply).person for reply in replies}

    def _withdraw(self, example_id: int, why: str, askers: set[str]) -> None:
        """Withdraws an example; its author hears of it unless the words were theirs alone."""
        author = self._store.examples.get(example_id).author
        writers = askers | self._store.provenance.authors(example_id)
        self._curation.withdraw(example_id, WHO, why, silent=writers == {author})

    def _after(self, channel: str, question_ts: str) -> list[int]:
        """Cuts a question out of later turns; the ids of examples that have it in them."""
        gone = self._store.replies.to_question(channel, question_ts)
        if not gone:
            return []
        threads = {self._store.replies.get(reply).thread for reply in gone} - {""}
        traced = [traces(self._store, gone, (), (channel, thread)) for thread in sorted(threads)]
        later = [reply for replies in traced for reply in replies]
        self._store.replies.cut(later)
        for reply in later:
            self._store.ratings.drop_pairs_of(reply)
        made = [e for reply in later for e in self._store.examples.from_reply(reply)]
        return [e.id for e in made if e.messages is not None or e.source == "reaction"]
