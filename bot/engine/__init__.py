"""The model server in a process of its own, and the way to it.

The modules of this folder run in the processes that ask: the client, the supervisor that keeps
the server running, and the file that says where it is. They import no mlx. `server` is what runs
inside `python -m bot.engine`; nothing else imports it.
"""
