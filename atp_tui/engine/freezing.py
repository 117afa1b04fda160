"""When Python's collector of cycles looks through a fleet that is watched."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..model.connection import ConnectionState
from ..model.host import HostInfo
from ..transport.manager import TransportManager

MOST_STARTING = 30
"""Seconds after which hosts that have not been reached are no longer waited for before all else is frozen."""

COLLECT_EACH = 60.0
"""Seconds between two looks for cycles among what has come since the last one. Of its own accord Python may not look
for hours: it counts what stays. A job or a fault leaves some thousand objects in cycles, most of them Textual's and
asyncssh's."""

MOST_LOOKED_THROUGH = 1_000
"""Hosts up to which that is done. What is young are their samples, some 50 objects a host: a look holds the event loop
for 1 to 2 ms with 200 hosts, 11 to 19 with 1,000. With more it is left to Python, which comes to it in some hours."""


@asynccontextmanager
async def freezing(manager: TransportManager, interval: float, *, enable: bool) -> AsyncIterator[None]:
    """Once the hosts are up, Python's collector of cycles leaves alone what is there: it stays as long as they do.

    A look through it holds the event loop for 30 to 180 ms at 1,000 hosts, for 600 at 10,000, and finds nothing;
    so it does not look before either, for MOST_STARTING seconds at most.
    See https://docs.python.org/3/library/gc.html#gc.freeze. A host or a connection that goes is freed all the same,
    since nothing of it is in a cycle then (test_freed). What was garbage at that moment stays, once.

    `interval` is that of samples, in seconds; `enable`: it was on before the start.
    """
    freezing = asyncio.create_task(_freeze(manager, interval, enable), name="freeze")
    try:
        yield
    finally:
        freezing.cancel()
        await asyncio.wait([freezing])
        gc.unfreeze()


async def _freeze(manager: TransportManager, interval: float, enable: bool) -> None:
    for _ in range(MOST_STARTING):
        await asyncio.sleep(1.0)
        if not any(_is_starting(manager, host) for host in manager.list_hosts()):
            break
    gc.freeze()
    if enable:
        gc.enable()
    await asyncio.sleep(2 * interval)
    gc.freeze()  # with the two samples of each host that are kept
    while enable:
        await asyncio.sleep(COLLECT_EACH)
        if len(manager.list_hosts()) <= MOST_LOOKED_THROUGH:
            gc.collect(1)


def _is_starting(manager: TransportManager, host: HostInfo) -> bool:
    return manager.host_state(host.id).state in (ConnectionState.DISCONNECTED, ConnectionState.CONNECTING)
