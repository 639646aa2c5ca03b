"""The connection to Slack: Socket Mode, authentication, retries, executors, errors."""
