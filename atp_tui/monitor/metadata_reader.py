"""Reads the metadata of domains beside the samples: few at a time, and nothing where nothing is due."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple, Protocol

from ..model import events, libvirt
from ..model.errors import AtpError, CallFailed
from ..model.fence import Fence
from ..model.libvirt import AddressedDomain, FindsAddressedDomains
from ..model.node import NO_METADATA, DomainMetadata
from ..transport.connection import HostConnection
from ..transport.manager import TransportManager
from ..transport.slot import LeaseClass
from .domain_index import DomainSource, HostWithDomains
from .metadata_plan import MetadataPlan, Wanted
from .metadata_xml import read_metadata_xml, usable_addresses
from .readings import UNSUPPORTED, code_of

_log = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds between two looks at which domains there are."""

CALLS = 40
"""Calls that are begun between two looks, over all hosts: a fleet that comes up must not be slowed down by them."""

AT_ONCE = 8
"""Domains a call at most: two round trips each, and up to two for the address of one that runs."""

LONGEST = 0.2
"""Seconds after which a call takes no other domain: where a connection carries one call at a time, samples wait for
it."""

REFUSED = 10
"""Looks at which a host's connections were all in use, after which the reading stands in the queue for one."""

AGAIN = 60.0
"""Seconds after which a host is asked again that did not answer."""

_SOURCES = (libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE, libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP)
"""Where a host may know an address from without asking the guest's agent, which may hang."""

# such a domain costs its own metadata alone, and is no fault of the host
_ITS_OWN = {libvirt.VIR_ERR_NO_DOMAIN: NO_METADATA, libvirt.VIR_ERR_ACCESS_DENIED: None}


class Reading(NamedTuple):
    """The metadata of the first of the domains that were asked for, one after the other (None: we may not read them),
    and the sources of addresses that the host's driver lacks."""

    found: tuple[DomainMetadata | None, ...]
    lacking: frozenset[int]


def read_metadata(
    virt: FindsAddressedDomains, wanted: Sequence[Wanted], lacking: frozenset[int], longest: float = LONGEST
) -> Reading:
    """Read as many of these domains as `longest` seconds allow, the first one in any case. Runs on a lane.

    `lacking` are the sources of addresses that are not asked any more. A domain that cannot be read ends the reading;
    raises its error (libvirtError) where it is the first.
    """
    begun = time.perf_counter()
    without = set(lacking)
    found: list[DomainMetadata | None] = []
    for domain in wanted:
        if found and time.perf_counter() - begun >= longest:
            break
        try:
            found.append(_read(virt, domain, without))
        except Exception as error:
            if (code := code_of(error)) in _ITS_OWN:
                found.append(_ITS_OWN[code])
                continue
            if found:
                break  # it is the first of the next reading
            raise
    return Reading(tuple(found), frozenset(without))


def _read(virt: FindsAddressedDomains, wanted: Wanted, lacking: set[int]) -> DomainMetadata:
    domain = virt.lookupByUUIDString(wanted.uuid)
    xml = domain.XMLDesc(0)
    about = read_metadata_xml(xml) if type(xml) is str else NO_METADATA
    addresses = _addresses(domain, lacking) if wanted.up else ()
    return about._replace(address=addresses[0], more_addresses=addresses[1:]) if addresses else about


def _addresses(domain: AddressedDomain, lacking: set[int]) -> tuple[str, ...]:
    for source in _SOURCES:
        if source in lacking:
            continue
        try:
            found = usable_addresses(domain.interfaceAddresses(source))
        except Exception as error:
            code = code_of(error)
            if code is None:
                raise
            if code in UNSUPPORTED:
                lacking.add(source)
            continue
        if found:
            return found
    return ()


class MovingDomains(DomainSource, Protocol):
    """Where domains are read, and which of them differ; FleetView is one."""

    def moved_domains(self) -> frozenset[str]:
        """The hosts whose domains have come, gone, another state or begun anew since this was last asked."""
        ...


class _Host:
    """One host as far as its metadata go."""

    __slots__ = ("lacking", "plan", "record", "refused", "task")

    def __init__(self, record: HostWithDomains, rng: random.Random) -> None:
        self.record = record
        self.plan = MetadataPlan(rng)
        self.lacking: frozenset[int] = frozenset()
        self.refused = 0
        self.task: asyncio.Task[None] | None = None


class MetadataReader:
    """Publishes DomainsDescribed for the domains of `source`, until `run` is cancelled."""

    def __init__(self, manager: TransportManager, source: MovingDomains, rng: random.Random | None = None) -> None:
        self._manager = manager
        self._source = source
        self._rng = rng or random.Random()
        self._fence = Fence(_log)
        self._hosts: dict[str, _Host] = {}
        self._waiting: dict[str, None] = {}
        self._due: list[tuple[float, str]] = []  # a host, once it has been read; moments of before stay until then
        self._tasks: set[asyncio.Task[None]] = set()
        self._left = 0

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._look()
                await asyncio.sleep(LOOK)
        finally:
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)

    def _look(self) -> None:
        """Take over which domains there are, and begin to read those that are due. Where nothing has changed it costs
        nothing, however many hosts there are."""
        now, hosts = self._manager.clock.monotonic(), self._hosts
        for host_id in self._source.moved_domains():
            record, host = self._source.with_domains(host_id), hosts.get(host_id)
            if record is None:
                continue
            if host is None or host.record is not record:
                host = hosts[host_id] = _Host(record, self._rng)
            if host.plan.look(record.of_domains, now):
                self._waiting.setdefault(host_id)
        while self._due and self._due[0][0] <= now:
            _, host_id = heappop(self._due)
            if (host := hosts.get(host_id)) is not None and host.plan.is_due(now):
                self._waiting.setdefault(host_id)
        if len(hosts) > len(present := self._source.host_ids):
            for gone in hosts.keys() - set(present):
                del hosts[gone]
        self._begin_waiting()

    def _begin_waiting(self) -> None:
        """Those that have waited longest first; a host that is away goes on waiting."""
        self._left = CALLS
        for host_id in tuple(self._waiting):
            if self._left <= 0:
                break
            host = self._hosts.get(host_id)
            if host is None:
                del self._waiting[host_id]
            elif host.task is None and host.record.fresh:
                del self._waiting[host_id]
                self._left -= 1
                self._begin(host)

    def _begin(self, host: _Host) -> None:
        task = host.task = asyncio.get_running_loop().create_task(self._read(host), name="metadata")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, host: _Host) -> None:
        """Read what is due, call by call, as long as there are calls left."""
        try:
            while await self._call(host) and self._left > 0 and host.plan.is_due(self._manager.clock.monotonic()):
                self._left -= 1
        finally:
            host.task = None
            if (moment := host.plan.next_moment) is not None:
                heappush(self._due, (moment, host.record.id))

    async def _call(self, host: _Host) -> bool:
        """One call. False: for now there is no use in another one."""
        plan, host_id = host.plan, host.record.id
        wanted = plan.take(self._manager.clock.monotonic(), AT_ONCE)
        read = 0
        try:
            answer = await self._answer(host, wanted) if wanted else None
            if answer is None:
                return False
            now, host.lacking = self._manager.clock.monotonic(), answer.lacking
            read = len(answer.found)
            tells = len(answer.lacking) < len(_SOURCES)
            for each, about in zip(wanted, answer.found, strict=False):
                plan.read(each, now, about.address if tells and about is not None else None)
            both = zip(wanted, answer.found, strict=False)
            told = tuple([(each.uuid, about) for each, about in both if about is not None])
            self._manager.hub.publish(events.DomainsDescribed(now, host_id, told))
        except CallFailed:  # counted by the connection
            self._put_off(plan, wanted)
            return False
        except AtpError:  # none of them was asked for
            plan.put_back(wanted, self._manager.clock.monotonic() + AGAIN)
            return False
        except Exception as error:  # noqa: BLE001 - it costs that host's domains their metadata, not the others theirs
            self._fence.caught(error, "what the VMs of %s are cannot be read", host_id)
            self._put_off(plan, wanted)
            return False
        finally:
            plan.put_back(wanted[read:], self._manager.clock.monotonic())
        return True

    def _put_off(self, plan: MetadataPlan, wanted: Sequence[Wanted]) -> None:
        """The first of them could not be read: the others, which may be, need not wait for it a second time."""
        now = self._manager.clock.monotonic()
        plan.read(wanted[0], now, None)
        plan.put_back(wanted[1:], now + AGAIN)

    async def _answer(self, host: _Host, wanted: Sequence[Wanted]) -> Reading | None:
        """What the host says, after the samples and all else that waits there; None: its connections are in use."""
        entry = self._manager.entry(host.record.id)
        if entry is None:
            return None
        lease = entry.main.lease(None, LeaseClass.WORK, fail_fast=True)
        connection: HostConnection | None = lease.take()
        if connection is None:
            host.refused += 1
            if host.refused < REFUSED:
                return None  # another connection for this would be one too many
            connection = await lease.acquire()
        host.refused = 0
        lacking = host.lacking
        try:
            return await connection.call(lambda virt: read_metadata(virt, wanted, lacking))
        finally:
            lease.release()
