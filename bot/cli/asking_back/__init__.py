"""Commands about what the team does not know yet, and about what the bot brings."""
