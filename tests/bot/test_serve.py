"""The bot as one process: it is alone on its home."""

import pytest
from filelock import FileLock

from bot.errors import SettingsError
from bot.home import Home
from bot.serve import serve
from bot.settings import Settings


def test_a_second_bot_on_a_home_is_refused_in_one_sentence(home: Home, settings: Settings) -> None:
    """It is the same lock that a restore takes."""
    home.prepare()
    with FileLock(home.serving_lock), pytest.raises(SettingsError, match="running on this home"):
        serve(home, settings, with_slack=False)
