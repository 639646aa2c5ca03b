"""`nightschool ask --file`: the questions of a file, a JSON object a line, and their answers.

Every row is answered by a row, in the order of the file. One that is broken, or on which the engine
fails, is answered by its error, and the rest goes on.
"""

from collections.abc import Callable, Iterator

from bot.answers.questions import Reply
from bot.errors import NightschoolError
from trainer.jsonl import JsonlError, Row, parse_line

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NOT_TEXT = "a question that is not text: half of a surrogate pair is no character"
NO_PROMPT = "no prompt, which must be text in quotes"


def answered_rows(content: bytes, ask: Callable[[str], Reply]) -> Iterator[Row]:
    """Yields for each row of a file the answer to its question, as soon as there is one.

    Args:
        content: JSON Lines, with the question of each row in `prompt`. Blank lines are no rows.
        ask: answers one question; where it raises a NightschoolError, its text is the answer to
            that row.
    """
    lines = content.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _answered(line, number, ask)


def _answered(line: bytes, number: int, ask: Callable[[str], Reply]) -> Row:
    try:
        prompt = parse_line(line.decode(), number).get("prompt")
    except UnicodeDecodeError:
        return {"prompt": None, "error": f"line {number}: not UTF-8 text"}
    except JsonlError as error:
        return {"prompt": None, "error": str(error)}
    if not isinstance(prompt, str):
        return {"prompt": None, "error": f"line {number}: {NO_PROMPT}"}
    if any("\ud800" <= sign <= "\udfff" for sign in prompt):
        return {"prompt": prompt, "error": f"line {number}: {NOT_TEXT}"}
    try:
        return {"prompt": prompt, **ask(prompt).to_json()}
    except NightschoolError as error:
        return {"prompt": prompt, "error": str(error)}
