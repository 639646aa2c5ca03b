"""Owners of lessons, and whether what was taught still holds; knows no Slack."""
