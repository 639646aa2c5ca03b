"""Asks experts in Slack, takes their answers, and tells them to whoever waits."""
