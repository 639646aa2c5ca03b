"""Finds what people asked and nobody has taught, and clusters it by meaning."""
