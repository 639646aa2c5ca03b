"""The commands `examples ...`, which list, show, change, import, export and check lessons."""

from bot.cli.examples import checking, exporting, importing, listing, pairs, status
from bot.cli.examples.group import examples

__all__ = ["checking", "examples", "exporting", "importing", "listing", "pairs", "status"]
