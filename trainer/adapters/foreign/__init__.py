"""Adapters that other programs wrote: read with suspicion, and brought into mlx-lm's layout."""
