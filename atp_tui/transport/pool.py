"""ConnectionPool: the shell that carries out what the pure core decides, for one channel of one host."""

from __future__ import annotations

import asyncio
import copy
import random
from dataclasses import replace
from typing import Protocol

from ..model.connection import Closed, ConnectionSnapshot, ConnectionState, HostStatus, PoolStatistics
from ..model.errors import AtpError, CheckoutTimeout, PoolClosed, TooManyWaiters, TransportError
from ..model.events import ConnectionChanged
from ..model.host import HostInfo
from ..model.message import told
from ..model.say import Say
from ..model.settings import Channel, TransportConfig
from .clock import Clock, TimerHandle
from .closing import why_closed
from .connection import HostConnection
from .core import PoolCore
from .deadlines import Deadlines, Held, never
from .dialer import Dial
from .lease import Lease
from .slot import LeaseClass, Plan, Slot, Waiter
from .status import host_status
from .waits import Waits

HOUSEKEEPER_SLACK = 1 / 16
"""The share of management_interval that the housekeeper may be late, to work through many pools in one wake-up."""

_S = ConnectionState
_Slot = Slot[HostConnection]


class PoolListener(Protocol):
    """The owner of a pool, which hears of every transition of its connections."""

    def changed(self, change: ConnectionChanged) -> None:
        """A transition has happened. The pool has not acted on it yet, so its own news of that come later."""
        ...

    def settled(self) -> None:
        """The pool has acted on the transition that it told last, or on good news: its status may be another one."""
        ...


class ConnectionPool:
    """The connections of one channel of one host. Starts with `start`, ends with `close`; both on the event loop."""

    def __init__(
        self,
        host: HostInfo,
        channel: Channel,
        config: TransportConfig,
        dial: Dial,
        *,
        clock: Clock,
        rng: random.Random,
        listener: PoolListener,
        first_id: int = 1,
        asks: Held = never,  # whether a login asks a person now: nobody who waits is late then
    ) -> None:
        self.host = host
        self.channel = channel
        self.config = config
        self.core: PoolCore[HostConnection] = PoolCore(config.pool, rng.randrange, first_id)
        self.immediate_checkouts = 0
        self.last_error: TransportError | None = None
        self.changed_at = clock.monotonic()
        self._dial = dial
        self._clock = clock
        self._rng = rng
        self._listener = listener
        self._waits = Waits()
        self._opened = 0
        self._closed: dict[Closed, int] = {}
        self._past_requests = self._past_errors = 0
        self._closing: dict[asyncio.Task[None], HostConnection] = {}
        self._emptied: asyncio.Future[None] | None = None  # made by whoever waits: nearly no pool ever closes
        self._deadlines = Deadlines(clock, asks)
        self._housekeeper: TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<ConnectionPool {self.host.id} {self.channel} {self.core!r}>"

    # -- leases --------------------------------------------------------------------------------------------------

    def lease(
        self, timeout: float | None = None, lease_class: LeaseClass = LeaseClass.WORK, *, fail_fast: bool = False
    ) -> Lease:
        """A context manager that gives a HostConnection.

        Waits up to `timeout` seconds (checkout_timeout if None), first come, first served within `lease_class`, for
        which see LeaseClass. `fail_fast` gives up as soon as an attempt to connect has failed while no connection is
        usable. Raises CheckoutTimeout, TooManyWaiters, PoolClosed, or the error that connecting ended with.
        """
        return Lease(self, timeout, lease_class, fail_fast=fail_fast)

    async def wait_for_slot(self, timeout: float | None, lease_class: LeaseClass, *, fail_fast: bool) -> _Slot:
        """The slow way of `Lease.acquire`: stand in the queue. Raises what `lease` says."""
        self._require_open(lease_class, fail_fast=fail_fast)
        limit = self.config.pool.checkout_timeout if timeout is None else timeout
        ticket: asyncio.Future[_Slot] = asyncio.get_running_loop().create_future()
        waiter: Waiter[HostConnection] = Waiter(ticket, lease_class, fail_fast)
        begun = self._clock.monotonic()
        self._perform(self.core.enqueue(waiter))
        self._deadlines.watch(ticket, limit)
        try:
            slot = await ticket
        except BaseException as error:
            self.core.abandon(waiter)
            if ticket.done() and not ticket.cancelled() and ticket.exception() is None:
                self.give_back(ticket.result(), lease_class)  # served in the very moment it stopped waiting
            if isinstance(error, TimeoutError):
                self._waits.gave_up(self._clock.monotonic() - begun, self.immediate_checkouts)
                raise self._checkout_timeout(limit, asked=timeout is not None) from (self.trouble() or error)
            raise
        finally:
            self._deadlines.forget(ticket)
        self._waits.served(self._clock.monotonic() - begun, self.immediate_checkouts)
        return slot

    def give_back(self, slot: _Slot, lease_class: LeaseClass, now: float | None = None) -> None:
        """End a lease of a slot, at the moment `now` where the caller knows it. Only for Lease."""
        connection = slot.connection
        if connection is not None:
            slot.latency = connection.counters.smoothed
            if slot.carries == 1 and connection.owes_answer:
                self._clog(slot, connection)
        plan = self.core.release(slot, self._clock.monotonic() if now is None else now, lease_class)
        if plan is not None:
            self._perform(plan)

    def _clog(self, slot: _Slot, connection: HostConnection) -> None:
        """Where a link carries one call at a time, nobody is to wait behind a call that was given up: see PoolCore."""
        if not slot.clogged:
            self.core.clog(slot)
            connection.check().add_done_callback(lambda _: self._perform(self.core.unclog(slot)))

    def _require_open(self, lease_class: LeaseClass, *, fail_fast: bool) -> None:
        host = self.host.id
        if self.core.draining:
            raise PoolClosed(told(Say.HOST_LEAVING, host=host), host=host)
        waiting = self.core.waiting.of(lease_class)
        if waiting >= self.config.pool.max_waiters:
            raise TooManyWaiters(told(Say.QUEUE_FULL, waiting=waiting, host=host), host=host)
        if self.core.usable:
            return
        for slot in self.core.slots.values():
            connection = slot.connection
            if connection is None or connection.life.error is None:
                continue
            if connection.life.permanent:
                raise copy.copy(connection.life.error) from connection.life.error
            down = connection.state is _S.FAILED or (fail_fast and connection.state is _S.RECONNECTING)
            if down and not connection.hasten():
                raise copy.copy(connection.life.error) from connection.life.error

    def _checkout_timeout(self, limit: float, *, asked: bool) -> CheckoutTimeout:
        host, trouble, usable = self.host.id, self.trouble(), self.core.usable
        if trouble is not None:
            reason = told(Say.NO_CONNECTION_SINCE_DOWN, host=host, limit=limit, why=trouble.reason)
        elif usable:
            reason = told(Say.NO_CONNECTION_SINCE_BUSY, host=host, limit=limit, number=usable)
        else:
            reason = told(Say.NO_CONNECTION_SO_FAR, host=host, limit=limit)
        return CheckoutTimeout(reason, host=host, asked=asked)

    def trouble(self) -> TransportError | None:
        """Why nothing is usable; None while something is."""
        if self.core.usable:
            return None
        errors = [slot.connection.life.error for slot in self.core.slots.values() if slot.connection]
        return next((error for error in errors if error is not None), self.last_error)

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the minimum and start the housekeeper. Returns at once."""
        self._tick()

    def retry(self) -> None:
        """A person asks: attempt now on everything that is down; open one where there is none."""
        for slot in list(self.core.slots.values()):
            if slot.connection is not None:
                slot.connection.retry()
        self._perform(self.core.demand())

    def hear_good_news(self, spread: float = 0.0, *, under_way: bool = True) -> None:
        """As HostConnection.hear_good_news, for all of them."""
        sooner = [connection.hear_good_news(spread, under_way=under_way) for connection in self.connections()]
        if any(sooner):
            self._listener.settled()

    def configure(self, host: HostInfo, config: TransportConfig) -> None:
        """Take new settings and a new description of the same host."""
        sooner = config.pool.management_interval < self.config.pool.management_interval
        self.host, self.config = host, config
        for connection in self.connections():
            connection.configure(host, config)
        self._perform(self.core.configure(config.pool))
        self._stop_retired()
        if sooner and self._housekeeper is not None:
            self._housekeeper.cancel()
            self._tick()

    async def close(self, limit: float, why: Closed = Closed.DRAINED) -> None:
        """Serve nobody any more; wait up to `limit` seconds for the leases, then cut what is left."""
        self._drain(why)
        if self.core.slots:
            try:
                async with self._clock.timeout(limit):
                    await self._until_empty()
            except TimeoutError:
                pass  # the leases had their time
            finally:
                self._perform(self.core.cut())
        while self._closing:
            await asyncio.wait(list(self._closing))

    def abort(self) -> None:
        """Cut everything now; `close` must still follow to collect what ends."""
        self._drain()
        self._perform(self.core.cut())
        for connection in self._closing.values():
            connection.abort()

    def _drain(self, why: Closed = Closed.DRAINED) -> None:
        if self._housekeeper is not None:
            self._housekeeper.cancel()
            self._housekeeper = None
        self._perform(self.core.drain(why))
        self._deadlines.stop()

    def _arm(self) -> None:
        interval = self.config.pool.management_interval
        self._housekeeper = self._clock.call_later(interval, self._tick, interval * HOUSEKEEPER_SLACK)

    def _tick(self) -> None:
        self._housekeeper = None
        if self.core.slots or self.config.pool.min_connections_per_host:
            self._arm()  # else it comes back with the first connection, see _open: most hosts' SSH pools have none
        for slot in self.core.slots.values():
            # heartbeats measure those that nobody uses: what recovers is used again
            if slot.connection is not None:
                slot.latency = slot.connection.counters.smoothed
        self._perform(self.core.tick(self._clock.monotonic()))
        self._stop_retired()

    # -- carrying out plans --------------------------------------------------------------------------------------

    def _perform(self, plan: Plan[HostConnection]) -> None:
        """Do what the core decided. Does not await: closing goes on in tasks that `close` collects."""
        for waiter, slot in plan.assign:
            ticket = waiter.ticket
            assert isinstance(ticket, asyncio.Future)
            if ticket.done():  # it was cancelled, and has not run since
                self.give_back(slot, waiter.lease_class)
            else:
                ticket.set_result(slot)
        for waiter in plan.failed:
            ticket = waiter.ticket
            assert isinstance(ticket, asyncio.Future)
            if not ticket.done():
                ticket.set_exception(self._waiter_error())
        for slot, reason in plan.close:
            self._close(slot, reason)
        for slot in plan.open:
            self._open(slot)
        if self._emptied is not None and not self.core.slots and not self._emptied.done():
            self._emptied.set_result(None)

    async def _until_empty(self) -> None:
        if self._emptied is None:
            self._emptied = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._emptied)

    def _waiter_error(self) -> AtpError:
        if self.core.draining or self.last_error is None:
            return PoolClosed(told(Say.HOST_LEAVING, host=self.host.id), host=self.host.id)
        error: TransportError = copy.copy(self.last_error)  # raising one object in many tasks mixes their tracebacks
        error.__cause__ = self.last_error
        return error

    def _open(self, slot: _Slot) -> None:
        slot.connection = HostConnection(
            slot.id,
            self.host,
            self.channel,
            self.config,
            self._dial,
            clock=self._clock,
            rng=self._rng,
            on_change=lambda connection, change: self._changed(slot, connection, change),
        )
        self._opened += 1
        if self._housekeeper is None:
            self._arm()
        slot.connection.start()

    def _close(self, slot: _Slot, reason: Closed) -> None:
        self._closed[reason] = self._closed.get(reason, 0) + 1
        connection = slot.connection
        if connection is None:
            return
        why = why_closed(slot.retiring or reason, self.config.pool)
        if reason is Closed.CUT:
            connection.abort(why)
        task = asyncio.get_running_loop().create_task(connection.disconnect(why), name=f"close {connection!r}")
        self._closing[task] = connection
        task.add_done_callback(self._closed_for_good)

    def _closed_for_good(self, task: asyncio.Task[None]) -> None:
        connection = self._closing.pop(task)
        self._past_requests += connection.counters.total_requests
        self._past_errors += connection.counters.error_count
        if not task.cancelled():
            task.result()

    def _changed(self, slot: _Slot, connection: HostConnection, change: ConnectionChanged) -> None:
        if change.after is _S.CONNECTED:
            self.last_error = None
        elif connection.life.error is not None:
            self.last_error = connection.life.error
        self.changed_at = change.at
        self._listener.changed(change)  # first: acting makes other connections move, and their news answer to this
        if change.after is _S.CONNECTED:
            most = None if connection.opened is None else connection.opened.link.max_requests
            self._perform(self.core.opened(slot, change.at, self._rng.random(), most))
        elif connection.life.ended:
            self._perform(self.core.ended(slot))
        else:
            if change.before is _S.CONNECTED:
                self._perform(self.core.lost(slot))
            if change.after is _S.FAILED or (change.before is not _S.CONNECTED and change.next_attempt_at is not None):
                self._perform(self.core.open_failed(slot, permanent=not connection.life.retries))
        self._listener.settled()
        self._stop_retired()

    def _stop_retired(self) -> None:
        """What is down and will not be used again makes no more attempts, though a task may hold it still.

        When a host's network goes, those in use would come back each on its own: ten openings of one host at a time.
        """
        for slot in self.core.slots.values():
            one = slot.connection
            if slot.retiring and one is not None and one.state is not _S.CONNECTED and not one.life.ended:
                one.abort(why_closed(slot.retiring, self.config.pool))

    # -- figures -------------------------------------------------------------------------------------------------

    def connections(self) -> tuple[HostConnection, ...]:
        """The connections of the pool, in order of their age."""
        return tuple(slot.connection for slot in self.core.slots.values() if slot.connection is not None)

    def totals(self) -> tuple[int, int]:
        """(requests, errors) since the pool's start, of connections that are gone as well."""
        requests, errors = self._past_requests, self._past_errors
        for slot in self.core.slots.values():  # plain: this runs for each sample of each host
            if slot.connection is not None:
                requests += slot.connection.counters.total_requests
                errors += slot.connection.counters.error_count
        for connection in self._closing.values():
            requests += connection.counters.total_requests
            errors += connection.counters.error_count
        return requests, errors

    def status(self) -> HostStatus:
        """What the connections add up to."""
        lives, draining = (connection.life for connection in self.connections()), self.core.draining
        return host_status(
            self.host.id, lives, last_error=self.last_error, changed_at=self.changed_at, draining=draining
        )

    def statistics(self) -> PoolStatistics:
        """Everything there is to know now. Waits for nothing."""
        requests, errors = self.totals()
        snapshots = tuple(map(self._snapshot, self.core.slots.values()))
        return PoolStatistics(
            channel=self.channel,
            total_connections=len(snapshots),
            active_connections=sum(1 for one in snapshots if one.state is _S.CONNECTED),
            max_connections=self.config.pool.max_connections_per_host,
            max_uses=self.config.pool.requests_per_connection,
            selection_strategy=str(self.config.pool.selection_strategy),
            total_requests=requests,
            total_errors=errors,
            total_active_uses=sum(one.active_uses for one in snapshots),
            waiting=len(self.core.waiting),
            opened=self._opened,
            closed=dict(self._closed),
            checkout_times=self._waits.histogram(self.immediate_checkouts),
            connections=(*snapshots, *(one.metrics for one in self._closing.values())),
            waits=self._waits.summary(self.immediate_checkouts),
        )

    def _snapshot(self, slot: _Slot) -> ConnectionSnapshot:
        assert slot.connection is not None
        return replace(slot.connection.metrics, active_uses=slot.active_uses, high_water=slot.high_water)
