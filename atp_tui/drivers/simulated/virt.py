"""The simulated twin of libvirt's virConnect: what a function given to `Link.call` finds on a simulated host.

It has the methods that the program uses, with libvirt's units, and raises as libvirt does for the others and for
domains that do not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any, NoReturn

from ...model.libvirt import (
    VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
    VIR_DOMAIN_STATS_BLOCK,
    VIR_ERR_AGENT_UNRESPONSIVE,
    VIR_ERR_ARGUMENT_UNSUPPORTED,
    VIR_ERR_INVALID_ARG,
    VIR_ERR_NO_DOMAIN,
    VIR_ERR_NO_SUPPORT,
    VIR_ERR_OPERATION_INVALID,
    VIR_NODE_CPU_STATS_ALL_CPUS,
    VIR_NODE_MEMORY_STATS_ALL_CELLS,
)
from ...model.node import DomainState
from .about import ABOUT
from .guests import agent_answers, guest_info, has_agent
from .node import DomainFigures, NodeFigures, SimulatedDomain, SimulatedNode

_SHUTOFF = tuple(DomainState).index(DomainState.SHUTOFF)

_XML = """\
<domain type='kvm'{id}>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
{about}  <memory unit='KiB'>{memory}</memory>
  <currentMemory unit='KiB'>{memory}</currentMemory>
  <vcpu placement='static'>{vcpus}</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-9.2'>hvm</type>
    <boot dev='hd'/>
  </os>
  <!-- simulated -->
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='/var/lib/libvirt/images/{name}.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='bridge'>
      <mac address='52:54:00:{mac}'/>
      <source bridge='br0'/>
      <model type='virtio'/>
    </interface>
    <graphics type='spice' autoport='yes'/>
    <memballoon model='virtio'/>
  </devices>
</domain>
"""


_ABOUT = """\
  <title>{title}</title>
  <metadata>
    <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">
      <libosinfo:os id="{os}"/>
    </libosinfo:libosinfo>
    <atp:tags xmlns:atp="urn:atp-tui:tags">{tags}</atp:tags>
  </metadata>
"""


class SimulatedVirtError(Exception):
    """As libvirt.libvirtError: a message and its VIR_ERR_* number."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self._code = code

    def get_error_code(self) -> int:
        return self._code


def _unsupported(function: str) -> NoReturn:
    raise SimulatedVirtError(f"this function is not supported by the connection driver: {function}", VIR_ERR_NO_SUPPORT)


class _Unsupported:
    """Turns a call of a libvirt method that the twin lacks into libvirt's own error for a driver that lacks it."""

    __slots__ = ()
    _libvirt_name = ""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *_arguments, **_named: _unsupported(f"{self._libvirt_name}.{name}")


class SimulatedVirtDomain(_Unsupported, tuple[SimulatedDomain, DomainFigures]):
    """The twin of libvirt.virDomain, at the moment of the call that it was had in.

    A tuple, because one is made for each domain of each sample.
    """

    __slots__ = ()
    _libvirt_name = "virDomain"

    def name(self) -> str:
        return self[0].name

    def UUIDString(self) -> str:
        return self[0].uuid

    def isActive(self) -> int:
        return int(self[1].state is not DomainState.SHUTOFF)

    def state(self, flags: int = 0) -> list[int]:
        """[state, reason]."""
        return [tuple(DomainState).index(self[1].state), 1]

    def info(self) -> list[int]:
        """[state, maximum memory KiB, memory KiB, vCPUs, CPU time ns]."""
        domain, figures = self
        return [self.state()[0], domain.memory_kib, domain.memory_kib, domain.vcpus, figures.cpu_time or 0]

    def XMLDesc(self, flags: int = 0) -> str:
        """What the domain is made of; `flags` are not simulated."""
        domain, figures = self
        return _XML.format(
            id="" if figures.state is DomainState.SHUTOFF else f" id='{int(domain.phase) % 97 + 1}'",
            name=escape(domain.name),
            uuid=domain.uuid,
            about=_about(domain),
            memory=domain.memory_kib,
            vcpus=domain.vcpus,
            mac=":".join((domain.uuid[:2], domain.uuid[2:4], domain.uuid[4:6])),
        )

    def guestInfo(self, types: int = 0, flags: int = 0) -> dict[str, Any]:
        """What its agent says, whatever `types` are asked for; some have none."""
        domain, figures = self
        if figures.state is not DomainState.RUNNING:
            raise SimulatedVirtError(
                "Requested operation is not valid: domain is not running", VIR_ERR_OPERATION_INVALID
            )
        if not has_agent(domain):
            raise SimulatedVirtError(
                "argument unsupported: QEMU guest agent is not configured", VIR_ERR_ARGUMENT_UNSUPPORTED
            )
        if not agent_answers(domain):
            raise SimulatedVirtError(
                "Guest agent is not responding: QEMU guest agent is not connected", VIR_ERR_AGENT_UNRESPONSIVE
            )
        return guest_info(domain)

    def interfaceAddresses(self, source: int, flags: int = 0) -> dict[str, Any]:
        """The lease that each domain but a few has; the other sources are not simulated."""
        if source != VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE:
            _unsupported("virDomain.interfaceAddresses")
        low, high = int(self[0].uuid[:2], 16), int(self[0].uuid[2:4], 16)
        if self[1].state is DomainState.SHUTOFF or low < 20:
            return {}
        address = {"type": 0, "addr": f"10.{low}.{high}.{low % 250 + 2}", "prefix": 16}
        return {"vnet0": {"hwaddr": f"52:54:00:{self[0].uuid[:2]}:{self[0].uuid[2:4]}:01", "addrs": [address]}}


class SimulatedVirt(_Unsupported):
    """The twin of libvirt.virConnect. One is made for each call and shows the node at the moment of the call."""

    _libvirt_name = "virConnect"

    def __init__(self, node: SimulatedNode, moment: float) -> None:
        """`moment` in seconds since the simulation began."""
        self._node = node
        self._moment = moment
        self._made: NodeFigures | None = None

    @property
    def _figures(self) -> NodeFigures:
        if self._made is None:
            self._made = self._node.figures(self._moment)
        return self._made

    def getLibVersion(self) -> int:
        return self._node.libvirt_version

    def getHostname(self) -> str:
        return self._node.name

    def getType(self) -> str:
        return "QEMU"

    def getVersion(self) -> int:
        return self._node.hypervisor_version

    def getInfo(self) -> Sequence[Any]:
        """[model, memory MiB, CPUs, MHz, NUMA nodes, sockets, cores, threads]."""
        node = self._node
        return ["x86_64", node.memory_kib >> 10, node.cpus, node.mhz, 1, 1, node.cpus // 2, 2]

    def getCPUStats(self, cpuNum: int, flags: int = 0) -> dict[str, int]:
        """Nanoseconds since boot. Only the sum over all processors is simulated (cpuNum -1)."""
        if cpuNum != VIR_NODE_CPU_STATS_ALL_CPUS:
            raise SimulatedVirtError(f"invalid argument: cpuNum in virNodeGetCPUStats: {cpuNum}", VIR_ERR_INVALID_ARG)
        busy, idle = self._node.cpu(self._moment, self._figures)
        kernel, waiting = busy // 5, idle // 200
        return {"kernel": kernel, "user": busy - kernel, "idle": idle - waiting, "iowait": waiting}

    def getMemoryStats(self, cellNum: int, flags: int = 0) -> dict[str, int]:
        """KiB. Only the sum over all cells is simulated (cellNum -1)."""
        if cellNum != VIR_NODE_MEMORY_STATS_ALL_CELLS:
            raise SimulatedVirtError(
                f"invalid argument: cellNum in virNodeGetMemoryStats: {cellNum}", VIR_ERR_INVALID_ARG
            )
        total, free, buffers, cached = self._node.memory(self._moment, self._figures)
        return {"total": total, "free": free, "buffers": buffers, "cached": cached}

    def getFreeMemory(self) -> int:
        """Bytes."""
        return self._node.memory(self._moment, self._figures)[1] << 10

    def getAllDomainStats(self, stats: int = 0, flags: int = 0) -> list[tuple[SimulatedVirtDomain, dict[str, int]]]:
        """Every domain with the state, cpu, balloon, vcpu and net groups, whichever of them `stats` asks for; or, where
        it asks for that alone, the block group of those that run.

        As QEMU's driver answers: a domain that is shut off has neither CPU time nor interfaces.
        """
        if stats == VIR_DOMAIN_STATS_BLOCK:
            return self._disks()
        answer: list[tuple[SimulatedVirtDomain, dict[str, int]]] = []
        new = tuple.__new__
        for figures in self._figures.domains:
            domain, _, done, _ = figures
            each = domain.stats.copy()
            if done is None:
                each["state.state"] = _SHUTOFF
            else:
                each["cpu.time"] = int(done * domain.cpu_rate)
                each["net.count"] = 1
                each["net.0.rx.bytes"] = int(done * domain.rx_rate)
                each["net.0.tx.bytes"] = int(done * domain.tx_rate)
            answer.append((new(SimulatedVirtDomain, (domain, figures)), each))
        return answer

    def _disks(self) -> list[tuple[SimulatedVirtDomain, dict[str, int]]]:
        answer: list[tuple[SimulatedVirtDomain, dict[str, int]]] = []
        new = tuple.__new__
        for figures in self._figures.domains:
            domain, _, done, _ = figures
            if done is not None:
                each = {
                    "block.count": 1,
                    "block.0.rd.bytes": int(done * domain.read_rate),
                    "block.0.wr.bytes": int(done * domain.write_rate),
                }
                answer.append((new(SimulatedVirtDomain, (domain, figures)), each))
        return answer

    def listAllDomains(self, flags: int = 0) -> list[SimulatedVirtDomain]:
        """Every domain; `flags` (filters) are not simulated."""
        return [SimulatedVirtDomain((each.domain, each)) for each in self._figures]

    def lookupByName(self, name: str) -> SimulatedVirtDomain:
        return _only((each for each in self._figures if each.domain.name == name), f"name '{name}'")

    def lookupByUUIDString(self, uuidstr: str) -> SimulatedVirtDomain:
        return _only((each for each in self._figures if each.domain.uuid == uuidstr.lower()), f"uuid '{uuidstr}'")


def _about(domain: SimulatedDomain) -> str:
    """What its XML says for people; a domain in four says nothing."""
    chance = int(domain.uuid[:4], 16)
    if chance % 4 == 0:
        return ""
    role = next((role for role in ABOUT if domain.name.startswith(role)), "")
    title, system, tags = ABOUT[role]
    return _ABOUT.format(title=title, os=system, tags=" ".join((*tags, "prod" if chance % 3 else "staging")))


def _only(found: Iterable[DomainFigures], what: str) -> SimulatedVirtDomain:
    for figures in found:
        return SimulatedVirtDomain((figures.domain, figures))
    raise SimulatedVirtError(f"Domain not found: no domain with matching {what}", VIR_ERR_NO_DOMAIN)
