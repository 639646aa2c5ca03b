"""Channels in which the bot does more than it is asked for: an admin switches that on."""
