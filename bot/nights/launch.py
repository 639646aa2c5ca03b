"""Builds the `mlx.launch` command line for training on several processes or machines."""

import json
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.errors import InputError

LAST_PORT = 65535
BACKENDS = ("ring", "nccl", "jaccl", "jaccl-ring")
"""The backends of `mlx.distributed`, without `mpi`, which needs an MPI installation.

`ring` uses sockets, `nccl` NVIDIA's library, `jaccl` Thunderbolt 5 between Macs.
"""


@dataclass(frozen=True)
class Workers:
    """The processes that train together."""

    count: int
    hosts: Path | None = None
    """The host file of mlx; None starts all processes on this machine."""
    backend: str | None = None
    """One of BACKENDS; None leaves it to the host file or to mlx."""

    def command(self, command: list[str]) -> list[str]:
        """Returns the command line that runs `command` in every process.

        Raises:
            InputError: there are no free ports on this machine.
        """
        launcher = [str(Path(sys.executable).parent / "mlx.launch")]
        if self.hosts is not None:
            launcher += ["--hostfile", str(self.hosts)]
        else:
            launcher += ["-n", str(self.count), "--starting-port", str(_free_ports(self.count))]
        if self.backend:
            launcher += ["--backend", self.backend]
        return [*launcher, "--", *command]


def workers(count: int | None, hosts: Path | None, backend: str | None = None) -> Workers | None:
    """Returns the processes that train together; None for a single one.

    Args:
        count: the number of processes on this machine.
        hosts: the host file of mlx, a JSON list of `{"ssh": ..., "ips": [...]}`.
        backend: one of BACKENDS.

    Raises:
        InputError: the file cannot be read or names no machine, both `count` and `hosts` ask for
            several processes, or a backend is given for a single one.
    """
    if hosts is None:
        if backend is not None and (count or 1) == 1:
            raise InputError("A backend is for several processes: add -n or --hosts.")
        return Workers(count, backend=backend) if count and count > 1 else None
    if count is not None and count > 1:
        raise InputError("Either -n, for processes on this machine, or --hosts, not both.")
    try:
        content = json.loads(hosts.read_text(encoding="utf-8"))
        machines = content["hosts"] if isinstance(content, dict) else content
        names = [machine["ssh"] for machine in machines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f'{hosts} is no list of machines: [{{"ssh": "mac2.local", "ips": ["10.0.0.2"]}}, ...].'
        ) from error
    if not names:
        raise InputError(f"{hosts} lists no machine.")
    return Workers(len(names), hosts.resolve(), backend)


def _free_ports(count: int) -> int:
    """Returns the first of `count` consecutive ports on loopback that are all free."""
    for _ in range(50):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        if first + count < LAST_PORT and all(
            _is_free(port) for port in range(first, first + count)
        ):
            return first
    raise InputError("There are no free ports for several processes.")


def _is_free(port: int) -> bool:
    """Whether a server can listen on a port of loopback; one of a connection is not free either."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
