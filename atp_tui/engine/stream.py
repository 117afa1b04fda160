"""The changes of a fleet for one reader of them."""

from __future__ import annotations

import asyncio

from .fleet import Change


class Stream:
    """Changes for one reader: those that it did not wait for become one."""

    def __init__(self, first: Change) -> None:
        self._waiting: Change | None = first
        self._there = asyncio.Event()
        self._there.set()

    def put(self, change: Change) -> None:
        before = self._waiting
        if before is not None:
            change = Change(change.number, change.urgent or before.urgent, change.described or before.described)
        self._waiting = change
        self._there.set()

    async def next(self) -> Change:
        await self._there.wait()
        change, self._waiting = self._waiting, None
        self._there.clear()
        assert change is not None
        return change
