"""A whole Slack export, a zip or a folder, becomes proposals: questions with accepted replies."""
