"""A person is forgotten: their words leave the database, the exports and tonight's set.

What stays are rows without words, name or place: how many examples there were, and which adapters
were trained on them, so that `adapters show` can say what still contains something of theirs until
the next night has trained without it. Where their words stand in what others were answered is
found by `bot.privacy.lineage`.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from bot.home import CHECKPOINT, Home
from bot.privacy.lineage import traces
from bot.store import Store
from bot.store.database.clock import now
from bot.store.people import forgotten_key

NOBODY = "forgotten"
REASON = "its author asked to be forgotten"
_PAIRS_OF = (
    "from preferences where author = ? "
    "or reply_id in (select value from json_each(?) union select value from json_each(?))"
)


@dataclass(frozen=True)
class Forgotten:
    """What was removed.

    `adapters` are the versions that were trained on a person's examples, `databases` counts those
    that a restore had set aside: they are deleted, whosever words are in them.
    """

    examples: int
    replies: int
    opinions: int
    exports: int
    adapters: tuple[str, ...]
    databases: int = 0


def forget(home: Home, store: Store, person: str) -> Forgotten:
    """Removes everything that a person taught, asked and thought.

    Args:
        home: whose exports are searched.
        store: the database; it is compacted, so that the words leave the file as well.
        person: as it stands in the store: a Slack user id, or who taught from a terminal.
    """
    with store.connections.write() as db:
        store.handled_events.mark(forgotten_key(person))  # for what is being answered just now
        asked = _ids(db, "select id from replies where person = ?", [person])
        said = json.dumps(asked)
        taught = _ids(
            db,
            "select id from examples where author = :person "
            "or reply_id in (select value from json_each(:asked)) "
            "or id in (select example_id from origins where person = :person)",
            {"person": person, "asked": said},
        )
        touched = json.dumps(traces(db, asked, taught))
        # What others marked as good there has the person's words in it as well.
        taught += _ids(
            db,
            "select id from examples where reply_id in (select value from json_each(:touched)) "
            "and (messages is not null or source = 'reaction') "
            "and id not in (select value from json_each(:taught))",
            {"touched": touched, "taught": json.dumps(taught)},
        )
        ids = json.dumps(taught)
        versions = [
            str(row["version"])
            for row in db.query(
                "select distinct version from runs join run_examples on run_id = runs.id "
                "where version is not null and example_id in (select value from json_each(?)) "
                "order by version",
                [ids],
            )
        ]
        pairs = _ids(db, f"select id {_PAIRS_OF}", [person, said, touched])
        _blank_examples(db, ids, person)
        _blank_replies(db, said, touched, person)
        opinions = db.conn.execute("delete from feedback where person = ?", [person]).rowcount
        _drop_role(db, person)
    exports = _drop_exports(home.exports, set(taught), set(pairs))
    _drop_exports(home.sweep, set(taught), set(pairs))
    shutil.rmtree(home.paraphrases, ignore_errors=True)  # of everybody: they are made again
    set_aside = home.before_restore
    for former in set_aside:
        former.unlink(missing_ok=True)
    for left in home.runs.glob(f"*/{CHECKPOINT}"):  # of a night that was cut off
        left.unlink(missing_ok=True)
    store.connections.compact()
    return Forgotten(
        len(taught),
        len(asked),
        opinions,
        exports,
        tuple(versions),
        sum(f.suffix == ".db" for f in set_aside),
    )


def forgotten(store: Store, example_ids: Sequence[int]) -> tuple[int, ...]:
    """Which of these examples are forgotten ones."""
    rows = store.connections.db.query(
        "select id from examples where author = ? and reason = ? "
        "and id in (select value from json_each(?)) order by id",
        [NOBODY, REASON, json.dumps(list(example_ids))],
    )
    return tuple(int(row["id"]) for row in rows)


def _ids(db: Database, query: str, parameters: list[object] | dict[str, object]) -> list[int]:
    return [int(row["id"]) for row in db.query(query, parameters)]


def _blank_examples(db: Database, ids: str, person: str) -> None:
    at = now()
    db.conn.execute(
        "insert into changes (example_id, before, after, who, why, at) "
        "select id, status, 'withdrawn', ?, ?, ? from examples "
        "where id in (select value from json_each(?)) and status != 'withdrawn'",
        [NOBODY, REASON, at, ids],
    )
    db.conn.execute(
        "update examples set prompt = '', completion = '', messages = null, prompt_key = '', "
        "pair_key = '', author = ?, channel = null, permalink = null, status = 'withdrawn', "
        "reason = ?, updated_at = ? where id in (select value from json_each(?))",
        [NOBODY, REASON, at, ids],
    )
    db.conn.execute(
        "update changes set why = null where why is not ? "
        "and (who = ? or example_id in (select value from json_each(?)))",
        [REASON, person, ids],
    )
    db.conn.execute("update changes set who = ? where who = ?", [NOBODY, person])
    # A refusal stands after its author is gone: the place of the message, and no name.
    db.conn.execute(
        "update origins set person = ? where refused and person = ? and channel not like 'D%'",
        [NOBODY, person],
    )
    db.conn.execute(
        "delete from origins where person = ? "
        "or refused is null and example_id in (select value from json_each(?))",
        [person, ids],
    )
    # The index keeps words of changed rows until it is made anew.
    db.conn.execute("insert into examples_fts (examples_fts) values ('rebuild')")


def _blank_replies(db: Database, asked: str, touched: str, person: str) -> None:
    db.conn.execute(f"delete {_PAIRS_OF}", [person, asked, touched])
    # Keys of before had the channel in them, and a direct one is as good as a name.
    for row in list(
        db.query(
            "select distinct channel from replies where person = ? and channel like 'D%'", [person]
        )
    ):
        for what in ("message", "change"):
            db.table("events").delete_where("key like ?", [f"{what}:{row['channel']}:%"])
        db.table("posts").delete_where("channel = ?", [row["channel"]])
    db.conn.execute(
        "delete from posts where reply_id in "
        "(select value from json_each(?) union select value from json_each(?))",
        [asked, touched],
    )
    db.conn.execute(
        "update replies set messages = '[]', text = '', recalled = null, person = ?, "
        "channel = '', thread = '', question_ts = null "
        "where id in (select value from json_each(?))",
        [NOBODY, asked],
    )
    db.conn.execute(
        "update replies set messages = json_array(json_extract(messages, '$[#-1]')), text = '', "
        "recalled = null where id in (select value from json_each(?)) and messages != '[]'",
        [touched],
    )
    db.conn.execute(
        "delete from comparison_posts where comparison_id in"
        " (select id from comparisons where person = ?)",
        [person],
    )
    db.conn.execute(
        "update comparisons set prompt = '', person = ? where person = ?", [NOBODY, person]
    )
    for table in ("votes", "pending"):
        db.table(table).delete_where("person = ?", [person])


def _drop_role(db: Database, person: str) -> None:
    db.table("people").delete_where("person = ?", [person])
    for table in ("people", "channels"):
        db.conn.execute(
            f"update {table} set who = ? where who = ?",  # noqa: S608  the names are ours
            [NOBODY, person],
        )


def _drop_exports(exports: Path, taught: set[int], pairs: set[int]) -> int:
    """Removes the exports that something forgotten is in; the next night makes a new one.

    Those that were not finished, or whose manifest cannot be read, may have anything in them.
    """
    dropped = 0
    for folder in {rows.parent for rows in exports.glob("*/*.jsonl")}:
        try:
            listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            lessons = {*listed.get("train", ()), *listed.get("held_out", ())}
            found = taught & lessons or pairs & set(listed.get("preferences", ()))
        except (OSError, ValueError, AttributeError, TypeError):
            found = taught or pairs
        if found:
            shutil.rmtree(folder)
            dropped += 1
    return dropped
