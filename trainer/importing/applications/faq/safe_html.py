"""Makes any HTML harmless to a parser: each pass over it takes time in proportion to its length.

Python's parser looks for the end of the page again and again where tags are never closed, so what
is no whole tag of a sane length becomes text before it is parsed.
"""

import re

_LONGEST_TAG = 2000
_DROPPED = ("script", "style", "template", "noscript", "svg", "math", "iframe", "object", "select")
_TAG_START = re.compile(r"/?[a-zA-Z][a-zA-Z0-9:-]{0,40}(?=[\s/>])")
_MOST_TAGS = 50_000


def harmless(page: str) -> str:
    """Returns a page without comments, scripts and styles, in which every `<` begins a tag."""
    page = without_comments(page.replace("\0", ""))
    for name in _DROPPED:
        page = _without_element(page, name)
    first, *pieces = page.split("<")
    safe = [first]
    tags = 0
    for piece in pieces:
        end = piece.find(">")
        whole = 0 <= end <= _LONGEST_TAG and _TAG_START.match(piece) is not None
        tags += whole
        safe.append(("<" if whole and tags <= _MOST_TAGS else "&lt;") + piece)
    return "".join(safe)


def without_comments(page: str) -> str:
    """Removes comments, declarations and processing instructions; an unclosed one ends the page."""
    kept = []
    place = 0
    while (start := _next_mark(page, place)) >= 0:
        kept.append(page[place:start])
        closing = "-->" if page.startswith("<!--", start) else ">"
        end = page.find(closing, start + 2)
        if end < 0:
            return "".join(kept)
        # Lines are counted by what follows.
        kept.append("\n" * page.count("\n", start, end))
        place = end + len(closing)
    return "".join([*kept, page[place:]])


def _next_mark(page: str, place: int) -> int:
    found = re.compile(r"<[!?]").search(page, place)
    return found.start() if found else -1


def _without_element(page: str, name: str) -> str:
    """Removes elements with all that is in them; one that is not closed ends the page."""
    opening = re.compile(rf"<{name}(?=[\s/>])", re.IGNORECASE)
    closing = re.compile(rf"</{name}\s{{0,20}}>", re.IGNORECASE)
    kept = []
    place = 0
    while found := opening.search(page, place):
        kept.append(page[place : found.start()])
        end = closing.search(page, found.end())
        if end is None:
            return "".join(kept)
        kept.append("\n" * page.count("\n", found.start(), end.end()))
        place = end.end()
    return "".join([*kept, page[place:]])
