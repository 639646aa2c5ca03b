"""Which Host headers name this machine's own address.

A page on the web may have a name that resolves to 127.0.0.1 (DNS rebinding); its Host header still
tells that name.
"""

from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def is_own_address(host: str) -> bool:
    """Returns whether a Host header holds a name of this machine's own address, and nothing else.

    Anything that is no name with or without a port is not.
    """
    try:
        parts = urlsplit(f"//{host}")
        named = parts.hostname
        _ = parts.port  # raises where it is no number of a port
    except ValueError:
        return False
    return named in LOOPBACK_NAMES and parts.netloc == host and "@" not in host
