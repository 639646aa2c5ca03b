"""Reads the blocks of an HTML page: headings, folded parts, definition lists, and paragraphs.

Answers become Markdown: lists, code and links are kept. The depth of a page is bounded; what is
deeper is text alone.
"""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag

from trainer.importing.applications.faq.blocks import Block, paragraph, plain_title
from trainer.importing.applications.faq.safe_html import harmless
from trainer.importing.applications.question_words import is_question

_DEEPEST = 60
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_ASIDE = frozenset({"nav", "footer", "head", "input", "textarea"})
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div"),
        *("dl", "dt", "fieldset", "figure", "form", "header", "hr", "html", "li", "main", "ol"),
        *("p", "pre", "section", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    }
)
_KEPT = frozenset({"ul", "ol", "pre", "blockquote", "table"})
_SAFE_LINK = re.compile(r"(?:https?:|mailto:|tel:|[/#.\w])[^\s()<>]{0,1000}", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_KNOWN_SCHEMES = ("http:", "https:", "mailto:", "tel:")
_SPACE = re.compile(r"[ \t\r\n\f]+")


def html_blocks(page: str) -> Iterator[Block]:
    """Yields the blocks of a page in order."""
    # The tag in front tells the library that this is a page, and no name of one.
    yield from _walk(BeautifulSoup(f"<div>{harmless(page)}</div>", "html.parser"), 0)


def _walk(parent: Tag, depth: int) -> Iterator[Block]:
    """Yields the blocks inside an element; text between them is a paragraph."""
    if depth > _DEEPEST:
        yield from _text(parent, parent.get_text(" ", strip=True))
        return
    said: list[PageElement] = []
    for child in parent.children:
        if not isinstance(child, Tag) or not _has_blocks(child):
            said.append(child)
            continue
        yield from _inline(parent, said)
        said = []
        yield from _element(child, depth)
    yield from _inline(parent, said)


def _has_blocks(element: Tag) -> bool:
    """Returns whether an element is one of its own in the page's flow."""
    if element.name in _BLOCKS | _HEADINGS | _ASIDE or element.name == "button":
        return True
    return element.name in ("a", "span", "b", "strong", "font") and any(
        isinstance(child, Tag) and (child.name in _BLOCKS or child.name in _HEADINGS)
        for child in element.children
    )


def _element(element: Tag, depth: int) -> Iterator[Block]:
    line = element.sourceline or 1
    if element.name in _ASIDE:
        return
    if element.name in _HEADINGS:
        title = plain_title(markdown_of(element, depth))
        yield Block(line, "heading", f"**{title}**" if title else "", title, int(element.name[1]))
    elif element.name in ("summary", "dt"):
        yield Block(line, "folded", "", plain_title(markdown_of(element, depth), asks=True))
    elif element.name == "button":
        # It unfolds the answer below it, or it is none of the text.
        title = plain_title(markdown_of(element, depth))
        if is_question(title):
            yield Block(line, "question", "", title)
    elif element.name in ("details", "dl"):
        yield from _walk(element, depth + 1)
        yield Block(line, "end", "")
    elif element.name in _KEPT:
        yield Block(line, "body", _kept(element, depth))
    else:
        yield from _walk(element, depth + 1)


def _kept(element: Tag, depth: int) -> str:
    """Returns a list, code, a quotation or a table as Markdown."""
    if element.name == "pre":
        return _code(element)
    if element.name == "blockquote":
        text = "\n\n".join(block.text for block in _walk(element, depth + 1))
        return "\n".join(f"> {row}".rstrip() for row in text.split("\n"))
    rows = _rows(element, depth) if element.name == "table" else _items(element, depth, "")
    return "\n".join(rows)


def _inline(parent: Tag, elements: list[PageElement]) -> Iterator[Block]:
    text = "".join(_markdown(element, 0) for element in elements)
    yield from _text(parent, text)


def _text(parent: Tag, text: str) -> Iterator[Block]:
    rows = [_SPACE.sub(" ", row).strip() for row in text.split("\n")]
    text = "\n".join(rows).strip()
    if text:
        yield from paragraph(parent.sourceline or 1, text)


def markdown_of(element: Tag, depth: int = 0) -> str:
    """Returns what is said inside an element as Markdown on one line."""
    text = "".join(_markdown(child, depth + 1) for child in element.children)
    return _SPACE.sub(" ", text).strip()


def _markdown(element: PageElement, depth: int) -> str:
    if not isinstance(element, Tag):
        plain = isinstance(element, NavigableString)
        return _SPACE.sub(" ", str(element)) if plain else ""
    if element.name == "br":
        return "\n"
    if element.name in _ASIDE:
        return ""
    if element.name in ("code", "kbd", "samp", "tt") or depth > _DEEPEST:
        code = _SPACE.sub(" ", element.get_text(" ")).strip()
        return f"`{code}`" if code and "`" not in code and depth <= _DEEPEST else code
    text = "".join(_markdown(child, depth + 1) for child in element.children)
    inner = _SPACE.sub(" ", text).strip()
    if element.name == "a":
        return _link(element, inner, text)
    return _marked(element.name, inner, text)


def _marked(name: str, inner: str, text: str) -> str:
    """Returns a text in bold or italics, with the spaces outside of the marks."""
    mark = {"strong": "**", "b": "**", "em": "*", "i": "*"}.get(name)
    if mark is None or not inner or "*" in inner:
        return text
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() else ""
    return f"{before}{mark}{inner}{mark}{after}"


def _link(element: Tag, inner: str, text: str) -> str:
    target = element.get("href")
    if not isinstance(target, str) or not inner or "[" in inner or "]" in inner:
        return text
    target = target.strip()
    scheme = _SCHEME.match(target)
    known = scheme is None or scheme[0].casefold() in _KNOWN_SCHEMES
    if target.startswith("#") or not known or not _SAFE_LINK.fullmatch(target):
        return text
    return target if target == inner else f"[{inner}]({target})"


def _items(element: Tag, depth: int, indent: str) -> Iterator[str]:
    """Yields the lines of a list, lists in it indented."""
    number = 0
    for child in element.children:
        if not isinstance(child, Tag) or child.name != "li":
            continue
        number += 1
        mark = f"{number}. " if element.name == "ol" else "- "
        said: list[str] = []
        inner: list[str] = []
        for part in child.children:
            if isinstance(part, Tag) and part.name in ("ul", "ol") and depth < _DEEPEST:
                inner += _items(part, depth + 1, indent + " " * len(mark))
            elif isinstance(part, Tag) and part.name == "pre":
                rows = _code(part).split("\n")
                inner += [indent + " " * len(mark) + row for row in rows]
            else:
                separate = isinstance(part, Tag) and part.name in _BLOCKS
                said.append((" " if separate else "") + _markdown(part, depth + 1))
        text = _SPACE.sub(" ", "".join(said)).strip()
        if text or inner:
            yield f"{indent}{mark}{text}".rstrip()
            yield from inner


def _code(element: Tag) -> str:
    code = element.get_text().strip("\n")
    return f"```\n{code}\n```" if "```" not in code else code


def _rows(table: Tag, depth: int) -> Iterator[str]:
    """Yields the rows of a table, with bars between the cells."""
    for number, row in enumerate(table.find_all("tr")):
        cells = [cell for cell in row.children if isinstance(cell, Tag)]
        texts = [markdown_of(cell, depth).replace("|", "/") for cell in cells]
        yield "| " + " | ".join(texts) + " |"
        if number == 0:
            yield "|" + " --- |" * len(texts)
