"""Reads pages of questions and answers: Markdown files and HTML files."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trainer.errors import DatasetError
from trainer.importing.applications.faq.blocks import Block, plain_title, questions_and_answers
from trainer.importing.applications.faq.html import html_blocks
from trainer.importing.applications.faq.markdown import markdown_blocks
from trainer.importing.applications.fields import entries, mapping, text
from trainer.importing.encodings import as_utf8, encoding_of
from trainer.importing.lines import Found
from trainer.importing.options import ReadOptions

LARGEST = 2_000_000
"""Bytes of a page."""
MOST_LINES = 50_000
"""Lines of a page: a parser may need some milliseconds for ten of them."""
_MARKDOWN = frozenset({".md", ".markdown", ".mdown", ".mkd"})
_HTML = frozenset({".html", ".htm", ".xhtml"})
_STRUCTURED = re.compile(r"<script[^<>]{0,300}application/ld\+json[^<>]{0,300}>", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_DEEPEST = 6


class MarkdownReader:
    """Reads a Markdown file of headings, bold questions, or lines with Q: and A:."""

    name = "a Markdown page"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Returns whether a file is called Markdown and is no JSON under a wrong name."""
        return path.suffix.lower() in _MARKDOWN and not head.lstrip().startswith((b"{", b"[{"))

    def read(self, path: Path, options: ReadOptions, notes: list[str]) -> Iterator[Found]:  # noqa: ARG002  as FileReader
        """Yields a lesson for each question.

        Raises:
            DatasetError: it is too large, or has no question.
        """
        yield from questions_and_answers(markdown_blocks(_decoded(path, notes)), notes)


class HtmlReader:
    """Reads an HTML file of headings, folded parts, definition lists or bold questions."""

    name = "an HTML page"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Returns whether a file is called HTML, or begins as it does."""
        begins = head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))
        return path.suffix.lower() in _HTML or begins

    def read(self, path: Path, options: ReadOptions, notes: list[str]) -> Iterator[Found]:  # noqa: ARG002  as FileReader
        """Yields a lesson for each question; what the page tells search engines comes last.

        Raises:
            DatasetError: it is too large, or has no question.
        """
        page = _decoded(path, notes)
        try:
            yield from questions_and_answers(html_blocks(page), notes)
        except DatasetError:
            structured = list(structured_blocks(page))
            if not structured:
                raise
            notes.append("its questions are those that it tells search engines (FAQPage)")
            yield from questions_and_answers(structured, notes)


def structured_blocks(page: str) -> Iterator[Block]:
    """Yields the questions that a page describes as schema.org's FAQPage, in JSON."""
    for found in _STRUCTURED.finditer(page):
        end = _SCRIPT_END.search(page, found.end())
        if end is None:
            return
        try:
            document = json.loads(page[found.end() : end.start()])
        except (ValueError, RecursionError):
            continue
        yield from _questions(document, 0)


def _questions(document: Any, depth: int) -> Iterator[Block]:
    if depth > _DEEPEST:
        return
    if isinstance(document, list):
        for one in document:
            yield from _questions(one, depth + 1)
        return
    whole = mapping(document)
    if whole.get("@type") == "Question":
        title = plain_title(text(whole.get("name")), asks=True)
        answer = text(mapping(whole.get("acceptedAnswer")).get("text"))
        yield Block(1, "folded", "", title)
        yield from (Block(1, "body", block.text) for block in html_blocks(answer))
        yield Block(1, "end", "")
    for key in ("mainEntity", "@graph"):
        yield from _questions(whole.get(key, ()) or list(entries(whole.get(key))), depth + 1)


def _decoded(path: Path, notes: list[str]) -> str:
    """Returns a page as text, and tells a guessed encoding."""
    if path.stat().st_size > LARGEST:
        raise DatasetError(f"{path.name} is a page of over {LARGEST // 10**6} MB: split it")
    encoding = encoding_of(path)
    if encoding.note:
        notes.append(encoding.note)
    with path.open("rb") as stream:
        content = as_utf8(stream, encoding).read()
    if content.count(b"\n") > MOST_LINES:
        raise DatasetError(f"{path.name} is a page of over {MOST_LINES} lines: split it")
    return content.decode("utf-8", "replace").removeprefix("\ufeff")
