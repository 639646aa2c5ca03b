"""Nights in Slack: the command that starts and stops one, its progress, and its report."""
