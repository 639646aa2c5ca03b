"""The web page on 127.0.0.1; it calls the same functions as Slack does."""

from bot.console.app import create_app
from bot.console.server import Console

__all__ = ["Console", "create_app"]
