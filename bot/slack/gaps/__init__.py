"""Gaps in Slack: what people asked and nobody has taught, listed with buttons."""
