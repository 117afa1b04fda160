"""libvirt's numbers, and its objects as far as this program uses them. The binding itself is for the drivers alone.

The numbers are values of public enums, which are part of libvirt's stable interface. Each has the binding's own name;
tests/unit/model/test_libvirt.py holds all of them against it. States and reasons of domains are in `node`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

# virErrorNumber
VIR_ERR_INTERNAL_ERROR = 1
VIR_ERR_NO_SUPPORT = 3
VIR_ERR_NO_CONNECT = 5
VIR_ERR_INVALID_CONN = 6
VIR_ERR_INVALID_ARG = 8
VIR_ERR_XML_DETAIL = 35
VIR_ERR_SYSTEM_ERROR = 38
VIR_ERR_RPC = 39
VIR_ERR_OPERATION_DENIED = 29
VIR_ERR_NO_DOMAIN = 42
VIR_ERR_AUTH_FAILED = 45
VIR_ERR_CONFIG_UNSUPPORTED = 67
VIR_ERR_OPERATION_INVALID = 55
VIR_ERR_OPERATION_TIMEOUT = 68
VIR_ERR_ARGUMENT_UNSUPPORTED = 74
VIR_ERR_AUTH_CANCELLED = 79
VIR_ERR_OPERATION_UNSUPPORTED = 84
VIR_ERR_AGENT_UNRESPONSIVE = 86
VIR_ERR_ACCESS_DENIED = 88
VIR_ERR_AUTH_UNAVAILABLE = 94
VIR_ERR_AGENT_UNSYNCED = 97

# virErrorDomain: the part of libvirt that an error comes from
VIR_FROM_RPC = 7

# virConnectFlags
VIR_CONNECT_RO = 1

# virConnectCredentialType
VIR_CRED_AUTHNAME = 2
VIR_CRED_PASSPHRASE = 5
VIR_CRED_ECHOPROMPT = 6
VIR_CRED_NOECHOPROMPT = 7
VIR_CRED_REALM = 8

# virConnectCloseReason
VIR_CONNECT_CLOSE_REASON_ERROR = 0
VIR_CONNECT_CLOSE_REASON_EOF = 1
VIR_CONNECT_CLOSE_REASON_KEEPALIVE = 2

# virEventHandleType
VIR_EVENT_HANDLE_READABLE = 1
VIR_EVENT_HANDLE_WRITABLE = 2
VIR_EVENT_HANDLE_ERROR = 4
VIR_EVENT_HANDLE_HANGUP = 8

# virDomainStatsTypes
VIR_DOMAIN_STATS_STATE = 1 << 0
VIR_DOMAIN_STATS_CPU_TOTAL = 1 << 1
VIR_DOMAIN_STATS_BALLOON = 1 << 2
VIR_DOMAIN_STATS_VCPU = 1 << 3
VIR_DOMAIN_STATS_INTERFACE = 1 << 4
VIR_DOMAIN_STATS_BLOCK = 1 << 5

# virConnectGetAllDomainStatsFlags
VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE = 1 << 0
VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT = 1 << 29

# virDomainInterfaceAddressesSource
VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE = 0
VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP = 2

# virNodeGetCPUStatsAllCPUs, virNodeGetMemoryStatsAllCells
VIR_NODE_CPU_STATS_ALL_CPUS = -1
VIR_NODE_MEMORY_STATS_ALL_CELLS = -1


class VirtDomain(Protocol):
    """The part of libvirt.virDomain that is used here; `name` and `UUIDString` are local, `info` is a round trip."""

    def name(self) -> str: ...
    def UUIDString(self) -> str: ...
    def state(self, flags: int = 0) -> Sequence[int]:
        """[state, reason]; a round trip."""
        ...

    def info(self) -> Sequence[int]:
        """[state, maximum memory KiB, memory KiB, vCPUs, CPU time ns]."""
        ...


class VirtConnect(Protocol):
    """The part of libvirt.virConnect that is used here. Errors carry `get_error_code()`, as libvirtError does."""

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


class DescribedDomain(Protocol):
    """libvirt.virDomain, as far as its description goes."""

    def XMLDesc(self, flags: int = 0) -> str:
        """What the domain is made of; without VIR_DOMAIN_XML_SECURE no secret is in it. A round trip."""
        ...


class AddressedDomain(DescribedDomain, Protocol):
    """libvirt.virDomain, as far as its description and its addresses go."""

    def interfaceAddresses(self, source: int, flags: int = 0) -> Mapping[str, Any]:
        """For each interface {"hwaddr": …, "addrs": [{"addr": …, "prefix": …, "type": …}, …] or None}; a round trip."""
        ...


class FindsDomains(Protocol):
    """libvirt.virConnect, as far as one domain is looked for."""

    def lookupByUUIDString(self, uuidstr: str) -> DescribedDomain:
        """The domain; a round trip. Raises VIR_ERR_NO_DOMAIN."""
        ...


class FindsAddressedDomains(Protocol):
    """As FindsDomains, of domains whose addresses are asked for, too."""

    def lookupByUUIDString(self, uuidstr: str) -> AddressedDomain:
        """As FindsDomains.lookupByUUIDString."""
        ...


class DomainWithAgent(Protocol):
    """libvirt.virDomain, as far as the agent of its guest is asked."""

    def guestInfo(self, types: int = 0, flags: int = 0) -> Mapping[str, Any]:
        """What the agent tells, by libvirt's names; `types` 0: all that it can. It may take half a minute."""
        ...


class FindsDomainsWithAgent(Protocol):
    """As FindsDomains, of domains whose agents are asked."""

    def lookupByUUIDString(self, uuidstr: str) -> DomainWithAgent:
        """As FindsDomains.lookupByUUIDString."""
        ...
