"""Times as they stand in the database: ISO 8601, UTC, to the millisecond."""

from datetime import UTC, datetime


def now() -> str:
    """Returns the present time in that format, for a column that ends in `_at`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
