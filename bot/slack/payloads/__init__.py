"""Clicks, commands and submitted forms: acknowledged, then as typed values."""
