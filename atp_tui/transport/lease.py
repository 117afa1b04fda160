"""A lease: the only way to a connection, and the pool as far as a lease needs it."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from .connection import HostConnection
from .core import PoolCore
from .slot import LeaseClass, Slot


class Lender(Protocol):
    """The pool that a lease is of."""

    core: PoolCore[HostConnection]
    immediate_checkouts: int

    async def wait_for_slot(
        self, timeout: float | None, lease_class: LeaseClass, *, fail_fast: bool
    ) -> Slot[HostConnection]:
        """Stand in the queue."""
        ...

    def give_back(self, slot: Slot[HostConnection], lease_class: LeaseClass, now: float | None = None) -> None:
        """End a lease of a slot; `now` where the caller has just read the clock."""
        ...


class Lease:
    """The only way to a connection: `async with pool.lease() as connection`.

    Counts the use, gives it back on return, error and cancel alike, and keeps the connection from being evicted.
    """

    __slots__ = ("_class", "_fail_fast", "_pool", "_slot", "_timeout")

    def __init__(self, pool: Lender, timeout: float | None, lease_class: LeaseClass, *, fail_fast: bool) -> None:
        self._pool = pool
        self._timeout = timeout
        self._fail_fast = fail_fast
        self._class = lease_class
        self._slot: Slot[HostConnection] | None = None

    def take(self) -> HostConnection | None:
        """The connection, where one can be had at once: then `release` must follow."""
        pool = self._pool
        self._slot = slot = pool.core.acquire(self._class)
        if slot is None:
            return None
        pool.immediate_checkouts += 1
        return slot.connection

    async def acquire(self) -> HostConnection:
        """Get the connection; `release` must follow. Raises what ConnectionPool.lease says."""
        connection = self.take()
        if connection is None:
            self._slot = await self._pool.wait_for_slot(self._timeout, self._class, fail_fast=self._fail_fast)
            connection = self._slot.connection
        assert connection is not None
        return connection

    def release(self, now: float | None = None) -> None:
        """Give the connection back, at this moment of the clock where it has just been read. Once more does no harm."""
        slot, self._slot = self._slot, None
        if slot is not None:
            self._pool.give_back(slot, self._class, now)

    __aenter__ = acquire

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
