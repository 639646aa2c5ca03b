"""Ratings by button and by emoji, and the notices that acknowledge them."""
