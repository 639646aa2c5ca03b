"""A message becomes an answer in its thread: said, streamed, edited, compared."""
