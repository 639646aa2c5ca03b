"""Nightly runs, their scheduler, their report and automatic rollback; nothing here knows Slack."""
