"""The database file beneath the tables: connections, migrations, times and erasure."""
