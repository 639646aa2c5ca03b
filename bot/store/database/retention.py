"""Old answers lose their words and places: the setting `replies.keep_days`.

Their rows stay, with who asked, when, where the answer came from and how long it took, so that the
figures of a year and everybody's ratings stay what they were.
"""

import json
from datetime import datetime, timedelta

from bot.store.database.connections import Connections

BATCH = 500
"""Answers that one transaction changes, so that nobody waits long for the write lock."""
FREE_SHARE = 0.25
"""The part of the file that is free before it is rewritten; below that, new rows fill it."""
FREE_PAGES = 4096
"""Pages that are free at least before the file is rewritten: 16 MiB of SQLite's usual pages."""
LESSONS = (
    "select reply_id from examples where status in ('approved', 'pending', 'quarantined')"
    " and reply_id is not null"
)
"""A thumb that is taken back, or a correction that is changed, needs the words it is about."""
UNDECIDED = "select reply_id from open_questions where reply_id is not null"
WAITING = (
    "select questions.reply_id from gap_questions questions join gaps on gaps.id = questions.gap_id"
    " where questions.answered_by is null and gaps.status in ('open', 'asked')"
)
"""Whoever asked is still to get an answer there."""
STILL_NEEDED = (LESSONS, UNDECIDED, WAITING)
"""Queries for the answers that keep everything, however old they are."""


class Retention:
    """Takes the words and places of answers out of the database when they are old enough."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def forget_older(self, days: int, now: datetime) -> int:
        """Clears the answers that are older than some days; returns how many there were.

        Args:
            days: how long answers keep their words.
            now: the present time, with its zone.

        Raises:
            NightschoolError: the database cannot be written; what was cleared before stays so.
        """
        before = (now - timedelta(days=days)).isoformat(timespec="milliseconds")
        cleared, last = 0, 0
        while identifiers := self._older(before, last):
            self._clear(identifiers)
            cleared, last = cleared + len(identifiers), identifiers[-1]
        self._clear_comparisons(before)
        return cleared

    def compact(self) -> bool:
        """Rewrites the file where a good part of it is free; returns whether it did.

        Raises:
            NightschoolError: something else read the database meanwhile; it is tried again later.
        """
        (pages,) = self._connections.db.conn.execute("pragma page_count").fetchone()
        (free,) = self._connections.db.conn.execute("pragma freelist_count").fetchone()
        if free < FREE_PAGES or free < FREE_SHARE * pages:
            return False
        self._connections.compact()
        return True

    def _older(self, before: str, after: int) -> list[int]:
        """Returns the ids of the next answers that are to be cleared, in their order."""
        needed = " union ".join(STILL_NEEDED)
        query = (
            "select id from replies where id > ? and created_at < ?"  # noqa: S608  queries of ours
            f" and (messages != '[]' or channel != '') and id not in ({needed})"
            " order by id limit ?"
        )
        return [int(row["id"]) for row in self._connections.db.query(query, [after, before, BATCH])]

    def _clear(self, identifiers: list[int]) -> None:
        chosen = "(select value from json_each(?))"
        with self._connections.write() as db:
            parameters = [json.dumps(identifiers)]
            db.conn.execute(f"delete from posts where reply_id in {chosen}", parameters)  # noqa: S608  ours
            db.conn.execute(
                "update replies set messages = '[]', text = '', recalled = null, channel = '',"  # noqa: S608  ours
                f" thread = '', question_ts = null where id in {chosen}",
                parameters,
            )

    def _clear_comparisons(self, before: str) -> None:
        """Takes the questions out of old comparisons; their votes stay."""
        old = "(select id from comparisons where created_at < ? and prompt != '')"
        with self._connections.write() as db:
            db.conn.execute(
                f"delete from comparison_posts where comparison_id in {old}",  # noqa: S608  ours
                [before],
            )
            db.conn.execute(f"update comparisons set prompt = '' where id in {old}", [before])  # noqa: S608  ours
