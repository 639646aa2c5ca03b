"""The pace of calls to Slack: its limits by method, who may call next, and a client that waits."""
