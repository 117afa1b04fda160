"""Holds SSH connections of hosts open, and has them come back, for what only waits there: forwards."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ..model.errors import AtpError, HostUnknown, PoolClosed, TransportError
from ..transport.connection import HostConnection
from ..transport.manager import TransportManager
from ..transport.slot import LeaseClass

HELD_AT_ONCE = 60.0
"""Seconds of one lease: a connection that has come of age goes, and another one is held."""

PAUSE = 5.0
"""Seconds until the next try, where a connection could not be had in the time that callers wait for one."""


class Holder:
    """Holds one host's SSH connection until it is cancelled. `changed` tells it that the connection came or went."""

    def __init__(self, manager: TransportManager, host_id: str) -> None:
        self._manager = manager
        self._host_id = host_id
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._hold(), name=f"hold {host_id}")

    def changed(self) -> None:
        """The connection came or went."""
        self._changed.set()

    async def close(self) -> None:
        """Let it go."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _hold(self) -> None:
        async def held(_connection: HostConnection) -> None:
            await self._change(HELD_AT_ONCE)

        while True:
            self._changed.clear()
            try:
                # to wait for it has attempts made, which nobody else may want
                await self._manager.execute_on_host(self._host_id, held, channel="ssh", lease_class=LeaseClass.WATCH)
            except HostUnknown:
                return
            except AtpError as error:
                # what waits for a person is not tried again before that, and what a person closed stays closed
                for_a_person = isinstance(error, PoolClosed) or (isinstance(error, TransportError) and error.permanent)
                await self._change(None if for_a_person else PAUSE)

    async def _change(self, limit: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._changed.wait()
