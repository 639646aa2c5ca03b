"""Clicks, commands and submitted forms: acknowledged at once, and read into typed values."""
