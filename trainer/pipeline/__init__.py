"""One training from beginning to end, as a process."""
