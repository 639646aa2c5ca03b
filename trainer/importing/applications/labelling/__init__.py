"""Exports of labelling tools: what people wrote about records, and how they judged answers."""
