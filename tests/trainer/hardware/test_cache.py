"""Where the cache lies."""

from pathlib import Path

import pytest

from trainer.hardware.cache import cache_folder


@pytest.mark.parametrize(
    ("chosen", "of_user", "expected"),
    [
        ("/fast/cache", "/user/cache", "/fast/cache"),
        ("", "/user/cache", "/user/cache/nightschool"),
        ("", "", "/home/ann/.cache/nightschool"),
        ("~/models", "", "/home/ann/models"),
        ("", "~/kept", "/home/ann/kept/nightschool"),
    ],
)
def test_our_own_setting_wins_over_the_users_cache_folder(
    monkeypatch: pytest.MonkeyPatch, chosen: str, of_user: str, expected: str
) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setenv("NIGHTSCHOOL_CACHE", chosen)
    monkeypatch.setenv("XDG_CACHE_HOME", of_user)
    assert cache_folder() == Path(expected)
