"""The lessons: the examples, where their words come from, and their vectors."""
