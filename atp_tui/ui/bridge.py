"""From changes of the fleet to messages for the screen, not too often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from ..engine.fleet import Change
from .messages import FleetChanged

SHORTEST_GAP = 0.1
"""Seconds between two messages to the screen: a person sees no more than ten changes a second."""


async def carry(changes: AsyncIterator[Change], send: Callable[[FleetChanged], object], refresh: float) -> None:
    """Send `FleetChanged` for the changes, until there are no more.

    A change of state is told at once when nothing was told during the last tenth of a second; samples alone wait for
    the refresh period, in seconds. `send` must not block; it is called on the event loop.
    """
    loop = asyncio.get_running_loop()
    refresh = max(refresh, SHORTEST_GAP)
    told_at, due, described = float("-inf"), float("inf"), False
    coming = asyncio.ensure_future(anext(changes, None))
    try:
        while True:
            wait = None if due == float("inf") else max(0.0, due - loop.time())
            await asyncio.wait([coming], timeout=wait)
            if coming.done():
                change = coming.result()
                if change is None:
                    return
                coming = asyncio.ensure_future(anext(changes, None))
                due = min(due, told_at + SHORTEST_GAP if change.urgent else loop.time() + refresh)
                described |= change.described
            if due <= loop.time():
                send(FleetChanged(described))
                told_at, due, described = loop.time(), float("inf"), False
    finally:
        coming.cancel()
        await asyncio.wait([coming])
        if isinstance(changes, AsyncGenerator):
            await changes.aclose()  # one whose last value was not taken would wait for ever
