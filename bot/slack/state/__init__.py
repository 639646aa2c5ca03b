"""What one process remembers of Slack: threads, answers in flight, names, conflicts."""
