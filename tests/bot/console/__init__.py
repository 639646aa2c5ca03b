"""The console: its routes one by one, and the page in a real browser."""
