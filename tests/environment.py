"""Which variables of this machine would change what is tested."""

from bot.settings import PREFIX

KEPT = ("NIGHTSCHOOL_CACHE",)
"""Where the starter model lies unpacked: making it again takes long."""


def changes_settings(name: str) -> bool:
    """Returns whether a variable is a setting, or a way out of this machine, where nothing is."""
    setting = name.startswith(("SLACK_", PREFIX)) and name not in KEPT
    return setting or name.lower().endswith("_proxy")
