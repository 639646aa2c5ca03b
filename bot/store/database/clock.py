"""Times as they stand in the database: ISO 8601, UTC, to the millisecond."""

from datetime import UTC, datetime


def now() -> str:
    """Returns the present time in that format, for a column that ends in `_at`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def today() -> str:
    """Returns the present day in UTC as an ISO date, as columns that end in `_on` hold them."""
    return datetime.now(UTC).date().isoformat()
