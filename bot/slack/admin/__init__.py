"""The subcommands of `/nightschool`, with the buttons and forms that they show.

Every command, button and form asks `Rights` again: a button may be pressed long after it was
shown, and by somebody else.
"""
