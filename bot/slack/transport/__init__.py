"""The connection to Slack: Socket Mode, signing in, retries, executors, errors."""
