"""A thread copied out of Slack's window becomes a conversation.

Slack's clients paste a name, a time and the text, in one of these shapes, with the further
messages of the same person under a time alone:

    Ann Lee  [10:15 AM]          Ann Lee                     Ann Lee  10:15
    Where is the key?              10:15 AM                  Where is the key?
                                 Where is the key?
"""

import re

from trainer.errors import DatasetError
from trainer.formats import Row

LONGEST_NAME = 80
_DAY = r"(?:\w{3,9} (?:\d{1,2}(?:st|nd|rd|th)?,? )?(?:\d{4} )?at )?"
_TIME = _DAY + r"\d{1,2}:\d{2}(?:\s?[AaPp]\.?[Mm]\.?)?"
_NAME = r"(?P<name>[^\s\[\]:][^\[\]\n:]{0,79}?)"
_HEADING = re.compile(rf"{_NAME}(?:\s+APP)?\s*(?:\[{_TIME}\]|\s{{2,}}{_TIME})\s*")
_TIME_ALONE = re.compile(rf"\s*\[?{_TIME}\]?\s*")
_BADGE = re.compile(r"\s+(?:APP|:[\w+-]+:)$")
# What the window shows around the messages.
_CHROME = re.compile(
    r"(?:\d+ repl(?:y|ies)|new|today|yesterday|\(edited\)|thread|also sent to the channel"
    r"|:[\w+-]+:|[+-]1|last reply .*|-{3,}.*)",
    re.IGNORECASE,
)


def thread_row(text: str) -> Row:
    """Converts a thread to a row: prompt and completion, or `messages` where it has more turns.

    Whoever speaks first asks, everybody else answers; what the asker says last, a thank-you
    mostly, is left out.

    Raises:
        DatasetError: no names and times are found, or nobody answers.
    """
    spoken = _messages(text)
    if not spoken:
        raise DatasetError("no names and times are found: copy the whole thread out of Slack")
    asker = spoken[0][0]
    turns: list[dict[str, str]] = []
    for name, said in spoken:
        role = "user" if name == asker else "assistant"
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += f"\n{said}"
        else:
            turns.append({"role": role, "content": said})
    if turns[-1]["role"] == "user":
        turns.pop()
    if not turns:
        raise DatasetError(f"nobody answers {asker} in this thread")
    if len(turns) == 2:  # noqa: PLR2004  a question and its answer
        return {"prompt": turns[0]["content"], "completion": turns[1]["content"]}
    return {"messages": turns}


def _messages(text: str) -> list[tuple[str, str]]:
    """Returns (name, text) of every message in order; empty messages are left out."""
    lines = text.replace("\r\n", "\n").removeprefix("\ufeff").split("\n")
    spoken: list[tuple[str, list[str]]] = []
    skip = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if skip:
            skip = False
        elif heading := _HEADING.fullmatch(line):
            spoken.append((_BADGE.sub("", heading["name"].strip()), []))
        elif _is_name(line) and _TIME_ALONE.fullmatch(following):
            spoken.append((_BADGE.sub("", line.strip()), []))
            skip = True
        elif _TIME_ALONE.fullmatch(line) and spoken:
            spoken.append((spoken[-1][0], []))
        elif spoken and not _CHROME.fullmatch(line.strip()):
            spoken[-1][1].append(line)
    joined = [(name, "\n".join(said).strip()) for name, said in spoken]
    return [(name, said) for name, said in joined if said]


def _is_name(line: str) -> bool:
    name = _BADGE.sub("", line.strip())
    return 0 < len(name) <= LONGEST_NAME and not name.endswith((".", "?", "!", ":"))
