"""Running the school from Slack: what `/nightschool` does, and the buttons that it brings up.

Every command, button and form asks `Rights` anew: a button may be pressed long after it was
shown, and by somebody else.
"""
