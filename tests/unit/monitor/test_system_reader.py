"""The reader over a link of a test's own: what a far side may do while its command is being started."""

from __future__ import annotations

from typing import Any

import pytest

from atp_tui.model.errors import ConnectFailed
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


@pytest.mark.parametrize("floods", [True, False])
async def test_a_command_that_speaks_or_ends_before_it_is_opened_is_ended(floods: bool) -> None:
    link: Any = EarlyLink(floods=floods)
    reader = SystemReader(link)
    for _ in range(MOST_FAILURES):
        assert await reader.read(5.0) is None
    assert reader.gave_up
    assert link.streams and all(stream.aborted for stream in link.streams)
