"""Other answers to a question that is taught: which they are, and which takes whose place."""
