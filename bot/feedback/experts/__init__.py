"""Who knows about what, whom to ask about a gap, and what becomes of the answer. Knows no Slack."""
