"""Adapter versions on disk, loading them, fusing them, and the layout of PEFT."""
