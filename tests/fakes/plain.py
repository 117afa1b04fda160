"""A link with no capability at all: what all connections have in common, and nothing else."""

from __future__ import annotations

import asyncio

from atp_tui.model.errors import CallTimeout, ConnectionLost
from atp_tui.transport.driver import Link, OpenRequest


class PlainLink:
    """It answers pings unless it is `silent`."""

    max_requests: int | None = None

    def __init__(self) -> None:
        self.silent = False
        self._alive = True

    def is_alive(self) -> bool:
        return self._alive

    def bytes_moved(self) -> tuple[int, int] | None:
        return None

    async def ping(self, timeout: float) -> None:
        if not self._alive:
            raise ConnectionLost("closed")
        await asyncio.sleep(timeout if self.silent else 0.001)
        if self.silent:
            raise CallTimeout(f"no answer within {timeout:g} s")

    async def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        self._alive = False


class PlainDriver:
    """Opens PlainLinks."""

    def __init__(self) -> None:
        self.links: list[PlainLink] = []

    async def open(self, request: OpenRequest) -> Link:
        self.links.append(PlainLink())
        return self.links[-1]

    async def close(self) -> None: ...
