"""Models and their tokenizers: the bundled starter, folders, hub names."""
