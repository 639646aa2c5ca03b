"""What the bot brings, in Slack: the command, the Home tab, the morning report and the digest."""
