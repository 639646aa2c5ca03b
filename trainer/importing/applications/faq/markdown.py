"""Reads the blocks of a Markdown page; what stands in an answer stays as it is written."""

import html
import re
import textwrap
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.token import Token

from trainer.importing.applications.faq.blocks import Block, paragraph, plain_title
from trainer.importing.applications.faq.safe_html import without_comments
from trainer.importing.applications.question_words import is_question

_LONGEST_HEAD = 200
"""Lines in which the front matter of a page must end."""
_SUMMARY = re.compile(r"<summary[^<>]{0,200}>(.{1,1000}?)</summary>", re.DOTALL | re.IGNORECASE)
_FOLDED_END = re.compile(r"</details\s*>", re.IGNORECASE)
_MARKER = re.compile(r"[ ]{0,3}(?:[-*+]|\d{1,9}[.)])[ \t]+")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_REFERENCE = re.compile(r"(?<!!)\[([^\[\]\n]{1,200})\]\[([^\[\]\n]{0,200})\]")


def markdown_blocks(text: str) -> Iterator[Block]:
    """Yields the blocks of a page in order."""
    lines = _without_head(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    # Without what stands inside of blocks: the text of an answer is kept, not rendered.
    parser = MarkdownIt("commonmark")
    parser.core.ruler.disable("inline")
    references: dict[str, str] = {}
    environment: dict[str, dict[str, dict[str, str]]] = {}
    tokens = parser.parse("\n".join(lines), environment)
    for label, target in environment.get("references", {}).items():
        references[label] = target.get("href", "")
    for place, token in enumerate(tokens):
        if token.level == 0 and token.map is not None and token.nesting >= 0:
            inside = tokens[place + 1] if place + 1 < len(tokens) else None
            if token.type in ("bullet_list_open", "ordered_list_open"):
                yield from _list(tokens, place, lines, references)
            else:
                yield from _block(token, inside, lines, references)


def _block(
    token: Token, inside: Token | None, lines: Sequence[str], references: dict[str, str]
) -> Iterator[Block]:
    start, end = token.map or (0, 0)
    source = "\n".join(lines[start:end]).rstrip()
    line = start + 1
    content = inside.content if inside is not None and inside.type == "inline" else ""
    if token.type == "heading_open":
        yield Block(line, "heading", source, plain_title(content), int(token.tag[1:]))
    elif token.type == "paragraph_open":
        yield from paragraph(line, _resolved(source, references))
    elif token.type == "html_block":
        yield from _html(line, source)
    elif token.type != "hr":
        yield Block(line, "body", _resolved(source, references))


def _list(
    tokens: Sequence[Token], opening: int, lines: Sequence[str], references: dict[str, str]
) -> Iterator[Block]:
    """Yields a list as one block, or its entries where they are bold questions."""
    entries: list[Block] = []
    for place in range(opening, len(tokens)):
        token = tokens[place]
        if token.type == "list_item_open" and token.level == 1 and token.map is not None:
            start, end = token.map
            first = _MARKER.sub("", lines[start], count=1)
            rest = textwrap.dedent("\n".join(lines[start + 1 : end]))
            text = _resolved(f"{first}\n{rest}".rstrip(), references)
            entries += paragraph(start + 1, text)
        elif token.level == 0 and token.nesting < 0:
            break
    if any(entry.kind != "body" and is_question(entry.title) for entry in entries):
        yield from entries
        return
    start, end = tokens[opening].map or (0, 0)
    yield Block(start + 1, "body", _resolved("\n".join(lines[start:end]).rstrip(), references))


def _html(line: int, source: str) -> Iterator[Block]:
    """Yields what is folded by `<details>`, and other HTML as it is, without comments."""
    source = without_comments(source)
    place = 0
    for summary in _SUMMARY.finditer(source):
        yield from _inside(line, source[place : summary.start()])
        title = plain_title(html.unescape(_TAG.sub("", summary[1])), asks=True)
        yield Block(line + source.count("\n", 0, summary.start()), "folded", "", title)
        place = summary.end()
    yield from _inside(line, source[place:])


def _inside(line: int, source: str) -> Iterator[Block]:
    parts = _FOLDED_END.split(source)
    for number, part in enumerate(parts):
        text = part.replace("<details>", "").replace("<details open>", "").strip()
        if text:
            yield Block(line, "body", text)
        if number < len(parts) - 1:
            yield Block(line, "end", "")


def _resolved(text: str, references: dict[str, str]) -> str:
    """Writes the targets of links into a text that would lose them with the page's end."""
    if not references:
        return text

    def link(match: re.Match[str]) -> str:
        target = references.get(normalizeReference(match[2] or match[1]))
        return f"[{match[1]}]({target})" if target else match[0]

    return _REFERENCE.sub(link, text)


def _without_head(lines: list[str]) -> list[str]:
    """Empties the front matter of a page, so that the numbers of the lines stay."""
    if not lines or lines[0].removeprefix("\ufeff").rstrip() != "---":
        return lines
    for place, line in enumerate(lines[1:_LONGEST_HEAD], 1):
        if line.rstrip() in ("---", "..."):
            return [""] * (place + 1) + lines[place + 1 :]
    return lines
