"""Renders Markdown, as models write it, as Slack's mrkdwn.

markdown-it-py parses CommonMark, tables and strikethrough; this walks its tree. Every text is
escaped where it is written, so nothing that a model writes can notify a channel or become a link:
an address stands beside its label, for all to see, and Slack shows no preview of it. Only the name
of a channel that is known becomes one.

HTML, references, entities, underscores and setext headings are not parsed, because they would
vanish or change what was written. (Slack has emphasis by single underscores itself, and `__init__`
is a name.)
"""

import re
from collections.abc import Iterable, Sequence
from unicodedata import east_asian_width

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.tree import SyntaxTreeNode
from rich.cells import cell_len

from bot.slack.messages.mrkdwn import ChannelOf, escape, unescape, with_channels

_MARKS = {"strong": "*", "em": "_", "s": "~"}
_PLAIN = frozenset({*_MARKS, "code_inline"})
_GRAVE = "\u02cb"
"""A character that looks like a back-tick, which cannot stand within code in Slack."""
_THIN = "\u200b"
"""A zero-width space: Slack reads a mark as one only beside a space or punctuation."""
_CELL = 40
"""Width in columns to which cells of a table are padded at most."""
_LANGUAGE = re.compile(r"\s*[\w.+#-]*\s*")
_ADDRESSES = ("http://", "https://", "mailto:")


def no_channel(_name: str) -> None:
    """Knows no channel: no name becomes a link."""


def mrkdwn(markdown: str, channel_of: ChannelOf = no_channel) -> str:
    """Renders Markdown as escaped mrkdwn; text without any marks stays as it is.

    Args:
        markdown: what a model wrote.
        channel_of: knows the channels whose names, outside of code, become links.
    """
    source = markdown.replace("\r\n", "\n").replace("\r", "\n")
    root = SyntaxTreeNode(_PARSER.parse(source))
    return _Renderer(source.split("\n"), channel_of).blocks(root.children)


def has_table(markdown: str) -> bool:
    """Returns whether a table stands anywhere in a text."""
    return "|" in markdown and any(
        token.type == "table_open" for token in _PARSER.parse(markdown.replace("\r\n", "\n"))
    )


class _Parser(MarkdownIt):
    """A CommonMark parser that keeps addresses as they are written."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  theirs
        return url.lower().startswith(_ADDRESSES)

    def normalizeLink(self, url: str) -> str:  # noqa: N802  theirs
        return url


def _stars(state: StateInline, silent: bool) -> bool:
    """An inline rule that finds where emphasis may begin and end, also in CJK scripts.

    CommonMark lets `**` end after punctuation only before a space or more punctuation, which
    these scripts do not write. A single star between letters is a product, not emphasis.
    """
    if silent or state.src[state.pos] != "*":
        return False
    scanned = state.scanDelims(state.pos, True)
    end = state.pos + scanned.length
    before = state.src[state.pos - 1] if state.pos else " "
    after = state.src[end] if end < state.posMax else " "
    product = scanned.length == 1 and before.isalnum() and after.isalnum()
    opens = scanned.can_open or (_wide(before) and not after.isspace())
    closes = scanned.can_close or (_wide(after) and not before.isspace())
    for _ in range(scanned.length):
        token = state.push("text", "", 0)
        token.content = "*"
        state.delimiters.append(
            Delimiter(
                marker=ord("*"),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=opens and not product,
                close=closes and not product,
            )
        )
    state.pos = end
    return True


def _wide(character: str) -> bool:
    """Whether a character takes two columns, as those of CJK scripts do."""
    return east_asian_width(character) in "WF"


class _Renderer:
    """Renders a syntax tree; `lines` are those of its source, to see where it has empty ones."""

    def __init__(self, lines: Sequence[str], channel_of: ChannelOf) -> None:
        self._lines = lines
        self._channel_of = channel_of

    def blocks(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        """Renders blocks below each other, with an empty line where the source has one."""
        out = ""
        for number, node in enumerate(nodes):
            if number:
                out += "\n\n" if self._apart(node) else "\n"
            out += self._block(node)
        return out

    def _apart(self, node: SyntaxTreeNode) -> bool:
        first = node.map[0] if node.map else 0
        return not self._lines[first - 1].strip(" \t>")

    def _block(self, node: SyntaxTreeNode) -> str:  # noqa: PLR0911  one a kind of block
        match node.type:
            case "heading":
                return _marked("*", self._inline(node.children, frozenset({"strong"})))
            case "fence" | "code_block":
                # Slack knows no languages: their names would stand in the code.
                head = "" if _LANGUAGE.fullmatch(node.info) else f"{node.info}\n"
                return _code(head + node.content)
            case "blockquote":
                return _prefixed("&gt; ", self.blocks(node.children))
            case "bullet_list" | "ordered_list":
                return self._list(node)
            case "table":
                return _code(unescape(self._table(node)))
            case "hr":
                return "---"
            case _:
                return self._inline(node.children, frozenset())

    def _list(self, node: SyntaxTreeNode) -> str:
        out = ""
        for number, item in enumerate(node.children):
            if number:
                out += "\n\n" if self._apart(item) else "\n"
            marker = f"{item.info}{item.markup} " if node.type == "ordered_list" else "• "
            indented = _prefixed(" " * len(marker), self.blocks(item.children))
            out += marker + indented[len(marker) :]
        return out

    def _table(self, node: SyntaxTreeNode) -> str:
        """Renders a table as columns of equal width, since Slack has no tables."""
        rows = [
            [self._inline(cell.children, _PLAIN).replace("\n", " ") for cell in row.children]
            for part in node.children
            for row in part.children
        ]
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        rows.insert(1, ["-" * min(width, _CELL) for width in widths])
        return "\n".join(
            " | ".join(
                cell + " " * (min(width, _CELL) - _width(cell))
                for cell, width in zip(row, widths, strict=True)
            ).rstrip()
            for row in rows
        )

    def _inline(self, nodes: Iterable[SyntaxTreeNode], within: frozenset[str]) -> str:
        """Renders inline nodes; marks in `within` surround them already and are not repeated."""
        out, after_mark = "", False
        for node in nodes:
            is_mark = node.type in _MARKS and node.type not in within
            piece = self._piece(node, within)
            touches = (is_mark and out[-1:].isalnum()) or (after_mark and piece[:1].isalnum())
            out += _THIN + piece if touches else piece
            after_mark = is_mark
        return out

    def _piece(  # noqa: PLR0911  one a kind of node
        self, node: SyntaxTreeNode, within: frozenset[str]
    ) -> str:
        match node.type:
            case "text" if "code_inline" not in within:
                return with_channels(escape(node.content), self._channel_of)
            case "text":
                return escape(node.content)
            case "softbreak" | "hardbreak":
                return "\n"
            case "code_inline" if node.type not in within:
                return f"`{escape(node.content.replace('`', _GRAVE))}`"
            case "code_inline":
                return escape(node.content)
            case "link" | "image":
                return self._address(node, within)
            case kind if kind in _MARKS and kind not in within:
                return _marked(_MARKS[kind], self._inline(node.children, within | {kind}))
            case _:
                return self._inline(node.children, within)

    def _address(self, node: SyntaxTreeNode, within: frozenset[str]) -> str:
        label = self._inline(node.children, within)
        address = escape(str(node.attrs.get("href") or node.attrs.get("src") or ""))
        if node.markup == "autolink" or label == address:
            return label
        return f"{label} ({address})" if label else address


def _marked(mark: str, text: str) -> str:
    """Puts marks around each line, since Slack's marks end with their line."""
    lines = text.split("\n")
    return "\n".join(f"{mark}{line}{mark}" if line.strip() else line for line in lines)


def _prefixed(prefix: str, text: str) -> str:
    return "\n".join(f"{prefix}{line}".rstrip() for line in text.split("\n"))


def _code(text: str) -> str:
    return f"```\n{escape(text.rstrip(chr(10)).replace('```', _GRAVE * 3))}\n```"


def _width(cell: str) -> int:
    return cell_len(unescape(cell))


_PARSER = _Parser("commonmark").enable(["table", "strikethrough"])
_PARSER.disable(["html_block", "html_inline", "reference", "entity", "lheading"])
_PARSER.inline.ruler.at("emphasis", _stars)
