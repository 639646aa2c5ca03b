"""The model server in a process of its own, and the way to it.

`client`, `supervisor` and `address` are for the other processes and know no mlx; everything
else here runs inside `python -m bot.engine` only.
"""
