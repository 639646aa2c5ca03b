"""Answering: takes a message, generates, streams, compares and edits the answer in its thread."""
