"""One open libvirt connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ...model.errors import TransportError
from ...model.message import Message, told
from ...model.say import Say
from ...transport.driver import LostCallback
from .bridge import Bridge
from .lane import Lane
from .wire import Wire

T = TypeVar("T")

GOODBYE = 0.5
"""Seconds that a peer gets to answer our goodbye."""
AFTERWARDS = 0.2
"""Seconds that the threads get to leave once the socket is cut; they need milliseconds."""

_CLOSED = told(Say.LINK_WAS_CLOSED)


class LibvirtLink:
    """transport.driver.Link and CallsLibvirt over a lane, its wire, and the bridge that a tunnelled connection has."""

    def __init__(
        self,
        host: str,
        lane: Lane,
        wire: Wire,
        bridge: Bridge | None,
        on_lost: LostCallback,
        max_requests: int | None,
    ) -> None:
        self.max_requests = max_requests
        self._host = host
        self._lane = lane
        self._wire = wire
        self._bridge = bridge
        self._on_lost = on_lost
        self._over = False

    def is_alive(self) -> bool:
        return not self._over

    def bytes_moved(self) -> tuple[int, int] | None:
        return self._wire.bytes_moved() if self._bridge is None else self._bridge.bytes_moved()

    async def ping(self, timeout: float) -> None:
        await self._lane.call(_ask_version, timeout)

    def call(self, function: Callable[[Any], T], timeout: float) -> Coroutine[Any, Any, T]:
        return self._lane.call(function, timeout)

    def lose(self, error: TransportError) -> None:
        """The connection ended by itself: end every call and tell the owner, once."""
        if not self._over:
            self._cut(error.reason)
            self._on_lost(error)

    async def close(self) -> None:
        if not self._over:
            self._over = True
            self._lane.stop()
            try:
                if not await self._ended(GOODBYE):  # a peer that says nothing is cut like one that is gone
                    self._cut(_CLOSED)
                    await self._ended(AFTERWARDS)
            finally:
                self._cut(_CLOSED)

    async def _ended(self, limit: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await asyncio.shield(self._lane.ended)
        return self._lane.ended.done()

    def abort(self) -> None:
        if not self._over:
            self._cut(_CLOSED)

    def _cut(self, reason: Message) -> None:
        self._over = True
        self._lane.stop(reason)
        self._wire.cut()
        if self._bridge is not None:
            self._bridge.abort()


def _ask_version(connection: Any) -> None:
    connection.getLibVersion()
