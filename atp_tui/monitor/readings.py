"""What one sample asks libvirt, as plain functions that run on a connection's lane and return frozen data.

The API they use: https://libvirt.org/html/libvirt-libvirt-host.html for the node,
https://libvirt.org/html/libvirt-libvirt-domain.html#virConnectGetAllDomainStats for the domains. What a hypervisor
driver lacks is discovered by its error and becomes None, never 0. So does a figure that is none (see border): a daemon
can send anything. Where nothing is left without it, the reading raises Nonsense.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from ..model import libvirt
from ..model.libvirt import VirtConnect, VirtDomain
from ..model.node import REASONS, DomainReading, DomainState, NodeReading, reason_of
from .border import LARGEST, LONGEST_NAME, MOST_PARTS, Nonsense, Odd, name_of, required, text

T = TypeVar("T")

SAMPLED_STATS = (
    libvirt.VIR_DOMAIN_STATS_STATE
    | libvirt.VIR_DOMAIN_STATS_CPU_TOTAL
    | libvirt.VIR_DOMAIN_STATS_BALLOON
    | libvirt.VIR_DOMAIN_STATS_VCPU
    | libvirt.VIR_DOMAIN_STATS_INTERFACE
)

UNSUPPORTED = frozenset(
    {libvirt.VIR_ERR_NO_SUPPORT, libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED, libvirt.VIR_ERR_OPERATION_UNSUPPORTED}
)
"""libvirt's numbers for a call, or a way of it, that a hypervisor driver or an older daemon lacks."""

# daemons before 4.5 do not know NOWAIT and call it an invalid argument
_NO_SUCH_FLAG = UNSUPPORTED | {libvirt.VIR_ERR_INVALID_ARG}

# QEMU's driver looks for an emulator to ask, and there may be none where libvirt looks: domains name their own
_NO_VERSION = UNSUPPORTED | {libvirt.VIR_ERR_INTERNAL_ERROR}

_CPU_TIME = "cpu.time"
"""QEMU's driver has it of domains that run alone."""

_OF_THOSE_THAT_RUN = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT | libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE
_NOTHING: Mapping[str, Any] = {}
_NO_DISKS: Mapping[str, Mapping[str, Any]] = {}

_EXPLAINED = frozenset({DomainState.PAUSED, DomainState.CRASHED})

_STATES = tuple(DomainState)  # declared in the order of virDomainState, from 0
_REASONS = tuple([REASONS[state] for state in DomainState])
_WORDS = {
    (state, number): (word, reason)
    for state, word in enumerate(DomainState)
    for number, reason in enumerate(REASONS[word])
}

_CPU = itemgetter("user", "kernel", "idle", "iowait")
_MEMORY = itemgetter("total", "free", "buffers", "cached")
_LAST_FIGURE = "net.0.tx.bytes"
_USUAL = itemgetter(
    "state.state",
    "state.reason",
    "vcpu.current",
    "balloon.current",
    "balloon.maximum",
    "cpu.time",
    "net.count",
    "net.0.rx.bytes",
    _LAST_FIGURE,
)


def read_all(
    virt: VirtConnect, known: NodeReading | None = None, odd: Odd | None = None, *, disks: bool = True
) -> tuple[NodeReading, tuple[DomainReading, ...]]:
    """The node and its domains in one hop to the lane; `known`, `odd` and errors as in read_node, `disks` as in
    read_domains."""
    return read_node(virt, known, odd), read_domains(virt, odd, disks=disks)


def read_node(virt: VirtConnect, known: NodeReading | None = None, odd: Odd | None = None) -> NodeReading:
    """One reading of the node. Runs on a lane; blocks for two round trips, for seven when `known` is None.

    `known` is an earlier reading of the same connection: what cannot change under an open connection (names,
    versions, size) is taken from it, and what was None then is not asked for again. What came and is no figure is
    noted in `odd`. Raises libvirtError for everything but a lack of support, Nonsense.
    """
    odd = Odd() if odd is None else odd
    node = known or _static_facts(virt, odd)
    asks_cpu = known is None or known.cpu_busy is not None
    asks_memory = known is None or known.memory_free_kib is not None
    busy, idle = _cpu(virt, odd) if asks_cpu else (None, None)
    total, available = _memory(virt, node.hypervisor, odd) if asks_memory else (None, None)
    hostname, hypervisor, its_version, libvirt_version, cpus, memory, *_ = node
    if total is not None:
        memory = total
    return tuple.__new__(
        NodeReading, (hostname, hypervisor, its_version, libvirt_version, cpus, memory, available, busy, idle)
    )


def read_domains(virt: VirtConnect, odd: Odd | None = None, *, disks: bool = True) -> tuple[DomainReading, ...]:
    """All domains, running or not, in libvirt's order. Runs on a lane; one round trip where the driver has bulk
    statistics (QEMU does) and another one for the disks of those that run, else two to a domain. A domain that vanishes
    meanwhile is left out. `odd` and errors as in read_node. Without `disks` these are not asked for.
    """
    odd = Odd() if odd is None else odd
    readings: list[DomainReading] = []
    all_stats = _all_stats(virt)
    of_disks = _disks(virt, all_stats) if disks else _NO_DISKS
    # past the class's own constructor, which is written in Python: it costs as much as all the rest
    new = tuple.__new__
    for domain, stats in all_stats:
        # The usual domain has all figures of _USUAL and one interface. Each of them is looked at as in `_domain`, in
        # place and in few steps: this runs for each domain of each sample. `_domain` has the last word on any other.
        if _LAST_FIGURE in stats:
            try:
                state, number, vcpus, memory, maximum, cpu_time, interfaces, received, sent = _USUAL(stats)
            except KeyError:
                pass
            else:
                if (
                    type(state) is type(number) is type(vcpus) is type(memory) is type(maximum) is int
                    and type(cpu_time) is type(interfaces) is type(received) is type(sent) is int
                    and interfaces == 1
                    # no sign and 63 bits at most, as LARGEST has
                    and not (vcpus | memory | maximum | cpu_time | received | sent) >> 63
                    and (words := _WORDS.get((state, number))) is not None
                    and len(name := domain.name()) <= LONGEST_NAME
                ):
                    word, reason = words
                    uuid = domain.UUIDString()
                    read, written = _of_disks(of_disks.get(uuid, _NOTHING), odd) if of_disks else (None, None)
                    figures = vcpus, memory, maximum, cpu_time, received, sent
                    readings.append(new(DomainReading, (name, uuid, word, *figures, reason, read, written)))
                    continue
        reading = _domain(domain, stats, odd, of_disks)
        if reading is not None:
            readings.append(reading)
    return tuple(readings)


def _optional(ask: Callable[..., T], *arguments: int, unsupported: frozenset[int] = UNSUPPORTED) -> T | None:
    """ask(*arguments), or None where the hypervisor driver has no such call."""
    try:
        return ask(*arguments)
    except Exception as error:
        if code_of(error) in unsupported:
            return None
        raise


def code_of(error: Exception) -> int | None:
    """libvirt's error number, by duck typing: this layer knows no libvirtError."""
    get_error_code = getattr(error, "get_error_code", None)
    return get_error_code() if get_error_code is not None else None


def _static_facts(virt: VirtConnect, odd: Odd) -> NodeReading:
    _, memory, cpus, *_ = (*virt.getInfo(), None, None, None)
    return NodeReading(
        hostname=text(virt.getHostname(), "the host's name"),
        hypervisor=text(virt.getType(), "the hypervisor's name"),
        hypervisor_version=odd.whole(_optional(virt.getVersion, unsupported=_NO_VERSION), "the hypervisor's version"),
        libvirt_version=required(virt.getLibVersion(), "libvirt's version"),
        cpus=required(cpus, "the number of CPUs"),
        memory_kib=required(memory, "the memory's size", LARGEST >> 10) << 10,
        memory_free_kib=None,
        cpu_busy=None,
        cpu_idle=None,
    )


def _cpu(virt: VirtConnect, odd: Odd) -> tuple[int, int] | tuple[None, None]:
    """Nanoseconds (busy, idle). A processor that waits for a disk has nothing to run: it counts as idle."""
    cpu = _optional(virt.getCPUStats, libvirt.VIR_NODE_CPU_STATS_ALL_CPUS)
    if cpu is None:
        return None, None
    try:
        user, kernel, idling, waiting = figures = _CPU(cpu)
    except KeyError:
        pass
    else:
        if _are_small(figures):
            return user + kernel, idling + waiting
    busy, idle = _sum(cpu, odd, "cpu", ("user", "kernel")), _sum(cpu, odd, "cpu", ("idle",), ("iowait",))
    return (None, None) if busy is None or idle is None else (busy, idle)


def _memory(virt: VirtConnect, hypervisor: str, odd: Odd) -> tuple[int | None, int | None]:
    """KiB (total, available). Buffers and cache count as available, as `free` counts them."""
    stats = _optional(virt.getMemoryStats, libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)
    if stats is not None:
        try:
            total, free, buffers, cached = figures = _MEMORY(stats)
        except KeyError:
            pass
        else:
            if _are_small(figures):
                return total, free + buffers + cached
        total = odd.whole(stats.get("total"), "memory.total")
        available = _sum(stats, odd, "memory", ("free",), ("buffers", "cached"))
        return (None, None) if total is None or available is None else (total, available)
    if hypervisor == "TEST":
        return None, None  # its getFreeMemory is a fixed figure, in KiB where the API says bytes
    free = odd.whole(_optional(virt.getFreeMemory), "the free memory")
    return None, None if free is None else free >> 10


def _are_small(figures: tuple[Any, int, int, int]) -> bool:
    """Whether all are figures, and so small that their sum is one: then `_sum` would come to the same."""
    first, second, third, fourth = figures
    return (
        type(first) is type(second) is type(third) is type(fourth) is int
        and not (first | second | third | fourth) >> 61  # no sign and 61 bits at most
    )


def _sum(
    figures: Mapping[str, Any], odd: Odd, of: str, needed: tuple[str, ...], more: tuple[str, ...] = ()
) -> int | None:
    """The sum of the `needed` figures, and of those of `more` that are there; None where it cannot be made."""
    total = 0
    for names, missing in ((needed, None), (more, 0)):
        for name in names:
            part = figures.get(name, missing)
            if not (type(part) is int and 0 <= part <= LARGEST):
                odd.whole(part, f"{of}.{name}")
                return None
            total += part
    return odd.whole(total, f"the sum of {of}.{needed[0]} and others")


def _all_stats(virt: VirtConnect) -> Sequence[tuple[VirtDomain, Mapping[str, Any]]]:
    # NOWAIT: one domain whose monitor hangs must not hold up the figures of all the others
    nowait = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
    stats = _optional(virt.getAllDomainStats, SAMPLED_STATS, nowait, unsupported=_NO_SUCH_FLAG)
    if stats is None:
        stats = _optional(virt.getAllDomainStats, SAMPLED_STATS, 0)
    if stats is None:
        return [(domain, {}) for domain in virt.listAllDomains()]
    return stats


def _disks(
    virt: VirtConnect, of_all: Iterable[tuple[VirtDomain, Mapping[str, Any]]]
) -> Mapping[str, Mapping[str, Any]]:
    """The figures of the disks of each domain that runs, by its uuid; none where the driver or the daemon has none.

    They are asked for apart: of a domain that is shut off QEMU's driver opens the images for them, and where these lie
    on a storage that is gone, that holds a thread of the daemon for as long. With NOWAIT a domain whose monitor is
    busy, as during a migration, has no figures there; a daemon without NOWAIT is not asked, for the same reason.
    """
    if not any(_CPU_TIME in stats for _, stats in of_all):
        return _NO_DISKS
    found = _optional(
        virt.getAllDomainStats, libvirt.VIR_DOMAIN_STATS_BLOCK, _OF_THOSE_THAT_RUN, unsupported=_NO_SUCH_FLAG
    )
    return _NO_DISKS if found is None else {domain.UUIDString(): stats for domain, stats in found}


def _domain(
    domain: VirtDomain, stats: Mapping[str, Any], odd: Odd, disks: Mapping[str, Mapping[str, Any]]
) -> DomainReading | None:
    get = stats.get
    state, cpu_time, vcpus = get("state.state"), get("cpu.time"), get("vcpu.current")
    memory, maximum = get("balloon.current"), get("balloon.maximum")
    if not (
        type(state) is type(vcpus) is type(memory) is type(maximum) is int
        and 0 <= state <= LARGEST
        and 0 <= vcpus <= LARGEST
        and 0 <= memory <= LARGEST
        and 0 <= maximum <= LARGEST
    ):
        info = _in_place_of(stats, domain, odd)
        if info is None:
            return None
        state, maximum, memory, vcpus, cpu_time = info
    if not (type(cpu_time) is int and 0 <= cpu_time <= LARGEST):
        cpu_time = odd.whole(cpu_time, "cpu.time")
    received, sent = (None, None) if get("net.count") is None else _traffic(stats, odd)
    if state >= len(_STATES):
        state = 0  # "no state"
    word = _STATES[state]
    if stats:
        words, number = _REASONS[state], get("state.reason")
        if type(number) is int:
            reason = words[number] if 0 <= number < len(words) else None
        else:
            reason = None
            odd.whole(number, "state.reason")
    else:
        reason = _asked_reason(domain, word)
    name = domain.name()
    if len(name) > LONGEST_NAME:
        name = name_of(name)
    uuid, figures = domain.UUIDString(), (vcpus, memory, maximum, cpu_time, received, sent)
    return DomainReading(name, uuid, word, *figures, reason, *_of_disks(disks.get(uuid, _NOTHING), odd))


def _in_place_of(
    stats: Mapping[str, Any], domain: VirtDomain, odd: Odd
) -> tuple[int, int, int, int, int | None] | None:
    """As `_info`, where `stats` lack a figure that is needed. Raises Nonsense where it was no figure, and no other
    is to be had.
    """
    lacking = Odd()
    for name in ("state.state", "vcpu.current", "balloon.current", "balloon.maximum", "cpu.time"):
        lacking.whole(stats.get(name), name)
    odd.join(lacking)
    try:
        return _info(domain, odd)
    except Exception as error:
        nonsense = lacking.told()
        if nonsense is None:
            raise
        raise Nonsense(nonsense.what) from error


def _asked_reason(domain: VirtDomain, state: DomainState) -> str | None:
    """The reason, where a driver has no bulk statistics: one more round trip, for the states that want one alone."""
    if state not in _EXPLAINED:
        return None
    try:
        _, reason, *_ = (*domain.state(), None, None)
        return reason_of(state, reason)
    except Exception as error:
        if code_of(error) in UNSUPPORTED | {libvirt.VIR_ERR_NO_DOMAIN}:
            return None
        raise


def _info(domain: VirtDomain, odd: Odd) -> tuple[int, int, int, int, int | None] | None:
    """[state, maximum memory, memory, vCPUs, CPU time], None for a domain that has gone. Raises Nonsense."""
    try:
        info = domain.info()
    except Exception as error:
        if code_of(error) == libvirt.VIR_ERR_NO_DOMAIN:
            return None
        raise
    state, maximum, memory, vcpus, cpu_time, *_ = (*info, None, None, None, None, None)
    return (
        required(state, "a domain's state"),
        required(maximum, "a domain's maximum memory"),
        required(memory, "a domain's memory"),
        required(vcpus, "a domain's number of CPUs"),
        odd.whole(cpu_time, "a domain's CPU time"),
    )


def _traffic(stats: Mapping[str, Any], odd: Odd) -> tuple[int | None, int | None]:
    """Bytes received and sent by the domain, summed over those of its interfaces that have counters."""
    count = odd.whole(stats.get("net.count"), "net.count", MOST_PARTS) or 0
    return _summed(stats, odd, count, "net", "rx"), _summed(stats, odd, count, "net", "tx")


def _of_disks(stats: Mapping[str, Any], odd: Odd) -> tuple[int | None, int | None]:
    """Bytes read and written by the domain, summed over its disks with counters: an empty drive has none."""
    count = stats.get("block.count")
    if count is None:
        return None, None
    if count == 1:  # the usual domain has one disk
        read, written = stats.get("block.0.rd.bytes"), stats.get("block.0.wr.bytes")
        if type(count) is type(read) is type(written) is int and not (read | written) >> 63:
            return read, written
    count = odd.whole(count, "block.count", MOST_PARTS) or 0
    return _summed(stats, odd, count, "block", "rd"), _summed(stats, odd, count, "block", "wr")


def _summed(stats: Mapping[str, Any], odd: Odd, count: int, of: str, way: str) -> int | None:
    names = [f"{of}.{n}.{way}.bytes" for n in range(count)]
    counted = [value for name in names if (value := odd.whole(stats.get(name), name)) is not None]
    return odd.whole(sum(counted), f"the sum of {of}.*.{way}.bytes") if counted else None
