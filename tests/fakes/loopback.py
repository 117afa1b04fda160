"""A driver whose hosts live in the test: commands and libvirt calls are answered by plain functions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from atp_tui.model.ending import confirm_end
from atp_tui.model.errors import ConnectionLost, TransportError
from atp_tui.model.moving import Moved, MoveSink, Pull, Push
from atp_tui.model.outcome import Command, ExitStatus, OutputSink
from atp_tui.model.shell import Shell as Session
from atp_tui.transport.driver import Link, NearShell, OpenRequest

T = TypeVar("T")

Shell = Callable[[str, Command, OutputSink], Awaitable[ExitStatus]]


async def echo(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
    """A shell that says its host and the command line."""
    output("stdout", f"{host_id}: {command.line}\n".encode())
    return ExitStatus(0)


class LoopbackVirt:
    """The virConnect of a host: enough to be pinged."""

    def __init__(self, host_id: str) -> None:
        self.host_id = host_id

    def getLibVersion(self) -> int:
        return 11_000_000


class LoopbackLink:
    """A link of LoopbackDriver."""

    def __init__(self, driver: LoopbackDriver, request: OpenRequest) -> None:
        self.host_id = request.host.id
        self._request = request
        self._driver = driver
        self._alive = True

    @property
    def max_requests(self) -> int | None:
        return None

    def is_alive(self) -> bool:
        return self._alive

    def bytes_moved(self) -> tuple[int, int] | None:
        return None

    async def ping(self, timeout: float) -> None:
        self._require()

    async def call(self, function: Callable[[Any], T], timeout: float) -> T:
        self._require()
        await self._driver.before_call(self.host_id)
        return function(self._driver.virt(self.host_id))

    async def run(self, command: Command, output: OutputSink, timeout: float | None) -> ExitStatus:
        self._require()
        self._driver.running.append(self.host_id)
        try:
            return await self._driver.shell(self.host_id, command, output)
        except asyncio.CancelledError as error:
            if await self._driver.has_ended(self.host_id):
                confirm_end(error)
            raise
        finally:
            self._driver.running.remove(self.host_id)

    async def move(self, asked: Push | Pull, sink: MoveSink) -> ExitStatus:
        self._require()
        self._driver.moves.append((self.host_id, asked))
        sink.moved(Moved(1, 2, 0))
        sink("stdout", b"moved\n")
        return ExitStatus(0)

    async def shell(self, asked: Session, near: NearShell) -> ExitStatus | None:
        self._require()
        near.output("stdout", f"{self.host_id}: {asked.line}\n".encode())
        return ExitStatus(3)

    async def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        self._alive = False

    def lose(self) -> None:
        """The peer ends the connection."""
        self.abort()
        self._request.on_lost(ConnectionLost("the peer went away"))

    def _require(self) -> None:
        if not self._alive:
            raise ConnectionLost("closed")


class LoopbackDriver:
    """`refuse` maps host ids to the error their opening ends with; `silent` hosts never answer an opening."""

    def __init__(self, *, shell: Shell = echo, virt: Callable[[str], object] | None = None) -> None:
        self.shell = shell
        self.virt: Callable[[str], object] = virt or LoopbackVirt
        self.refuse: dict[str, TransportError] = {}
        self.silent: set[str] = set()
        self.links: dict[str, LoopbackLink] = {}
        self.running: list[str] = []
        self.moves: list[tuple[str, Push | Pull]] = []

    async def open(self, request: OpenRequest) -> Link:
        host_id = request.host.id
        if host_id in self.silent:
            await asyncio.Event().wait()
        if host_id in self.refuse:
            raise self.refuse[host_id]
        self.links[host_id] = link = LoopbackLink(self, request)
        return link

    async def close(self) -> None:
        self.links.clear()

    async def before_call(self, host_id: str) -> None:
        """What a libvirt call waits for before it is answered; tests replace it."""

    async def has_ended(self, host_id: str) -> bool:
        """Whether a command that was cancelled is known to have ended, however long that takes; tests replace it."""
        return True
