"""A driver behind the real port, for faults that no real peer makes on demand. It scripts opens; links can be lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from atp_tui.model.ending import confirm_end
from atp_tui.model.errors import CallTimeout, ConnectionLost, TransportError
from atp_tui.model.outcome import Command, ExitStatus, OutputSink
from atp_tui.transport.driver import Link, OpenRequest, RawStream, StreamReceiver

T = TypeVar("T")


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class FakeStream:
    """A stream to a far side that takes everything and says nothing."""

    def write(self, data: bytes) -> None: ...
    def write_eof(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def abort(self) -> None: ...


class FakeLink:
    """Answers calls by running them, after `latency` seconds. `silent`: answers nothing more."""

    def __init__(self, driver: FakeDriver, request: OpenRequest) -> None:
        self.request = request
        self.latency = driver.latency
        self.silent = False
        self.alive = True
        self.pings = 0
        self.max_requests = driver.max_requests
        self._driver = driver
        self._pending: dict[asyncio.Future[None], None] = {}  # in order: a run must be repeatable

    def is_alive(self) -> bool:
        return self.alive

    def bytes_moved(self) -> tuple[int, int] | None:
        return None

    async def ping(self, timeout: float) -> None:
        self.pings += 1
        await self._answer(timeout)

    async def call(self, function: Callable[[Any], T], timeout: float) -> T:
        await self._answer(timeout)
        return function(self)

    async def run(self, command: Command, output: OutputSink, timeout: float | None) -> ExitStatus:
        try:
            await self._answer(1e9 if timeout is None else timeout)
        except (asyncio.CancelledError, CallTimeout) as error:
            confirm_end(error)  # nothing has begun before the answer
            raise
        output("stdout", command.line.encode())
        return ExitStatus(0)

    async def open_stream(self, path: str, receiver: StreamReceiver) -> RawStream:
        return FakeStream()

    async def open_pipe(self, command: Command, receiver: StreamReceiver, *, spare: bool = False) -> RawStream:
        return FakeStream()

    async def close(self) -> None:
        if self.silent:
            await asyncio.Event().wait()
        self.abort()

    def abort(self) -> None:
        if self.alive:
            self.alive = False
            self._driver.live.discard(self)
        for future in self._pending:
            if not future.done():
                future.set_exception(ConnectionLost("aborted"))

    def lose(self, reason: str = "the peer went away") -> None:
        """The peer ends the connection."""
        was_alive = self.alive
        self.abort()
        if was_alive:
            self.request.on_lost(ConnectionLost(reason))

    async def _answer(self, timeout: float) -> None:
        if not self.alive:
            raise ConnectionLost("the link is closed")
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending[future] = None
        if not self.silent:
            asyncio.get_running_loop().call_later(self.latency, _resolve, future)
        try:
            async with asyncio.timeout(None if timeout == float("inf") else timeout):
                await future
        except TimeoutError as error:
            raise CallTimeout(f"no answer within {timeout:g} s") from error
        finally:
            self._pending.pop(future, None)


class FakeDriver:
    """`script` decides each open: an error is raised, "silent" never answers, "mute" only shakes hands, None opens."""

    def __init__(self, *, latency: float = 0.001, open_time: float = 0.01) -> None:
        self.latency = latency
        self.open_time = open_time
        self.script: Callable[[OpenRequest], TransportError | str | None] = lambda request: None
        self.opened_at: list[float] = []
        self.attempts: list[float] = []
        self.max_requests: int | None = None
        self.opening = 0
        self.most_opening = 0
        self.links: list[FakeLink] = []
        self.live: set[FakeLink] = set()

    async def open(self, request: OpenRequest) -> Link:
        loop = asyncio.get_running_loop()
        self.attempts.append(loop.time())
        self.opening += 1
        self.most_opening = max(self.most_opening, self.opening)
        try:
            verdict = self.script(request)
            if verdict == "silent":
                await asyncio.Event().wait()
            await asyncio.sleep(self.open_time)
            if isinstance(verdict, TransportError):
                raise verdict
        finally:
            self.opening -= 1
        self.opened_at.append(loop.time())
        link = FakeLink(self, request)
        self.links.append(link)
        self.live.add(link)
        link.silent = verdict == "mute"
        try:
            await link.ping(float("inf"))  # a link that is handed out has answered once: so says the port
        except BaseException:
            link.abort()
            raise
        return link

    async def close(self) -> None:
        assert not self.live, "links outlived their manager"
