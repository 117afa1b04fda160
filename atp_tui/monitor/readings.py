"""What one sample asks libvirt, as plain functions that run on a connection's lane and return frozen data.

The API they use: https://libvirt.org/html/libvirt-libvirt-host.html for the node,
https://libvirt.org/html/libvirt-libvirt-domain.html#virConnectGetAllDomainStats for the domains. What a hypervisor
driver lacks is discovered by its error and becomes None, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from ..model.node import DomainReading, DomainState, NodeReading, reason_of

T = TypeVar("T")

# Values of libvirt's public enums, which are part of its stable interface. This layer may not import the binding;
# tests/unit/monitor holds each against it.
VIR_DOMAIN_STATS_STATE = 1 << 0  # virDomainStatsTypes
VIR_DOMAIN_STATS_CPU_TOTAL = 1 << 1
VIR_DOMAIN_STATS_BALLOON = 1 << 2
VIR_DOMAIN_STATS_VCPU = 1 << 3
VIR_DOMAIN_STATS_INTERFACE = 1 << 4
VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT = 1 << 29  # virConnectGetAllDomainStatsFlags
VIR_NODE_CPU_STATS_ALL_CPUS = -1
VIR_NODE_MEMORY_STATS_ALL_CELLS = -1
VIR_ERR_NO_SUPPORT = 3  # virErrorNumber
VIR_ERR_INVALID_ARG = 8
VIR_ERR_NO_DOMAIN = 42
VIR_ERR_ARGUMENT_UNSUPPORTED = 74
VIR_ERR_OPERATION_UNSUPPORTED = 84

SAMPLED_STATS = (
    VIR_DOMAIN_STATS_STATE
    | VIR_DOMAIN_STATS_CPU_TOTAL
    | VIR_DOMAIN_STATS_BALLOON
    | VIR_DOMAIN_STATS_VCPU
    | VIR_DOMAIN_STATS_INTERFACE
)

_UNSUPPORTED = frozenset({VIR_ERR_NO_SUPPORT, VIR_ERR_ARGUMENT_UNSUPPORTED, VIR_ERR_OPERATION_UNSUPPORTED})
# daemons before 4.5 do not know NOWAIT and call it an invalid argument
_NO_SUCH_FLAG = _UNSUPPORTED | {VIR_ERR_INVALID_ARG}

_EXPLAINED = frozenset({DomainState.PAUSED, DomainState.CRASHED})

_STATES = tuple(DomainState)  # declared in the order of virDomainState, from 0


class VirtDomain(Protocol):
    """The part of libvirt.virDomain that a sample uses; `name` and `UUIDString` are local, `info` is a round trip."""

    def name(self) -> str: ...
    def UUIDString(self) -> str: ...
    def state(self, flags: int = 0) -> Sequence[int]:
        """[state, reason]; a round trip."""
        ...

    def info(self) -> Sequence[int]:
        """[state, maximum memory KiB, memory KiB, vCPUs, CPU time ns]."""
        ...


class VirtConnect(Protocol):
    """The part of libvirt.virConnect that a sample uses. Errors carry `get_error_code()`, as libvirtError does."""

    def getLibVersion(self) -> int: ...
    def getHostname(self) -> str: ...
    def getType(self) -> str: ...
    def getVersion(self) -> int: ...
    def getInfo(self) -> Sequence[Any]:
        """[model, memory MiB, CPUs, MHz, NUMA nodes, sockets, cores, threads]."""
        ...

    def getCPUStats(self, cpuNum: int, flags: int = 0) -> Mapping[str, int]:
        """Nanoseconds since boot: "kernel", "user", "idle", "iowait"."""
        ...

    def getMemoryStats(self, cellNum: int, flags: int = 0) -> Mapping[str, int]:
        """KiB: "total", "free", "buffers", "cached"."""
        ...

    def getFreeMemory(self) -> int:
        """Bytes."""
        ...

    def getAllDomainStats(self, stats: int = 0, flags: int = 0) -> Sequence[tuple[VirtDomain, Mapping[str, Any]]]: ...
    def listAllDomains(self, flags: int = 0) -> Sequence[VirtDomain]: ...


def read_all(virt: VirtConnect, known: NodeReading | None = None) -> tuple[NodeReading, tuple[DomainReading, ...]]:
    """The node and its domains in one hop to the lane; `known` and errors as in read_node."""
    return read_node(virt, known), read_domains(virt)


def read_node(virt: VirtConnect, known: NodeReading | None = None) -> NodeReading:
    """One reading of the node. Runs on a lane; blocks for two round trips, for seven when `known` is None.

    `known` is an earlier reading of the same connection: what cannot change under an open connection (names,
    versions, size) is taken from it, and what was None then is not asked for again.
    Raises libvirtError for everything but a lack of support.
    """
    node = known or _static_facts(virt)
    asks_cpu = known is None or known.cpu_busy is not None
    asks_memory = known is None or known.memory_free_kib is not None
    busy, idle = _cpu(virt) if asks_cpu else (None, None)
    total, available = _memory(virt, node.hypervisor) if asks_memory else (None, None)
    return NodeReading(
        hostname=node.hostname,
        hypervisor=node.hypervisor,
        hypervisor_version=node.hypervisor_version,
        libvirt_version=node.libvirt_version,
        cpus=node.cpus,
        memory_kib=node.memory_kib if total is None else total,
        memory_free_kib=available,
        cpu_busy=busy,
        cpu_idle=idle,
    )


def read_domains(virt: VirtConnect) -> tuple[DomainReading, ...]:
    """All domains, running or not, in libvirt's order. Runs on a lane; one round trip where the driver has bulk
    statistics (QEMU does), else two to a domain. A domain that vanishes meanwhile is left out. Raises libvirtError.
    """
    readings = [_domain(domain, stats) for domain, stats in _all_stats(virt)]
    return tuple([reading for reading in readings if reading is not None])


def _optional(ask: Callable[[], T], unsupported: frozenset[int] = _UNSUPPORTED) -> T | None:
    """ask(), or None where the hypervisor driver has no such call."""
    try:
        return ask()
    except Exception as error:
        if _code(error) in unsupported:
            return None
        raise


def _code(error: Exception) -> int | None:
    """libvirt's error number, by duck typing: this layer knows no libvirtError."""
    get_error_code = getattr(error, "get_error_code", None)
    return get_error_code() if get_error_code is not None else None


def _static_facts(virt: VirtConnect) -> NodeReading:
    info = virt.getInfo()
    return NodeReading(
        hostname=virt.getHostname(),
        hypervisor=virt.getType(),
        hypervisor_version=_optional(virt.getVersion),
        libvirt_version=virt.getLibVersion(),
        cpus=info[2],
        memory_kib=info[1] << 10,
        memory_free_kib=None,
        cpu_busy=None,
        cpu_idle=None,
    )


def _cpu(virt: VirtConnect) -> tuple[int, int] | tuple[None, None]:
    """Nanoseconds (busy, idle). A processor that waits for a disk has nothing to run: it counts as idle."""
    cpu = _optional(lambda: virt.getCPUStats(VIR_NODE_CPU_STATS_ALL_CPUS))
    return (None, None) if cpu is None else (cpu["user"] + cpu["kernel"], cpu["idle"] + cpu.get("iowait", 0))


def _memory(virt: VirtConnect, hypervisor: str) -> tuple[int | None, int | None]:
    """KiB (total, available). Buffers and cache count as available, as `free` counts them."""
    stats = _optional(lambda: virt.getMemoryStats(VIR_NODE_MEMORY_STATS_ALL_CELLS))
    if stats is not None:
        return stats["total"], stats["free"] + stats.get("buffers", 0) + stats.get("cached", 0)
    if hypervisor == "TEST":
        return None, None  # its getFreeMemory is a fixed figure, in KiB where the API says bytes
    free = _optional(virt.getFreeMemory)
    return None, None if free is None else free >> 10


def _all_stats(virt: VirtConnect) -> Iterable[tuple[VirtDomain, Mapping[str, Any]]]:
    # NOWAIT: one domain whose monitor hangs must not hold up the figures of all the others
    nowait = VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
    stats = _optional(lambda: virt.getAllDomainStats(SAMPLED_STATS, nowait), _NO_SUCH_FLAG)
    if stats is None:
        stats = _optional(lambda: virt.getAllDomainStats(SAMPLED_STATS, 0))
    if stats is None:
        return [(domain, {}) for domain in virt.listAllDomains()]
    return stats


def _domain(domain: VirtDomain, stats: Mapping[str, Any]) -> DomainReading | None:
    get = stats.get
    state, cpu_time, vcpus = get("state.state"), get("cpu.time"), get("vcpu.current")
    memory, maximum = get("balloon.current"), get("balloon.maximum")
    if state is None or vcpus is None or memory is None or maximum is None:
        info = _info(domain)
        if info is None:
            return None
        state, maximum, memory, vcpus, cpu_time = info
    interfaces = get("net.count")
    if interfaces == 1:  # most domains, and this runs for each domain of each sample
        received, sent = get("net.0.rx.bytes"), get("net.0.tx.bytes")
    else:
        received, sent = _traffic(stats, interfaces or 0)
    word = _STATES[state] if 0 <= state < len(_STATES) else DomainState.NOSTATE
    reason = reason_of(word, get("state.reason")) if stats else _asked_reason(domain, word)
    # by place: this runs for each domain of each sample
    return DomainReading(
        domain.name(), domain.UUIDString(), word, vcpus, memory, maximum, cpu_time, received, sent, reason
    )


def _asked_reason(domain: VirtDomain, state: DomainState) -> str | None:
    """The reason, where a driver has no bulk statistics: one more round trip, for the states that want one alone."""
    if state not in _EXPLAINED:
        return None
    try:
        return reason_of(state, domain.state()[1])
    except Exception as error:
        if _code(error) in _UNSUPPORTED | {VIR_ERR_NO_DOMAIN}:
            return None
        raise


def _info(domain: VirtDomain) -> Sequence[int] | None:
    try:
        return domain.info()
    except Exception as error:
        if _code(error) == VIR_ERR_NO_DOMAIN:
            return None
        raise


def _traffic(stats: Mapping[str, Any], count: int) -> tuple[int | None, int | None]:
    """Bytes received and sent by the domain, summed over those of its interfaces that have counters."""
    received = [value for n in range(count) if (value := stats.get(f"net.{n}.rx.bytes")) is not None]
    sent = [value for n in range(count) if (value := stats.get(f"net.{n}.tx.bytes")) is not None]
    return sum(received) if received else None, sum(sent) if sent else None
