"""Generation, and many adapters in one batch."""
