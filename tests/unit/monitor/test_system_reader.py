"""The reader over a link of a test's own: what a far side may do while its command is being started."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atp_tui.model.errors import ConnectFailed, ConnectionLost, NoPlace
from atp_tui.monitor.system import BEGIN, END, LONGEST_ANSWER
from atp_tui.monitor.system_reader import LONGEST_PAUSE, MOST_FAILURES, SystemReader
from atp_tui.transport.driver import StreamReceiver

from .test_system import ANSWER


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
    stream: Stream

    async def open_pipe(self, command: object, receiver: StreamReceiver, *, spare: bool = False) -> Stream:
        self.receiver, self.stream = receiver, Stream()
        return self.stream


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


async def test_the_answer_to_a_question_that_was_given_up_is_not_that_to_the_next() -> None:
    link: Any = SilentLink()
    reader = SystemReader(link)
    reading = asyncio.create_task(reader.read(60.0))
    await asyncio.sleep(0)
    first: Stream = link.stream
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert first.aborted
    assert await reader.read(0.01) is None
    assert link.stream is not first, "another command is asked"
    reader.close()


class FullLink:
    """A link whose server has no session left."""

    asked = 0

    async def open_pipe(self, command: object, receiver: StreamReceiver, *, spare: bool = False) -> Stream:
        self.asked += 1
        raise NoPlace("no session left")


async def test_a_server_without_a_session_left_is_asked_ever_more_seldom() -> None:
    link: Any = FullLink()
    reader = SystemReader(link)
    for _ in range(64):
        assert await reader.read(60.0) is None
    assert link.asked == 6, "after 1, 2, 4, 8, 16 and 32 readings that were left out"
    for _ in range(10 * (LONGEST_PAUSE + 1)):
        await reader.read(60.0)
    assert link.asked == 16
    assert not reader.gave_up


@pytest.mark.parametrize("floods", [True, False])
async def test_a_command_that_speaks_or_ends_before_it_is_opened_is_ended(floods: bool) -> None:
    link: Any = EarlyLink(floods=floods)
    reader = SystemReader(link)
    for _ in range(MOST_FAILURES):
        assert await reader.read(5.0) is None
    assert reader.gave_up
    assert link.streams and all(stream.aborted for stream in link.streams)


class ChattyLink:
    """A link whose command answers each question with the next piece, cut anywhere."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    async def open_pipe(self, command: object, receiver: StreamReceiver, *, spare: bool = False) -> Stream:
        link, loop = self, asyncio.get_running_loop()

        class Answering(Stream):
            def write(self, data: bytes) -> None:
                while link.pieces:
                    loop.call_soon(receiver.data, link.pieces.pop(0))

        return Answering()


pieces = st.lists(
    st.binary() | st.sampled_from([f"{line}\n".encode() for line in (BEGIN, END, *ANSWER.splitlines())]), max_size=40
)


@settings(max_examples=50, deadline=None)
@given(pieces, st.booleans())
def test_whatever_bytes_come_are_a_reading_or_none(pieces: list[bytes], whole: bool) -> None:
    async def main() -> None:
        link: Any = ChattyLink([f"{BEGIN}\n{ANSWER}{END}\n".encode()] if whole else pieces)
        reader = SystemReader(link)
        for _ in range(3):
            reading = await reader.read(0.001)
            assert reading is None or (reading.cpus >= 0 and reader.nonsense is None)
        assert reader.nonsense is None or reader.nonsense.isprintable()
        reader.close()

    asyncio.run(main())


async def test_nonsense_is_told_until_the_next_reading() -> None:
    wrong = ANSWER.replace("0.25", "nan")
    link: Any = ChattyLink([f"{BEGIN}\n{wrong}{END}\n".encode()])
    reader = SystemReader(link)
    assert await reader.read(60.0) is None
    assert reader.nonsense == "the load is no number"
    link.pieces = [f"{BEGIN}\n{ANSWER}{END}\n".encode()]
    assert await reader.read(60.0) is not None or reader.nonsense is None
