"""The blocks of a page, whatever it is written in, and the questions and answers among them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from trainer.errors import DatasetError
from trainer.importing.applications.question_words import LONGEST_HEADING, is_question
from trainer.importing.lines import Found, FoundRow, Rejected

Kind = Literal["heading", "bold", "question", "folded", "end", "body"]

TOO_LONG = f"its question is over {LONGEST_HEADING} characters: shorten it"

_NEARLY_ALL = 0.8
"""Part of the headings of one level from which the others of it are taken for questions too."""
_LONGEST_BOLD = 4 * LONGEST_HEADING
_BOLD = re.compile(rf"(\*\*|__)[ ]?(?=\S)(.{{1,{_LONGEST_BOLD}}}?)[ ]?\1:?[ \t]*(?:\\|<br ?/?>)?")
_MARKED = re.compile(
    r"(?:\*\*|__)?(?P<mark>Q|Question|Frage|Pregunta|A|Answer|Antwort|R[eé]ponse|Respuesta)"
    r"(?: ?\d{1,4})?(?:\*\*|__)?:(?:\*\*|__)?[ \t]+",
    re.IGNORECASE,
)
_ASKING = frozenset({"q", "question", "frage", "pregunta"})
_NUMBER = re.compile(r"^\s*(?:Q ?)?\d{1,4}(?:\.\d{1,3})*[.):]\s+|^\s*Q ?\d{0,4}[:.)]\s+")
_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\([^()\s]{0,1000}\)")
_EMPHASIS = re.compile(r"(?<!\w)([*_])(?=\S)([^*_]{1,200})(?<=\S)\1(?!\w)")
_ANCHOR = re.compile(r"\s*(?:\{#[\w-]{1,100}\}|#+)\s*$")


@dataclass(frozen=True)
class Block:
    """A block of a page.

    Attributes:
        line: where it begins, counted from 1.
        kind: a heading, a bold line, a line that is marked as a question ("Q:"), the title of what
            is folded, the end of that, or anything else.
        text: what it is in Markdown, as it stands in an answer.
        title: the words of a heading or question.
        level: of a heading, from 1.
    """

    line: int
    kind: Kind
    text: str
    title: str = ""
    level: int = 0


def paragraph(line: int, text: str) -> Iterator[Block]:
    """Yields a paragraph as blocks: one alone, or a question and what follows it."""
    rows = text.split("\n")
    if not any(found and found["mark"].casefold() in _ASKING for found in map(_MARKED.match, rows)):
        if bold := _BOLD.match(text):
            rest = text[bold.end() :].strip()
            title = plain_title(bold[2])
            # Bold words that lead a sentence are no question.
            if title and (not rest or is_question(title)):
                yield Block(line, "bold", text if not rest else bold[0], title)
                if rest:
                    yield Block(line, "body", rest)
                return
        marked = _MARKED.match(text)
        yield Block(line, "body", text[marked.end() :] if marked else text)
        return
    yield from _marked(line, rows)


def _marked(line: int, rows: Sequence[str]) -> Iterator[Block]:
    """Yields the questions and answers of a paragraph whose lines begin with Q: and A:."""
    asked: list[str] | None = None
    answered: list[str] = []
    start = line
    for place, row in enumerate([*rows, "Q: "]):
        found = _MARKED.match(row)
        if found is None:
            (answered if asked is None else asked).append(row)
            continue
        if asked is not None:
            yield Block(start, "question", "", plain_title(" ".join(asked), asks=True))
        asking = found["mark"].casefold() in _ASKING
        if asking and any(one.strip() for one in answered):
            yield Block(start, "body", "\n".join(answered))
        asked = [row[found.end() :]] if asking else None
        answered = [] if asking else [*answered, row[found.end() :]]
        start = line + place


def plain_title(text: str, *, asks: bool = False) -> str:
    """Returns the words of a heading without marks, numbers, links and anchors.

    Of a question that is longer than a question can be, a character more than that is returned.

    Args:
        text: the heading, in Markdown.
        asks: whether it is a question without a question mark too.
    """
    words = _LINK.sub(lambda link: link[1], text[: 4 * LONGEST_HEADING])
    words = _ANCHOR.sub("", words).replace("**", "").replace("__", "")
    words = _EMPHASIS.sub(lambda marked: marked[2], words)
    words = " ".join(_NUMBER.sub("", words).split()).strip("*").strip()
    if len(words) <= LONGEST_HEADING:
        return words
    asks = asks or text.rstrip("*_ \t\n").endswith(("?", "\uff1f", "\u061f"))
    return words[:LONGEST_HEADING] + "?" if asks else ""


def questions_and_answers(blocks: Iterable[Block], notes: list[str]) -> Iterator[Found]:
    """Yields a lesson for each question of a page, and a rejection where no answer is below it.

    Raises:
        DatasetError: no question is found.
    """
    page = list(blocks)
    chosen = _levels(page)
    found = 0
    passed_over = 0
    section: _Section | None = None
    for block in page:
        if _asks(block, section, chosen):
            if section is not None:
                yield section.found()
            section = _Section(block)
            found += 1
        elif section is not None and section.ends_before(block):
            yield section.found()
            section = None
        elif section is not None:
            section.parts.append(block.text)
        passed_over += block.kind == "heading" and section is None
    if section is not None:
        yield section.found()
    if not found:
        raise DatasetError(
            "no question is found: write each as a heading or a bold line that ends in a question "
            "mark, with its answer below it, or as Q: and A:"
        )
    if passed_over:
        notes.append(f"headings that are no questions are passed over ({passed_over})")


class _Section:
    """A question and the blocks below it."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.parts: list[str] = []

    def ends_before(self, block: Block) -> bool:
        if block.kind == "end":
            return self.block.kind == "folded"
        if self.block.kind == "folded" or block.kind != "heading":
            return False
        return self.block.kind != "heading" or block.level <= self.block.level

    def found(self) -> FoundRow | Rejected:
        if len(self.block.title) > LONGEST_HEADING:
            return Rejected(self.block.line, (TOO_LONG,))
        answer = "\n\n".join(part.strip("\n") for part in self.parts if part.strip()).strip()
        if not answer:
            return Rejected(self.block.line, ("a question without an answer below it",))
        return FoundRow(self.block.line, {"prompt": self.block.title, "completion": answer})


def _asks(block: Block, section: _Section | None, chosen: set[int]) -> bool:
    if not block.title:
        return False
    if block.kind in ("question", "folded"):
        return True
    if section is not None and section.block.kind == "folded":
        return False
    if block.kind == "heading":
        return block.level in chosen or is_question(block.title)
    return block.kind == "bold" and is_question(block.title)


def _levels(page: Sequence[Block]) -> set[int]:
    """Returns the levels of headings that nearly all read as questions."""
    headings = Counter(block.level for block in page if block.kind == "heading")
    asking = Counter(
        block.level for block in page if block.kind == "heading" and is_question(block.title)
    )
    return {level for level, count in headings.items() if asking[level] >= _NEARLY_ALL * count}
