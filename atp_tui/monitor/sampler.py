"""The monitor: asks every connected host for its figures, at an even pace."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from types import TracebackType

from ..model import events
from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from ..model.errors import AtpError, CallFailed
from ..model.fence import Fence
from ..model.host import HostInfo
from ..model.libvirt import VirtConnect
from ..model.message import Message, told
from ..model.node import DomainReading, NodeReading, Oddity, SystemReading
from ..model.say import Say
from ..transport.clock import TimerHandle
from ..transport.connection import HostConnection
from ..transport.driver import OpensStreams
from ..transport.manager import TransportManager
from ..transport.slot import LeaseClass
from .border import Nonsense, Odd
from .readings import read_all
from .system_reader import SystemReader

_log = logging.getLogger(__name__)

STEP = 0.1
"""Seconds, about, that the hosts of one slot have of an interval. They are asked together: a timer for each of a
thousand hosts would cost as much as the samples do, and one moment for all of them would make a wave of work."""


DISKS_EACH = 5.0
"""Seconds between two readings of the disks of a host's domains: they are a call of their own, which costs as much as
all the rest. Their rates are means over that time, and stand until the next reading."""


@dataclass(slots=True)
class _Beat:
    """One host's place in the interval, and the sample that runs, if one does."""

    host: HostInfo
    slot: int
    task: asyncio.Task[None] | None = None
    # what a connection said of its node: what cannot change under an open connection is asked once
    connection: tuple[float, int, int] | None = None
    node: NodeReading | None = None
    system: SystemReader | None = None
    disks_at: float = -math.inf

    def leave(self) -> None:
        """End what runs on the host for its samples."""
        if self.system is not None:
            self.system.close()


class Monitor:
    """Samples each connected host every `interval` seconds while it is entered, and publishes HostSampled.

    The hosts' moments are spread over the interval. A host that is slower than the interval is asked again when it
    has answered: its samples never overlap. A host that becomes connected is sampled at once. A host with SSH alone
    is pinged. Where an SSH connection is open and takes commands, the host's /proc is read over it as well.
    """

    def __init__(self, manager: TransportManager, *, interval: float = 2.0) -> None:
        self.interval = interval
        self._manager = manager
        self._clock = manager.clock
        self._fence = Fence(_log)
        self._beats: dict[str, _Beat] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._slots: list[dict[str, _Beat]] = [{} for _ in range(max(1, round(interval / STEP)))]
        self._turn = self._newest = 0
        self._next_turn = 0.0
        self._timer: TimerHandle | None = None
        self._follower: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Monitor:
        subscription = self._manager.hub.subscribe(8192, without=events.HostSampled)
        for host in self._manager.list_hosts():
            self._add(host)
        self._next_turn = self._clock.monotonic()
        self._turn_slots()

        async def follow() -> None:
            with subscription:
                async for event in subscription:
                    self._heard(event)

        self._follower = asyncio.get_running_loop().create_task(follow(), name="monitor")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        running = {beat.task for beat in self._beats.values() if beat.task is not None}
        tasks = {*running, *self._leaving, *({self._follower} if self._follower else ())}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for beat in self._beats.values():
            beat.leave()

    async def sample(
        self, host_id: str, *, timeout: float | None = None, fail_fast: bool = False
    ) -> events.HostSampled:
        """Ask one host now, wait for its answer and publish it.

        Raises what TransportManager.execute_on_host raises; a host that is not connected is waited for as said there.
        """
        if (beat := self._beats.get(host_id)) is not None:
            return await self._ask(beat, timeout, fail_fast)
        beat = _Beat(self._manager.host(host_id), 0)
        try:
            return await self._ask(beat, timeout, fail_fast)
        finally:
            beat.leave()

    # -- rhythm --------------------------------------------------------------------------------------------------

    def _heard(self, event: events.Event) -> None:
        match event:
            case events.HostAdded(host=host) | events.HostUpdated(host=host):
                self._add(host)
            case events.HostRemoved(host_id=host_id):
                self._remove(host_id)
            case events.HostChanged(status=status) if status.state is ConnectionState.CONNECTED:
                beat = self._beats.get(status.host_id)
                if beat is not None:
                    self._begin(beat)
            case events.EventsLost():
                present = {host.id: host for host in self._manager.list_hosts()}
                for gone in self._beats.keys() - present.keys():
                    self._remove(gone)
                for host in present.values():
                    self._add(host)
            case _:
                pass

    def _add(self, host: HostInfo) -> None:
        beat = self._beats.get(host.id)
        if beat is not None:
            beat.host, beat.connection = host, None
            return
        slot = self._free_slot()
        self._beats[host.id] = self._slots[slot][host.id] = beat = _Beat(host, slot)
        self._begin(beat)

    def _free_slot(self) -> int:
        """A slot that has no more hosts than its share, the next one after that of the newest host."""
        share = len(self._beats) // len(self._slots)
        while True:
            self._newest = (self._newest + 1) % len(self._slots)
            if len(self._slots[self._newest]) <= share:
                return self._newest

    def _remove(self, host_id: str) -> None:
        beat = self._beats.pop(host_id, None)
        if beat is not None:
            del self._slots[beat.slot][host_id]
            beat.leave()
            if beat.task is not None:
                beat.task.cancel()
                self._leaving.add(beat.task)
                beat.task.add_done_callback(self._leaving.discard)

    def _turn_slots(self) -> None:
        """Ask the hosts of the next slot, and come back when the one after it is due."""
        step = self.interval / len(self._slots)
        now = self._clock.monotonic()
        has_slept = now - self._next_turn > self.interval
        if has_slept:
            self._next_turn = now  # what was missed is not made up for
        self._next_turn += step
        self._timer = self._clock.call_later(self._next_turn - now, self._turn_slots)
        self._turn = (self._turn + 1) % len(self._slots)
        for beat in (self._beats if has_slept else self._slots[self._turn]).values():
            self._begin(beat)  # after a sleep nothing is known of now

    def _begin(self, beat: _Beat) -> None:
        """Start a sample, unless one runs or the host is not connected."""
        if beat.task is not None:
            return
        entry = self._manager.entry(beat.host.id)
        if entry is not None and entry.status.state is ConnectionState.CONNECTED:
            beat.task = asyncio.get_running_loop().create_task(self._try(beat))

    async def _try(self, beat: _Beat) -> None:
        try:
            await self._ask(beat, None, fail_fast=True)
        except AtpError as error:  # counted by the connection, which goes to Reconnecting where it must
            odd = Oddity(1, error.what) if isinstance(error, Nonsense) else None
            self._tell_failure(beat.host.id, error.reason, answered=isinstance(error, CallFailed), odd=odd)
        except Exception as error:  # noqa: BLE001 - an answer nobody foresaw costs that host its figures, not the others theirs
            host_id = beat.host.id
            unread = told(Say.SAMPLE_UNREADABLE, kind=type(error).__name__)
            cause = self._fence.caught(error, "the sample of %s could not be read", host_id, unread)
            self._tell_failure(host_id, cause, answered=True)
        finally:
            beat.task = None

    def _tell_failure(self, host_id: str, cause: Message, *, answered: bool, odd: Oddity | None = None) -> None:
        entry = self._manager.entry(host_id)
        if entry is not None:  # else it was removed; the event that says so is on its way
            requests, errors = entry.totals()
            now = self._clock.monotonic()
            self._manager.hub.publish(events.SampleFailed(now, host_id, cause, answered, requests, errors, odd))

    # -- asking --------------------------------------------------------------------------------------------------

    async def _ask(self, beat: _Beat, timeout: float | None, fail_fast: bool) -> events.HostSampled:
        host_id = beat.host.id
        # A ping over SSH takes no session, so it waits for none: commands may have all of them.
        lease_class = LeaseClass.WATCH if beat.host.main_channel == "ssh" else LeaseClass.SAMPLE
        entry = self._manager.entry(host_id)
        if timeout is None and entry is not None:  # each sample of each host: the same as below, by a shorter way
            lease = entry.main.lease(None, lease_class, fail_fast=fail_fast)
            connection = lease.take() or await lease.acquire()
            answered = None
            try:
                node, domains, at, rtt, odd = await self._measure(beat, connection)
                answered = at
            finally:
                lease.release(answered)
        else:
            node, domains, at, rtt, odd = await self._manager.execute_on_host(
                host_id,
                lambda connection: self._measure(beat, connection),
                timeout=timeout,
                fail_fast=fail_fast,
                lease_class=lease_class,
            )
        system = None
        if beat.host.takes_commands and ((link := self._streams(host_id)) is not None or beat.system is not None):
            system = await self._read_system(beat, link)
        requests, errors = self._manager.totals(host_id)
        if beat.system is not None and beat.system.nonsense is not None:
            odd.add(beat.system.nonsense)
        disks = beat.disks_at == at or not domains
        sample = events.HostSampled(at, host_id, node, domains, rtt, requests, errors, system, odd.told(), disks)
        self._manager.hub.publish(sample)
        return sample

    async def _measure(
        self, beat: _Beat, connection: HostConnection
    ) -> tuple[NodeReading | None, tuple[DomainReading, ...], float, float, Odd]:
        """What the host says over this connection, the moment of its answer, the round-trip time in seconds, and what
        was no figure. Moment and time are as the connection has measured them for its own figures.
        """
        odd, counters = Odd(), connection.counters
        if connection.channel == "ssh":
            await connection.ping()
            return None, (), counters.last_active, counters.last_latency, odd
        # ids begin anew where a host was disconnected and comes back
        identity = counters.created_at, connection.id, counters.times_up
        known = beat.node if beat.connection == identity else None
        disks = self._clock.monotonic() - beat.disks_at >= DISKS_EACH
        (node, domains), work = await connection.call(lambda virt: _timed(virt, known, odd, disks))
        beat.connection, beat.node = identity, node
        if disks:
            beat.disks_at = counters.last_active
        return node, domains, counters.last_active, counters.last_latency - work, odd

    def _streams(self, host_id: str) -> OpensStreams | None:
        entry = self._manager.entry(host_id)
        return None if entry is None else entry.open_streams()

    async def _read_system(self, beat: _Beat, link: OpensStreams | None) -> SystemReading | None:
        """What /proc says over an open connection, within half an interval: a host that answers libvirt must not wait
        for its SSH.
        """
        if beat.system is not None and beat.system.link is not link:
            beat.system.close()
            beat.system = None
        if link is None:
            return None
        if beat.system is None:
            beat.system = SystemReader(link)
        return await beat.system.read(self.interval / 2)


def _timed(
    virt: VirtConnect, known: NodeReading | None, odd: Odd, disks: bool
) -> tuple[tuple[NodeReading, tuple[DomainReading, ...]], float]:
    """A reading, and the seconds it took on the lane beyond one round trip of libvirt's cheapest call.

    A host with many domains takes long to read over the best of networks: that is no round-trip time.
    """
    begun = time.perf_counter()
    readings = read_all(virt, known, odd, disks=disks)
    work = time.perf_counter() - begun
    virt.getLibVersion()
    return readings, work
