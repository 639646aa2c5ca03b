"""What the bot brings: a week beside the week before, what nights gained, and the weekly digest."""
