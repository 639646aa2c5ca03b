"""Where a person's words stand in what others were answered.

In a thread of several people the model is given, and the store keeps, the turns before the
question: there they are found turn by turn. What a person taught is repeated to others, quoted or
learned: there it is found by the answer's own words. What the model makes of them in words of its
own is not found by any means.
"""

import json
from collections.abc import Sequence

from sqlite_utils import Database

from trainer.similarity import normalise

SURE = 12
"""Characters from which an answer that stands in another text is not there by chance."""
Turn = tuple[str, str]
"""The channel and thread of a conversation, and one text in it."""


def traces(
    db: Database,
    asked: Sequence[int],
    taught: Sequence[int],
    within: tuple[str, str] | None = None,
) -> list[int]:
    """Ids of other people's replies that have the person's words in them.

    Args:
        db: inside a transaction.
        asked: ids of the person's own replies.
        taught: ids of the person's examples.
        within: a channel and thread, where only that conversation is searched.
    """
    lessons = set(taught)
    answers = _answers(db, taught)
    own = set(asked)
    gone: set[Turn] = set()
    found: list[int] = []
    query = "select id, channel, thread, messages, text, recalled from replies"
    where = " where channel = ? and thread = ? order by id" if within else ""
    for row in db.query(query + where, within or ()):
        contents = [str(message["content"]) for message in json.loads(row["messages"])]
        place = f"{row['channel']} {row['thread']}"
        if row["id"] in own:
            gone |= {(place, contents[-1] if contents else ""), (place, row["text"])}
            continue
        earlier = contents[:-1]
        text = normalise("\n".join([*earlier, row["text"]]))
        if (
            lessons & set(json.loads(row["recalled"] or "[]"))
            or any((place, content) in gone for content in earlier)
            or any(answer in text for answer in answers)
        ):
            found.append(int(row["id"]))
            gone.add((place, row["text"]))
    return found


def _answers(db: Database, taught: Sequence[int]) -> list[str]:
    rows = db.query(
        "select distinct completion from examples where id in (select value from json_each(?))",
        [json.dumps(list(taught))],
    )
    said = {normalise(row["completion"]) for row in rows}
    return [answer for answer in said if len(answer) >= SURE]
