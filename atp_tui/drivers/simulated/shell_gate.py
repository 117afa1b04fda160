"""Who may enter the demo's SSH server: the holder of the demo's own key, as one of the demo's hosts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import asyncssh

from ...transport.clock import Clock, TimerHandle
from .driver import SimulatedDriver, SimulatedHost
from .faults import FaultKind

_LONGEST_WAIT = 3600.0
"""Seconds; a host may be silent for ever, a timer may not."""


class Gate(asyncssh.SSHServer):
    """One connection to the server. It misbehaves as its host does: refuses, stays silent, is cut.

    asyncssh's own defaults refuse what is not overridden here: passwords, forwarding of every kind.
    """

    def __init__(
        self,
        hosts: Mapping[str, SimulatedHost],
        public_key: asyncssh.SSHKey,
        driver: SimulatedDriver,
        clock: Clock,
        connections: set[asyncssh.SSHServerConnection],
    ) -> None:
        self._hosts = hosts
        self._public_key = public_key
        self._driver = driver
        self._clock = clock
        self._connections = connections
        self._connection: asyncssh.SSHServerConnection | None = None
        self._timer: TimerHandle | None = None
        self._waiting: asyncio.Future[None] | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._connections.discard(self._connection)
        if self._timer is not None:
            self._timer.cancel()
        self._go_on()

    async def begin_auth(self, username: str) -> bool:
        host, connection, now = self._hosts.get(username), self._connection, self._driver.elapsed()
        if host is None or connection is None:
            return True  # no key opens the door to a host that is not there
        await self._pause(min(host.answered_at(now) - now, _LONGEST_WAIT))
        now = self._driver.elapsed()
        if host.has_fault(FaultKind.REFUSE, now):
            connection.abort()
        if (cut_in := host.script.next_cut(now) - now) < _LONGEST_WAIT:
            self._timer = self._clock.call_later(cut_in, connection.abort)
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        host = self._hosts.get(username)
        refused = host is None or host.has_fault(FaultKind.AUTH, self._driver.elapsed())
        return not refused and key == self._public_key

    async def _pause(self, delay: float) -> None:
        """Wait, but no longer than the connection lasts: asyncssh does not end what runs for one that is gone."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._timer = self._clock.call_later(delay, self._go_on)
        await self._waiting

    def _go_on(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
