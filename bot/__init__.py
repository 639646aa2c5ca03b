"""Nightschool by day: Slack, the store, answering."""
