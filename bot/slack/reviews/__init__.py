"""People are asked in Slack whether lessons still hold, and say so with a button."""
