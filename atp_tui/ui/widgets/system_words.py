"""What a Linux host's /proc says, as one line of the host panel. Pure: a reading in, words out."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.node import SystemReading
from ..format import age, memory, percent

NO_SYSTEM = "load, CPU, memory, swap, / and uptime n/a: not Linux, or it runs no such command"


def system_words(system: SystemReading, *, with_size: bool) -> tuple[str, ...]:
    """Load, swap, root file system and time since the start; CPUs and memory as well where `with_size`: a host with
    libvirt has these from there.
    """
    return tuple(_words(system, with_size))


def _words(system: SystemReading, with_size: bool) -> Iterator[str]:
    yield "load " + " ".join(f"{load:.2f}" for load in system.load)
    if with_size:
        yield f"{system.cpus} cpu"
        yield memory(system.memory_kib).strip()
    if system.swap_kib:
        used = max(0, system.swap_kib - system.swap_free_kib)
        yield f"swap {_share(used, system.swap_free_kib)} of {memory(system.swap_kib).strip()}"
    else:
        yield "no swap"
    if system.root_kib is None or system.root_used_kib is None or system.root_free_kib is None:
        yield "/ n/a"
    else:
        yield f"/ {_share(system.root_used_kib, system.root_free_kib)} of {memory(system.root_kib).strip()}"
    yield f"up {age(system.uptime)}"


def _share(used: int, free: int) -> str:
    return percent(used / (used + free) if used + free > 0 else None).strip()
