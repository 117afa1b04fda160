"""libvirt's physical facts about a host (the node) and about its guests (the domains). None means: not available."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class DomainState(StrEnum):
    """virDomainState, in libvirt's own words; https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainState."""

    NOSTATE = "no state"
    RUNNING = "running"
    BLOCKED = "blocked"
    PAUSED = "paused"
    SHUTDOWN = "shutting down"
    SHUTOFF = "shut off"
    CRASHED = "crashed"
    PMSUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class NodeReading:
    """One reading of a node. Memory in KiB, CPU times in ns since boot summed over its processors.

    `cpu_busy` and `cpu_idle` are counters: a share needs two readings. Test drivers lack some of it: None, not 0.
    """

    hostname: str
    hypervisor: str
    hypervisor_version: int | None
    libvirt_version: int
    cpus: int
    memory_kib: int
    memory_free_kib: int | None
    cpu_busy: int | None
    cpu_idle: int | None


class DomainReading(NamedTuple):
    """One reading of one domain. Memory in KiB; counters since its start: `cpu_time` (ns), `rx_bytes`, `tx_bytes`."""

    name: str
    uuid: str
    state: DomainState
    vcpus: int
    memory_kib: int
    memory_max_kib: int
    cpu_time: int | None
    rx_bytes: int | None
    tx_bytes: int | None
