"""Makes every part of the bot in Slack once, and gives each the dependencies that it needs."""
