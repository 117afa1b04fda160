"""What the files say of the way to a host. ssh_config's `Match exec` runs a program that may hang: so it is read on a
thread, unless it is short and sure to hold no such thing. A thread costs three times the reading itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Hashable
from pathlib import Path

from ...model.host import HostInfo
from ...model.settings import SshSettings
from .endpoint import Endpoint, config_file, path_to
from .files import ParsedFiles

AT_ONCE = 2048
"""Bytes of an ssh_config that is read on the event loop: asyncssh takes about a millisecond for a thousand."""


class PathReader:
    """Reads without holding up the event loop. A reading cannot be cut short: one that hangs outlives who gave up.

    So those who ask for the same host share one, and there is one thread for each host at most. They are daemon
    threads: one that hangs does not keep the program from quitting.
    """

    def __init__(self) -> None:
        self._readings: dict[Hashable, asyncio.Future[list[Endpoint]]] = {}
        self._harmless: ParsedFiles[bool] = ParsedFiles(_is_harmless)

    async def path_to(self, host: HostInfo) -> list[Endpoint]:
        """As endpoint.path_to."""
        if self._comes_at_once(host.ssh or SshSettings()):
            return path_to(host)
        key = (host.id, host.host, host.uri, host.ssh)
        return await asyncio.shield(self._readings.get(key) or self._read(key, host))

    def _comes_at_once(self, settings: SshSettings) -> bool:
        try:
            return self._harmless.get(config_file(settings)) is not False  # None: there is none to read
        except OSError:
            return False

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


def _is_harmless(file: Path) -> bool:
    """Whether an ssh_config is short, runs nothing and includes nothing. It is not parsed for that: one that has the
    words in a comment counts as one that does, and quotes hide none (asyncssh takes `M"atch"` for Match)."""
    with file.open("rb") as opened:
        text = opened.read(AT_ONCE + 1)
    words = text.translate(None, b"\"'\\").lower()
    return len(text) <= AT_ONCE and b"match" not in words and b"include" not in words
