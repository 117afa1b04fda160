"""The reader over a link of a test's own: what a far side may do while its command is being started."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from atp_tui.model.errors import ConnectFailed, ConnectionLost
from atp_tui.monitor.system import LONGEST_ANSWER
from atp_tui.monitor.system_reader import MOST_FAILURES, SystemReader
from atp_tui.transport.driver import StreamReceiver


class Stream:
    def __init__(self) -> None:
        self.aborted = False

    def write(self, data: bytes) -> None: ...
    def write_eof(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...

    def abort(self) -> None:
        self.aborted = True


class EarlyLink:
    """A link whose command has spoken, or ended, before its opening is told."""

    def __init__(self, *, floods: bool) -> None:
        self.floods = floods
        self.streams: list[Stream] = []

    async def open_pipe(self, command: object, receiver: StreamReceiver, *, spare: bool = False) -> Stream:
        if self.floods:
            receiver.data(b"y\n" * LONGEST_ANSWER)
        else:
            receiver.ended(ConnectFailed("exit status 1"))
        self.streams.append(Stream())
        return self.streams[-1]


class SilentLink:
    """A link whose command says nothing until the test has it end."""

    receiver: StreamReceiver

    async def open_pipe(self, command: object, receiver: StreamReceiver, *, spare: bool = False) -> Stream:
        self.receiver = receiver
        return Stream()


async def test_an_end_that_nobody_waits_for_is_no_error_of_the_program() -> None:
    """The reading was given up for the time being; then the connection is lost, and a new one has its own reader."""
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
    link: Any = SilentLink()
    reader = SystemReader(link)
    assert await reader.read(0.01) is None
    link.receiver.ended(ConnectionLost("gone"))
    reader.close()
    del reader, link
    gc.collect()
    await asyncio.sleep(0)
    assert not told


@pytest.mark.parametrize("floods", [True, False])
async def test_a_command_that_speaks_or_ends_before_it_is_opened_is_ended(floods: bool) -> None:
    link: Any = EarlyLink(floods=floods)
    reader = SystemReader(link)
    for _ in range(MOST_FAILURES):
        assert await reader.read(5.0) is None
    assert reader.gave_up
    assert link.streams and all(stream.aborted for stream in link.streams)
