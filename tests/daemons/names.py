"""A name that leads to this machine and is no address."""

from __future__ import annotations

import socket


def _local_name() -> str:
    try:
        socket.getaddrinfo("localhost", None, socket.AF_INET)
    except OSError:
        return "127.1"
    return "localhost"


LOCAL_NAME = _local_name()
"""Usually localhost. What debootstrap makes has no /etc/hosts, and need not know it: "127.1" is 127.0.0.1 to
inet_aton(3), and so to getaddrinfo, and a name to everybody else."""
