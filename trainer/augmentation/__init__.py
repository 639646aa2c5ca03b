"""Augmentation: other wordings of each question, earlier turns, and replay of the base model."""
