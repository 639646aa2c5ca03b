"""What people think of a reply: ratings, corrections, votes. Knows no Slack."""
