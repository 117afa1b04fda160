"""What the files say of the way to a host, read on threads: ssh_config's `Match exec` runs a program that may hang."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Hashable

from ...model.host import HostInfo
from .endpoint import Endpoint, path_to


class PathReader:
    """Reads without holding up the event loop. A reading cannot be cut short: one that hangs outlives who gave up.

    So those who ask for the same host share one, and there is one thread for each host at most. They are daemon
    threads: one that hangs does not keep the program from quitting.
    """

    def __init__(self) -> None:
        self._readings: dict[Hashable, asyncio.Future[list[Endpoint]]] = {}

    async def path_to(self, host: HostInfo) -> list[Endpoint]:
        """As endpoint.path_to."""
        key = (host.id, host.host, host.uri, host.ssh)
        return await asyncio.shield(self._readings.get(key) or self._read(key, host))

    def _read(self, key: Hashable, host: HostInfo) -> asyncio.Future[list[Endpoint]]:
        loop = asyncio.get_running_loop()
        reading: asyncio.Future[list[Endpoint]] = loop.create_future()

        def settle(path: list[Endpoint], error: Exception | None) -> None:
            del self._readings[key]
            if error is None:
                reading.set_result(path)
            else:
                reading.set_exception(error)
                reading.exception()  # those who asked may all have gone

        def read() -> None:
            path: list[Endpoint] = []
            failure: Exception | None = None
            try:
                path = path_to(host)
            except Exception as error:  # noqa: BLE001 - whatever it is belongs to those who asked, on the loop
                failure = error
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(settle, path, failure)

        threading.Thread(target=read, name=f"ssh-config-{host.id}", daemon=True).start()
        self._readings[key] = reading  # nothing settles before this method ends
        return reading
