"""What the page says of gaps and of what the bot brings."""
