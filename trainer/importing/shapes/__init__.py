"""The shapes that rows of others have: names of columns, messages, judgements and pairs."""
