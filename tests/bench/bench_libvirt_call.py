"""What a libvirt call costs through the manager and by way of a lane, against the bare call and the ways not taken.

    python -m tests.bench.bench_libvirt_call [ROUNDS]

Rounds are interleaved, so that a busy machine slows all of them alike. Medians in microseconds.
"""

from __future__ import annotations

import asyncio
import queue
import statistics
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from atp_tui.api import TransportManager
from atp_tui.drivers.libvirt.binding import load
from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from atp_tui.transport.driver import OpenRequest

from ..daemons.libvirtd import PrivateLibvirtd

CALLS = 20


class BareThread:
    """The least that asyncio and a thread can do: one queue, one future, no deadline, no error handling."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[tuple[Callable[[Any], Any], asyncio.Future[Any]]] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    async def call(self, function: Callable[[Any], Any]) -> Any:
        future = self._loop.create_future()
        self._queue.put((function, future))
        return await future

    def _work(self) -> None:
        while True:
            function, future = self._queue.get()
            self._loop.call_soon_threadsafe(future.set_result, function(self._connection))


def ask(connection: Any) -> int:
    version: int = connection.getLibVersion()
    return version


async def measure(rounds: int, uri: str) -> dict[str, float]:
    driver = LibvirtDriver()
    request = OpenRequest(HostInfo("bench", "127.0.0.1", uri=uri), TransportConfig(), lambda error: None)
    link = await driver.open(request)
    manager = TransportManager(request.config)
    await manager.add_host(request.host)
    await manager.execute_on_host("bench", lambda connection: connection.call(ask))
    libvirt = load().libvirt
    bare, threaded = libvirt.open(uri), libvirt.open(uri)
    for connection in (bare, threaded):
        connection.setKeepAlive(5, 3)
    thread = BareThread(bare)

    async def blocking() -> object:
        return ask(bare)

    ways: dict[str, Callable[[], Awaitable[object]]] = {
        "blocking call": blocking,
        "bare own thread": lambda: thread.call(ask),
        "asyncio.to_thread": lambda: asyncio.to_thread(ask, threaded),
        "LibvirtLink.call": lambda: link.call(ask, 30),
        "execute_on_host": lambda: manager.execute_on_host("bench", lambda connection: connection.call(ask)),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            for _ in range(CALLS):
                start = time.perf_counter()
                await way()
                taken[name].append(time.perf_counter() - start)
    await manager.close()
    await link.close()
    await driver.close()
    return {name: statistics.median(times) * 1e6 for name, times in taken.items()}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with PrivateLibvirtd() as daemon:
        medians = asyncio.run(measure(rounds, daemon.uri("tcp")))
    base, hop = medians["bare own thread"], medians["asyncio.to_thread"]
    for name, median in medians.items():
        print(
            f"{name:20} {median:8.1f} µs  {median / base:5.2f} of the bare own thread  {median - base:+7.1f} µs  "
            f"{median / hop:5.2f} of to_thread"
        )


if __name__ == "__main__":
    main()
