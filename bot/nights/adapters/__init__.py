"""Adapters that are given and not trained: the exam of one, and one that joins from elsewhere."""
