"""Nightschool by night: files in, adapter out. Knows no Slack and no database."""
