"""TransportManager: all hosts, their pools, and work on one, many or all of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from types import TracebackType
from typing import Self, TypeVar

from ..model.connection import Closed, ConnectionState, HostStatus, PoolStatistics
from ..model.errors import CallTimeout, ConfigError, HostUnknown, PoolClosed, TransportError, Unsupported
from ..model.events import HostAdded, HostChanged, HostRemoved, HostUpdated
from ..model.host import HostInfo
from ..model.message import told
from ..model.outcome import TaskResult
from ..model.say import Say
from ..model.settings import FLEET_WIDE, Channel, TransportConfig
from .clock import Clock, LoopClock
from .connection import HostConnection
from .dialer import ChooseDriver, Dialer
from .entry import Entry
from .fanout import FanOut
from .gate import Gate
from .hub import EventHub
from .neighbours import Neighbours
from .pool import ConnectionPool
from .slot import LeaseClass
from .time_limit import TimeLimit

T = TypeVar("T")
Task = Callable[[HostConnection], Awaitable[T]]
"""What a caller wants done on a host: an async function of one connection."""

FANOUT = 64
"""Hosts at a time, as in clush."""

AT_ONCE = 100
"""Hosts whose closing begins before the event loop has a turn: that of all of 10,000 would hold it for a second."""


class TransportManager:
    """Keeps a fleet connected. An async context manager; all methods are for its event loop's thread.

    `choose` gives the driver for a host's channel. Reading (states, statistics, counts) never waits.
    """

    def __init__(
        self,
        config: TransportConfig | None,
        choose: ChooseDriver,
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.config = config or TransportConfig()
        self.clock = clock or LoopClock()
        self.hub = EventHub()
        self._rng = rng or random.Random()
        self._entries: dict[str, Entry] = {}
        self._dialer = Dialer(choose, Gate(self.config.max_concurrent_connects, self.clock), self.clock)
        self._neighbours: Neighbours[Entry] = Neighbours(self.config.max_concurrent_connects, Entry.hear_good_news)
        self._leaving: dict[Entry, None] = {}  # in the order of their leaving
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- hosts ---------------------------------------------------------------------------------------------------

    async def add_host(self, host: HostInfo) -> None:
        """Take a host in; it connects in the background. Raises ConfigError for an id that is there already."""
        if self._closed:
            raise PoolClosed(told(Say.TRANSPORT_CLOSED), host=host.id)
        if host.id in self._entries:
            raise ConfigError(f"there is a host {host.id!r} already", key="id", host=host.id)
        self._entries[host.id] = self._enter(host)
        self.hub.publish(HostAdded(self.clock.monotonic(), host))
        self._entries[host.id].start()

    async def remove_host(self, host_id: str, limit: float = 1.0) -> None:
        """Let a host go: its waiters fail, its leases have `limit` seconds, then it is cut. Raises HostUnknown."""
        entry = self._entry(host_id)
        del self._entries[host_id]
        self.hub.publish(HostRemoved(self.clock.monotonic(), host_id))
        await self._close_entry(entry, limit, Closed.REMOVED)

    async def update_host(self, host: HostInfo) -> None:
        """Take a host's new description. Open connections stay where it is reached in the same ways as before."""
        entry = self._entry(host.id)
        if host.reached_like(entry.host):
            entry.configure(host, self.config)
            self.hub.publish(HostUpdated(self.clock.monotonic(), host))
        else:
            self._entries[host.id] = fresh = self._enter(host, entry)
            self.hub.publish(HostUpdated(self.clock.monotonic(), host))  # at once: the next change may come meanwhile
            if entry.main.core.draining:  # a person has closed it: so it stays
                fresh.abort()
                self._tell(fresh)
            try:
                await self._close_entry(entry, 1.0, Closed.RECONFIGURED)
            finally:
                if self._entries.get(host.id) is fresh and not fresh.main.core.draining:  # nobody let it go meanwhile
                    fresh.start()

    def configure(self, config: TransportConfig) -> None:
        """Take new settings of the fleet, which count at once for every host that has none of its own.

        Open connections stay, except those above a lower maximum: these close after their last use. A host that had
        been given up is tried again where the new settings allow it. What only an opening can take (connect_timeout,
        the keepalive) counts from a connection's next opening on, and a pause before an attempt lasts as it began.
        Returns at once. Raises ConfigError, and changes nothing, for another value of a key in FLEET_WIDE.
        """
        for key in sorted(FLEET_WIDE):
            before, after = getattr(self.config, key), getattr(config, key)
            if before != after:
                hint = "it counts from the start of the program on"
                raise ConfigError(f"cannot change from {before} to {after} now", key=f"transport.{key}", hint=hint)
        self.config = config
        for entry in tuple(self._entries.values()):
            if entry.host.transport is None:
                entry.configure(entry.host, config)

    def list_hosts(self) -> tuple[HostInfo, ...]:
        """All hosts, in the order they were added."""
        return tuple(entry.host for entry in self._entries.values())

    def host(self, host_id: str) -> HostInfo:
        """One host's description. Raises HostUnknown."""
        return self._entry(host_id).host

    def retry(self, host_id: str, *, beside: bool = False) -> None:
        """A person asks: attempt to connect now, whatever the state or the reason. Raises HostUnknown.

        `beside`: on the SSH connection, too, of a host that is watched without it.
        """
        entry = self._entry(host_id)
        if entry.main.core.draining:
            self._entries[host_id] = entry = self._enter(entry.host, entry)
            entry.start()
        else:
            entry.main.retry()
        if beside:
            for pool in entry.pools.values():
                if pool is not entry.main:
                    pool.retry()

    def looked_at(self, host_id: str) -> None:
        """A person looks at a host: an attempt that it waits for comes sooner, and nothing else. Raises HostUnknown."""
        self._entry(host_id).hear_good_news()

    async def disconnect(self, host_id: str, limit: float = 1.0) -> None:
        """Close a host's connections and keep them closed until `retry`. Raises HostUnknown."""
        entry = self._entry(host_id)
        await self._close_entry(entry, limit, Closed.DISCONNECTED)
        self._tell(entry)  # where it had no connection, nothing has

    # -- reading -------------------------------------------------------------------------------------------------

    def host_state(self, host_id: str) -> HostStatus:
        """State, cause, since when, attempt and next attempt of a host. Raises HostUnknown."""
        return self._entry(host_id).status

    def last_errors(self, host_id: str) -> tuple[TransportError, ...]:
        """What keeps a host's pools from being connected, the hypervisor's first; empty where all is well. Raises
        HostUnknown.
        """
        errors = [pool.trouble() for pool in self._entry(host_id).pools.values()]
        return tuple(error for error in errors if error is not None)

    def stats(self) -> dict[str, PoolStatistics]:
        """The main pool's figures of every host, by id."""
        return {host_id: entry.main.statistics() for host_id, entry in self._entries.items()}

    def pools(self, host_id: str) -> tuple[PoolStatistics, ...]:
        """The figures of all pools of a host, the hypervisor's first. Raises HostUnknown."""
        return tuple(pool.statistics() for pool in self._entry(host_id).pools.values())

    def totals(self, host_id: str) -> tuple[int, int]:
        """(requests, errors) of all pools of a host since they began. Raises HostUnknown."""
        return self._entry(host_id).totals()

    def entry(self, host_id: str) -> Entry | None:
        """What there is to read of a host and to lease of it, for a caller that asks a thousand a second; None where
        there is no such host. It is to be asked for anew each time: a host may get another one.
        """
        return self._entries.get(host_id)

    @property
    def connection_count(self) -> int:
        """Connections in all pools, in whatever state."""
        return sum(len(pool.core.slots) for entry in self._entries.values() for pool in entry.pools.values())

    @property
    def active_connection_count(self) -> int:
        """Connections in state connected."""
        pools = (pool for entry in self._entries.values() for pool in entry.pools.values())
        return sum(one.state is ConnectionState.CONNECTED for pool in pools for one in pool.connections())

    # -- work ----------------------------------------------------------------------------------------------------

    async def execute_on_host(
        self,
        host_id: str,
        task: Task[T],
        *,
        timeout: float | None = None,
        channel: Channel | None = None,
        fail_fast: bool = False,
        lease_class: LeaseClass = LeaseClass.WORK,
    ) -> T:
        """Run `task` with a connection of a host and return its value; raise what went wrong.

        `timeout` bounds the whole, in seconds; without it the wait for a connection is bounded by checkout_timeout and
        each call by call_timeout. `channel` "ssh" gives the SSH connection. `fail_fast` does not wait through
        reconnects. `lease_class` says what the connection is for: see LeaseClass. Raises HostUnknown,
        Unsupported, CallTimeout, PoolError, TransportError, and what `task` raises.
        """
        pool = self._pool(host_id, channel)
        if timeout is None:
            lease = pool.lease(None, lease_class, fail_fast=fail_fast)
            connection = lease.take() or await lease.acquire()
            try:
                return await task(connection)
            finally:
                lease.release()
        begun = self.clock.monotonic()
        async with pool.lease(timeout, lease_class, fail_fast=fail_fast) as connection:
            left = begun + timeout - self.clock.monotonic()
            limit = TimeLimit(left if left > 0 else timeout)  # a person was asked, which holds the limit of the wait
            try:
                async with limit:
                    return await task(connection)
            except TimeoutError as error:
                if not limit.expired():
                    raise  # the task's own
                raise CallTimeout(told(Say.NO_RESULT, limit=timeout), host=host_id) from error

    async def stream_on_hosts(
        self,
        host_ids: Iterable[str],
        task: Task[T],
        *,
        fanout: int = FANOUT,
        timeout: float | None = None,
        overall: float | None = None,
        channel: Channel | None = None,
        fail_fast: bool = False,
    ) -> AsyncGenerator[TaskResult[T], None]:
        """Run `task` on many hosts, at most `fanout` at a time; yields one result per host as they end.

        `timeout` bounds each host, `overall` all of them, in seconds. Leaving the iteration cancels the rest.
        """
        async with aclosing(self._stream(host_ids, task, fanout, timeout, overall, channel, fail_fast)) as placed:
            async for _, result in placed:
                yield result

    async def execute_on_hosts(
        self,
        host_ids: Iterable[str],
        task: Task[T],
        *,
        fanout: int = FANOUT,
        timeout: float | None = None,
        overall: float | None = None,
        channel: Channel | None = None,
        fail_fast: bool = False,
    ) -> list[TaskResult[T]]:
        """As `stream_on_hosts`, but all results at the end, one per host, in the order asked."""
        placed = [one async for one in self._stream(host_ids, task, fanout, timeout, overall, channel, fail_fast)]
        placed.sort(key=lambda one: one[0])
        return [result for _, result in placed]

    async def execute_on_all_hosts(
        self,
        task: Task[T],
        *,
        fanout: int = FANOUT,
        timeout: float | None = None,
        overall: float | None = None,
        channel: Channel | None = None,
        fail_fast: bool = False,
    ) -> list[TaskResult[T]]:
        """As `execute_on_hosts`, on every host there is."""
        return await self.execute_on_hosts(
            tuple(self._entries),
            task,
            fanout=fanout,
            timeout=timeout,
            overall=overall,
            channel=channel,
            fail_fast=fail_fast,
        )

    def _stream(
        self,
        host_ids: Iterable[str],
        task: Task[T],
        fanout: int,
        timeout: float | None,
        overall: float | None,
        channel: Channel | None,
        fail_fast: bool,
    ) -> AsyncGenerator[tuple[int, TaskResult[T]], None]:
        async def one(host_id: str) -> T:
            return await self.execute_on_host(host_id, task, timeout=timeout, channel=channel, fail_fast=fail_fast)

        return FanOut(host_ids, one, self.clock, limit=fanout).results(overall)

    # -- life ----------------------------------------------------------------------------------------------------

    async def close(self, limit: float = 1.0) -> None:
        """Close every connection of every host, all at once; leases have `limit` seconds, then they are cut."""
        self._closed = True
        self._leaving.update(dict.fromkeys(self._entries.values()))
        self._entries.clear()
        closing: list[asyncio.Task[None]] = []
        try:
            for number, entry in enumerate(list(self._leaving), 1):
                closing.append(asyncio.create_task(self._close_entry(entry, limit, Closed.DRAINED)))
                if number % AT_ONCE == 0:
                    await asyncio.sleep(0)
            await asyncio.gather(*closing)
        except BaseException:
            for task in closing:
                task.cancel()
            for entry in self._leaving:
                entry.abort()
            raise

    async def _close_entry(self, entry: Entry, limit: float, why: Closed) -> None:
        self._leaving[entry] = None
        self._neighbours.forget(entry)
        try:
            await entry.close(limit, why)
        except BaseException:
            entry.abort()  # nobody waits for it any more; what ends now is collected by the manager's `close`
            raise
        self._leaving.pop(entry, None)
        if self._entries.get(entry.host.id) is not entry:
            entry.forget()

    def _enter(self, host: HostInfo, after: Entry | None = None) -> Entry:
        return Entry(
            host,
            self.config,
            self._dialer,
            clock=self.clock,
            rng=self._rng,
            on_change=self.hub.publish,
            on_settled=self._tell,
            after=after,
        )

    def _tell(self, entry: Entry) -> None:
        if self._entries.get(entry.host.id) is not entry:
            return  # it has left the fleet: nobody can ask for its status any more
        status = entry.read_status()
        if status != entry.status:
            before, entry.status = entry.status, status
            self.hub.publish(HostChanged(self.clock.monotonic(), status))
            self._neighbours.note(entry, entry.place, before, status)

    def _entry(self, host_id: str) -> Entry:
        entry = self._entries.get(host_id)
        if entry is None:
            raise HostUnknown(told(Say.NO_SUCH_HOST, host=host_id), host=host_id)
        return entry

    def _pool(self, host_id: str, channel: Channel | None) -> ConnectionPool:
        entry = self._entry(host_id)
        channel = channel or entry.host.main_channel
        if channel == "ssh" and not entry.host.takes_commands:  # its SSH may still carry the hypervisor's connection
            raise Unsupported(told(Say.TAKES_NO_COMMANDS, host=host_id), host=host_id)
        pool = entry.pools.get(channel)
        if pool is None:
            raise Unsupported(told(Say.NO_HYPERVISOR, host=host_id), host=host_id)
        return pool
