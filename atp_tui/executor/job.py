"""Jobs: one command on many hosts, streamed as it happens."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from ..model.outcome import Command, CommandResult, ExitStatus, OutputSink, Stream, TaskResult
from ..transport.connection import HostConnection
from ..transport.manager import TransportManager
from .capture import Budget, Capture, Flow
from .outcome import describe, outcome_of_error, outcome_of_exit


@dataclass(frozen=True, slots=True)
class HostStarted:
    """The command begins on a host: its connection is there, nothing has come back yet.

    A host that was never reached has no such event, only its HostEnded.
    """

    host: str


@dataclass(frozen=True, slots=True)
class HostOutput:
    """A piece of output of one host, as remote bytes; what came while the reader was away is one piece."""

    host: str
    stream: Stream
    data: bytes


@dataclass(frozen=True, slots=True)
class HostEnded:
    """One host is done, however it ended. Exactly one of these comes for each host of a job."""

    result: CommandResult


JobEvent = HostStarted | HostOutput | HostEnded

_News = Literal["started", "stdout", "stderr", "ended"]


class _Reader:
    """One iteration over a job: where it has read to, and what has changed since, each change at most once.

    It holds no output of its own, so a reader as slow as it likes costs a few bytes a host.
    """

    def __init__(self, captures: Mapping[str, Capture]) -> None:
        self._captures = captures
        self._news: OrderedDict[tuple[str, _News], None] = OrderedDict()
        self._offsets: dict[tuple[str, Stream], int] = {}
        self._ended = 0
        self._waiter: asyncio.Future[None] | None = None
        for host, capture in captures.items():
            self._catch_up(host, capture)

    def _catch_up(self, host: str, capture: Capture) -> None:
        if capture.started_at is not None:
            self._news[host, "started"] = None
        self._news.update({(host, "stdout"): None, (host, "stderr"): None})
        if capture.result is not None:
            self._news[host, "ended"] = None

    def tell(self, host: str, news: _News) -> None:
        self._news[host, news] = None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def events(self) -> AsyncIterator[JobEvent]:
        while self._ended < len(self._captures):
            if not self._news:
                self._waiter = asyncio.get_running_loop().create_future()
                await self._waiter
                continue
            (host, news), _ = self._news.popitem(last=False)
            event = self._event(host, news)
            if event is not None:
                yield event

    def _event(self, host: str, news: _News) -> JobEvent | None:
        capture = self._captures[host]
        if news == "started":
            return HostStarted(host)
        if news == "ended":
            assert capture.result is not None
            self._ended += 1
            return HostEnded(capture.result)
        offset = self._offsets.get((host, news), 0)
        data = capture.read(news, offset)
        self._offsets[host, news] = offset + len(data)
        return HostOutput(host, news, data) if data else None


class Job:
    """One command on its targets. Made by JobRunner.start.

    Iterating gives the events from the job's beginning, however late one starts; any number of readers may iterate.
    A `streamed` job keeps no output: it has one reader, which gets all of it, and a slow one holds the commands up.
    `results` fills as hosts end. `started_at` is a moment of the program's monotonic clock.
    """

    def __init__(
        self,
        id: int,
        command: Command,
        targets: tuple[str, ...],
        started_at: float,
        output_limit: int,
        budget: int,
        *,
        streamed: bool = False,
    ) -> None:
        shared = Budget(budget)
        self.id = id
        self.command = command
        self.targets = targets
        self.started_at = started_at
        self.results: dict[str, CommandResult] = {}
        self._captures = {host: Flow() if streamed else Capture(output_limit, shared) for host in targets}
        self._readers: list[_Reader] = []
        self._finished = asyncio.Event()
        self._cancel: Callable[[], object] | None = None

    @property
    def done(self) -> bool:
        """Whether each host has its result."""
        return len(self.results) == len(self._captures)

    def cancel_with(self, cancel: Callable[[], object]) -> None:
        """Say what `cancel` does; for the runner, who owns the task."""
        self._cancel = cancel

    def cancel(self) -> None:
        """End it now: the remote commands are killed, hosts not yet done end as cancelled. Harmless when done."""
        if self._cancel is not None and not self.done:
            self._cancel()

    async def wait(self) -> tuple[CommandResult, ...]:
        """Wait until each host has its result; they come in the order of the targets.

        Cancelling the waiter does not cancel the job.
        """
        await self._finished.wait()
        return tuple(self.results[host] for host in self.targets)

    async def __aiter__(self) -> AsyncIterator[JobEvent]:
        reader = _Reader(self._captures)
        self._readers.append(reader)
        try:
            async for event in reader.events():
                yield event
        finally:
            self._readers.remove(reader)

    async def run(self, manager: TransportManager, timeout: float | None, fanout: int) -> None:
        """Carry it out; for the runner, once, who calls `finish` afterwards."""
        now = manager.clock.monotonic

        async def task(connection: HostConnection) -> ExitStatus:
            host = connection.host_info.id
            capture = self._captures[host]
            capture.started_at = now()
            self._tell(host, "started")
            capture.status = await connection.run(self.command, self._sink(host, capture))
            return capture.status

        results = manager.stream_on_hosts(
            self.targets, task, fanout=fanout, timeout=timeout, channel="ssh", fail_fast=True
        )
        async with aclosing(results):  # so that on return from a cancel what ran has been killed
            async for result in results:
                self._end(result)

    def finish(self, error: BaseException, now: float) -> None:
        """Give each host that has no result one that says `error`: it was cut off with the job. For the runner."""
        for host, capture in self._captures.items():
            if capture.result is None:
                began = self.started_at if capture.started_at is None else capture.started_at
                # one that had ended, its result still on the way, is not made a victim of the cancel
                cut = None if capture.status is not None else error
                self._end(TaskResult(host, capture.status, cut, now - began))

    def _sink(self, host: str, capture: Capture) -> OutputSink:
        def sink(stream: Stream, data: bytes) -> asyncio.Future[None] | None:
            if capture.add(stream, data):
                self._tell(host, stream)
            return capture.room()

        return sink

    def _end(self, done: TaskResult[ExitStatus]) -> None:
        capture = self._captures[done.host_id]
        error, status = done.error, done.value
        if error is not None:
            outcome, status = outcome_of_error(error), None
        elif status is not None:
            outcome = outcome_of_exit(status)
        else:
            raise AssertionError(f"{done.host_id} ended with neither a status nor an error")
        result = CommandResult(
            host=done.host_id,
            outcome=outcome,
            exit_status=status.status if status else None,
            stdout=capture.kept("stdout"),
            stderr=capture.kept("stderr"),
            duration=done.duration,
            error=None if error is None else describe(error, f"a command on {done.host_id}"),
            signal=status.signal if status else None,
            truncated=capture.truncated,
        )
        capture.end(result)
        self.results[done.host_id] = result
        self._tell(done.host_id, "ended")
        if self.done:
            self._finished.set()

    def _tell(self, host: str, news: _News) -> None:
        for reader in self._readers:
            reader.tell(host, news)
