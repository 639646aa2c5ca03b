"""No column is forgotten when a person is: the schema is walked, and every column is filled."""

import json
from collections.abc import Iterator

import pytest
from sqlite_utils import Database

from bot.store import ERASURE, Store
from bot.store.database.personal_data import PersonalRows, TableErasure, Update, erase

PERSON = "U0GONE"
OTHER = "U0STAYS"
DIRECT = "D0GONE"
KEPT = (
    "prompt",
    "completion",
    "messages",
    "prompt_key",
    "pair_key",
    "channel",
    "owner",
    "permalink",
    "status",
    "reason",
    "updated_at",
)
"""Columns of what others taught for the person alone: they stay."""
ASKED_OF_OTHERS: dict[str, object] = {
    "person": OTHER,
    "lesson": '{"prompt": "{word}"}',
    "words": '[{"ts": "{word}"}]',
    "conflicts": '["{word}"]',
}
OF_OTHERS: dict[str, object] = {
    **dict.fromkeys(("question", "vector", "revision", "scope_id"), "a word of others"),
    **dict.fromkeys(("wanted_by", "answered_by"), OTHER),
    "told": 0,
}
"""A request to experts that is another person's."""
NUMBERS = ("INTEGER", "FLOAT", "REAL")
# Which rows of each table are the person's: what makes every step of its declaration find one. The
# test gives every other column that is erased a word of its own.
ROWS: dict[str, list[dict[str, object]]] = {
    "replies": [
        {"id": 1, "person": PERSON, "channel": DIRECT, "recalled": '["{word}"]'},
        {"id": 2, "person": OTHER, "channel": "C1", "thread": "1.0", "question_ts": "1.1"},
    ],
    "posts": [
        {"channel": DIRECT, "reply_id": 3},  # as earlier versions left them
        {"reply_id": 1},
        {"reply_id": 2},
    ],
    "examples": [
        {"id": 1, "author": PERSON, "status": "approved"},
        {
            "id": 2,
            "author": OTHER,
            "status": "rejected",
            "reason": "their words",
            **dict.fromkeys(("prompt", "completion", "prompt_key", "pair_key"), "a word of others"),
            **dict.fromkeys(("messages", "channel", "permalink", "updated_at", "scope_id")),
            "owner": PERSON,
        },
        *(
            {
                "id": number,
                "author": OTHER,
                "scope": "person",
                "scope_id": place,
                **dict.fromkeys(KEPT, "a word of others"),
            }
            for number, place in ((3, PERSON), (4, DIRECT))
        ),
    ],
    "changes": [
        {"example_id": 1, "who": OTHER},
        {"example_id": 2, "who": PERSON, "why": "their words"},
    ],
    "feedback": [{"reply_id": 3, "person": PERSON}],
    "preferences": [
        {"author": PERSON, "reply_id": 3},
        {"author": OTHER, "reply_id": 1},
        {"author": OTHER, "reply_id": 2},
    ],
    "comparisons": [{"id": 1, "person": PERSON}],
    "comparison_posts": [{"comparison_id": 1}],
    "votes": [{"comparison_id": 1, "person": PERSON}],
    "origins": [
        {"example_id": 2, "person": PERSON, "channel": "C1", "ts": "1.1", "refused": 1},
        {"example_id": 2, "person": PERSON},
        {"example_id": 1, "person": OTHER},
    ],
    "runs": [{"status": "running", "started_at": "now", "followed_at": f"{DIRECT} {{word}}"}],
    "pending": [{"person": PERSON}],
    "events": [{"key": f"message:{DIRECT}:{{word}}"}, {"key": f"change:{DIRECT}:{{word}}"}],
    "people": [{"person": PERSON}, {"person": OTHER, "role": "teacher", "who": PERSON}],
    "channels": [{"channel": "C1", "listening": 1, "who": PERSON}],
    "channel_modes": [{"channel": "C1", "watched": 1, "auto": 1, "who": PERSON}],
    "replacements": [
        {"new_id": 1, "old_id": 8, "who": PERSON},
        {"new_id": 9, "old_id": 1, "who": OTHER},
    ],
    "open_questions": [
        ASKED_OF_OTHERS | {"person": PERSON},
        ASKED_OF_OTHERS | {"reply_id": 1},
        ASKED_OF_OTHERS | {"reply_id": 2},
        ASKED_OF_OTHERS | {"conflicts": '[7, 1, "{word}"]'},
        ASKED_OF_OTHERS | {"words": f'[{{"ts": "{{word}}", "person": "{PERSON}"}}]'},
        ASKED_OF_OTHERS | {"lesson": f'{{"prompt": "{{word}}", "author": "{PERSON}"}}'},
        ASKED_OF_OTHERS | {"lesson": f'{{"prompt": "{{word}}", "scope_id": "{PERSON}"}}'},
    ],
    "notices": [
        {"person": PERSON},
        {"example_id": 1},
        {"other_id": 1},
        {"person": OTHER, "who": PERSON},
    ],
    "experts": [{"target": PERSON}, {"target": "C1", "about": "keys", "who": PERSON}],
    "expert_requests": [
        OF_OTHERS | {"reply_id": 1, "question": "{word}", "vector": "{word}"},
        OF_OTHERS | {"reply_id": 2, "scope_id": PERSON, "revision": "{word}"},
        OF_OTHERS | {"reply_id": 2, "wanted_by": PERSON},
        OF_OTHERS | {"reply_id": 2, "answered_by": PERSON},
    ],
    "expert_messages": [
        {"request_id": 1, "target": PERSON},
        {"request_id": 1, "target": OTHER, "channel": DIRECT},
    ],
    "expert_deliveries": [
        {"request_id": 1, "lesson_id": 1, "reply_id": 1},
        {"request_id": 2, "lesson_id": 1, "reply_id": 2, "channel": DIRECT},
    ],
    "members": [{"person": PERSON, "outsider": 1}],
    "reviews": [{"id": 1, "recipient": PERSON}],
    "review_lessons": [
        {"review_id": 1, "example_id": 9},
        {"review_id": 2, "example_id": 1},
        {"review_id": 2, "example_id": 9, "who": PERSON},
    ],
    "digests": [
        {"week": "2026-W11", "recipient": PERSON, "sent": 0},
        {"week": "2026-W11", "recipient": DIRECT, "sent": 0},
    ],
    "gaps": [{"id": 1, "who": PERSON, "number": 1}],
    "gap_questions": [
        {"reply_id": 3, "gap_id": 1, "person": PERSON},
        {"reply_id": 1, "gap_id": 1, "person": OTHER},
        {"reply_id": 4, "gap_id": 1, "person": OTHER, "channel": DIRECT},
    ],
}
TALK = json.dumps([{"role": "user", "content": "{word}"}, {"role": "user", "content": "Why?"}])
ROWS["replies"][0]["messages"] = ROWS["replies"][1]["messages"] = TALK
SUBJECT = PersonalRows(PERSON, asked=[1], touched=[2], taught=[1], direct=[DIRECT])


def text_columns(db: Database) -> Iterator[tuple[str, str]]:
    """Every column of every table and index of words that can hold a text."""
    for table in db.conn.execute("select name from sqlite_master where type = 'table'").fetchall():
        for column in db.table(table[0]).columns:
            if column.type not in NUMBERS:
                yield table[0], column.name


def uncovered(db: Database, tables: tuple[TableErasure, ...]) -> list[str]:
    """The text columns that no declaration names, as `table.column`."""
    inside = {name for table in tables for name in table.kept_by_sqlite}
    declared = {
        (table.table, column) for table in tables for column in (*table.erased(), *table.impersonal)
    }
    return [
        f"{table}.{column}"
        for table, column in text_columns(db)
        if table not in inside and (table, column) not in declared
    ]


def test_every_text_column_says_how_it_is_erased_or_why_it_need_not_be(store: Store) -> None:
    assert uncovered(store.connections.db, ERASURE) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("alter table votes add column comment text", "votes.comment"),
        ("alter table runs add column log", "runs.log"),
        ("create table embeddings (id integer primary key, words blob)", "embeddings.words"),
        ("create virtual table replies_fts using fts5(text)", "replies_fts.text"),
        ("create virtual table replies_fts using fts5(text)", "replies_fts_data.block"),
    ],
)
def test_a_column_without_a_declaration_is_named(store: Store, change: str, name: str) -> None:
    store.connections.db.conn.execute(change)
    assert name in uncovered(store.connections.db, ERASURE)


def test_every_table_is_declared_once_and_every_declared_column_exists(store: Store) -> None:
    db = store.connections.db
    assert sorted(table.table for table in ERASURE) == sorted({table.table for table in ERASURE})
    inside = {name for table in ERASURE for name in table.kept_by_sqlite}
    assert {table.table for table in ERASURE} | inside == set(db.table_names())
    for table in ERASURE:
        columns = {column.name for column in db.table(table.table).columns}
        assert {*table.erased(), *table.impersonal} <= columns, table.table
        assert not table.erased() & set(table.impersonal), table.table
        assert all(table.impersonal.values()), table.table


def fill(db: Database) -> dict[tuple[str, str], list[str]]:
    """Fills every column that is erased with words of the person's; returns them by column."""
    words: dict[tuple[str, str], list[str]] = {}
    db.conn.execute("pragma foreign_keys = off")
    for table in ERASURE:
        for number, given in enumerate(ROWS.get(table.table, ())):
            row = dict.fromkeys(table.impersonal, "a word of ours") | given
            for column in sorted(table.erased()):
                word = f"zanzibar{table.table}{number}{column}".replace("_", "")
                value = row.setdefault(column, "{word}")
                if isinstance(value, str) and "{word}" in value:
                    row[column] = value.replace("{word}", word)
                    words.setdefault((table.table, column), []).append(word)
                elif value in {PERSON, DIRECT}:
                    words.setdefault((table.table, column), []).append(str(value))
            db.table(table.table).insert(row)
    return words


def dump(db: Database) -> str:
    """Everything that stands in any table, but for the index of words, which is no text."""
    lines = db.conn.iterdump()
    return "\n".join(line for line in lines if 'INTO "examples_fts_' not in line)


def test_every_declared_column_is_cleared_of_the_persons_words(store: Store) -> None:
    db = store.connections.db
    filled = fill(db)
    erased = {(table.table, column) for table in ERASURE for column in table.erased()}
    by_triggers = {
        ("examples_fts", "prompt"),
        ("examples_fts", "completion"),
        ("vectors", "vector"),
    }
    assert set(filled) == erased - by_triggers - {("examples", "status")}
    words = {word for words in filled.values() for word in words} | {"their words"}
    before = dump(db)
    assert [word for word in words if word not in before] == []
    store.erase(SUBJECT)
    store.connections.compact()
    after = dump(db) + store.connections.path.read_bytes().decode("latin-1")
    assert sorted(word for word in words if word in after) == []
    assert all(word in after for word in ("Why?", OTHER, "a word of others", "a word of ours"))


@pytest.mark.parametrize("table", [t for t in ERASURE if t.table in ROWS], ids=lambda t: t.table)
def test_every_step_of_a_declaration_finds_a_row_of_the_person(
    store: Store, table: TableErasure
) -> None:
    """So that the test above is one of each step: a step that is left out leaves a word."""
    db = store.connections.db
    fill(db)
    for step in table.steps:
        with db.atomic():
            before = dump(db)
            erase(db, [TableErasure(table.table, (step,))], SUBJECT)
            assert dump(db) != before, step


def test_rows_of_others_stay_as_they_are(store: Store) -> None:
    fill(store.connections.db)
    before = dump(store.connections.db)
    store.erase(PersonalRows("U0NOBODY"))
    assert dump(store.connections.db) == before


def test_a_step_says_which_columns_it_clears() -> None:
    table = TableErasure("votes", (Update("1", {"choice": "''"}),), {"person": "for the test"})
    assert table.erased() == {"choice"}
