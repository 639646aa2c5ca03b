"""Bolt listeners, a module a kind; each is a few lines around a call."""
