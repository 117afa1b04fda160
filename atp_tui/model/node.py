"""libvirt's physical facts about a host (the node) and about its guests (the domains). None means: not available."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from .data_class import dataclass


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

    __hash__ = str.__hash__  # Enum's own is written in Python, and states are counted for each host each second


_UNKNOWN: tuple[str | None, ...] = (None,)

REASONS: Mapping[DomainState, tuple[str | None, ...]] = {
    DomainState.NOSTATE: _UNKNOWN,
    DomainState.RUNNING: (
        None, "booted", "migrated", "restored", "from snapshot", "resumed", "migration cancelled", "save cancelled",
        "woken up", "crashed before", "post-copy migration", "post-copy migration failed",
    ),
    DomainState.BLOCKED: _UNKNOWN,
    DomainState.PAUSED: (
        None, "user", "migration", "being saved", "being dumped", "I/O error", "watchdog", "from snapshot",
        "shutting down", "snapshot", "crashed", "starting up", "post-copy migration", "post-copy migration failed",
        "API error",
    ),
    DomainState.SHUTDOWN: (None, "user"),
    DomainState.SHUTOFF: (
        None, "shut down", "destroyed", "crashed", "migrated", "saved", "failed", "from snapshot", "daemon",
    ),
    DomainState.CRASHED: (None, "panicked"),
    DomainState.PMSUSPENDED: _UNKNOWN,
}  # fmt: skip
"""Why a domain is in its state, by the number that libvirt gives (virDomain…Reason, from 0; None: "unknown").

https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainPausedReason and its neighbours.
"""


def reason_of(state: DomainState, number: object) -> str | None:
    """The words for libvirt's number of a reason; None for a number that is not known here."""
    words = REASONS[state]
    return words[number] if isinstance(number, int) and 0 <= number < len(words) else None


class NodeReading(NamedTuple):
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


@dataclass(frozen=True, slots=True)
class SystemReading:
    """One reading of a Linux host's /proc and root file system, see proc(5) and df(1). None: the host did not tell.

    `load` is the load average over 1, 5 and 15 minutes; `uptime` is in seconds. `cpu_busy` and `cpu_idle` are counters
    in ns since boot, summed over `cpus` processors. Memory, swap and the root file system are in KiB; of
    the latter some is neither used nor free for users, and df's share is used / (used + free).
    """

    load: tuple[float, float, float]
    uptime: float
    cpus: int
    cpu_busy: int
    cpu_idle: int
    memory_kib: int
    memory_free_kib: int
    swap_kib: int
    swap_free_kib: int
    root_kib: int | None
    root_used_kib: int | None
    root_free_kib: int | None


class Oddity(NamedTuple):
    """Answers of a host that were no figures: so many `times`, and `what` one of them was, as `cpu.time is a text`."""

    times: int
    what: str


class DomainMetadata(NamedTuple):
    """What a domain's description says about it for people. An empty text or tuple: nothing.

    `title` and `description` are libvirt's own. `os` is what libosinfo's metadata names, by the short name that
    virt-install takes (`debian12`). `address` is the first one that its host knows of it, and `more_addresses` are the
    others. `tags` are those of the metadata in this program's namespace.
    """

    title: str = ""
    description: str = ""
    os: str = ""
    address: str = ""
    tags: tuple[str, ...] = ()
    more_addresses: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """All of them."""
        return (self.address, *self.more_addresses) if self.address else ()


NO_METADATA = DomainMetadata()


class DomainReading(NamedTuple):
    """One reading of one domain. Memory in KiB; counters since its start: `cpu_time` (ns), `rx_bytes`, `tx_bytes`
    over its interfaces, `read_bytes`, `written_bytes` over its disks.

    `reason` is why it is in that state, in the words of REASONS; None where libvirt does not say.
    """

    name: str
    uuid: str
    state: DomainState
    vcpus: int
    memory_kib: int
    memory_max_kib: int
    cpu_time: int | None
    rx_bytes: int | None
    tx_bytes: int | None
    reason: str | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None
