"""The commands within this process, as the tests of the command line run them."""

from tests.bot.cli.conftest import nightschool

__all__ = ["nightschool"]
