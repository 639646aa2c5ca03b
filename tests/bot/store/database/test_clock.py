"""Times of the database can be compared as texts."""

from datetime import UTC, datetime, timedelta

from bot.store.database.clock import now


def test_a_time_is_in_utc_to_the_millisecond() -> None:
    text = now()
    moment = datetime.fromisoformat(text)
    assert moment.utcoffset() == timedelta(0)
    assert len(text) == len("2026-11-30T07:40:31.123+00:00")
    assert abs(datetime.now(UTC) - moment) < timedelta(hours=1)
