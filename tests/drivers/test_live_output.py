"""What is printed while a job runs, into real pipes: read slowly, left, and never read."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from atp_tui.drivers import live_output
from atp_tui.drivers.live_output import WAITING, LiveOutput
from atp_tui.model.text import Printed, safe


class Pipe:
    """A pipe with both ends."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        self._open = {self.reading, self.writing}

    def leave(self, end: int) -> None:
        self._open.discard(end)
        os.close(end)

    def close(self) -> None:
        for end in self._open:
            os.close(end)


@pytest.fixture
def pipes() -> Iterator[tuple[Pipe, Pipe]]:
    both = Pipe(), Pipe()
    yield both
    for pipe in both:
        pipe.close()


def fail() -> None:
    raise AssertionError("the reader has not gone")


async def test_all_arrives_in_order_on_both(pipes: tuple[Pipe, Pipe]) -> None:
    out, err = pipes
    async with LiveOutput(fail, out.writing, err.writing) as live:
        live.out(Printed("a\n"))
        live.err(Printed("b\n"))
        live.out(Printed("\ud800\n"))
    assert os.read(out.reading, 99) == b"a\n?\n"
    assert os.read(err.reading, 99) == b"b\n"


async def test_a_status_stands_below_the_lines_and_is_part_of_none(pipes: tuple[Pipe, Pipe]) -> None:
    out, err = pipes
    async with LiveOutput(fail, out.writing, err.writing) as live:
        live.status(safe("1/2"))
        live.status(safe("1/2"))  # the same: nothing is written
        live.out(Printed("a\n"))
        live.status(safe("1/2"))  # it was taken away: it comes again
        live.err(Printed("b, and no end yet"))
        live.status(safe("2/2"))  # not into a line
        live.err(Printed("\n"))
        live.status(safe("2/2"))
    assert os.read(out.reading, 99) == b"a\n"
    erase = b"\r\x1b[K"
    parts = [erase, b"1/2", erase, erase, b"1/2", erase, b"b, and no end yet", b"\n", erase, b"2/2", erase]
    assert os.read(err.reading, 199) == b"".join(parts)


async def test_a_reader_that_stands_still_is_waited_for_and_loses_nothing(pipes: tuple[Pipe, Pipe]) -> None:
    out, err = pipes
    text = "x" * (WAITING + (1 << 20))
    async with LiveOutput(fail, out.writing, err.writing) as live:
        live.out(Printed(text))
        room = asyncio.ensure_future(live.room())
        await asyncio.sleep(0)
        assert not room.done()
        got = 0
        loop = asyncio.get_running_loop()
        all_read = loop.create_future()

        def take() -> None:
            nonlocal got
            got += len(os.read(out.reading, 1 << 16))
            if got == len(text):
                all_read.set_result(None)

        loop.add_reader(out.reading, take)
        await room
        await all_read
        loop.remove_reader(out.reading)
    assert got == len(text)


async def test_a_reader_that_has_left_is_told_once(pipes: tuple[Pipe, Pipe]) -> None:
    out, err = pipes
    gone: list[str] = []
    out.leave(out.reading)
    async with LiveOutput(lambda: gone.append("out"), out.writing, err.writing) as live:
        for _ in range(3):
            live.out(Printed("x" * WAITING))
        await live.room()
    assert gone == ["out"]
    assert isinstance(live.gone, BrokenPipeError)


async def test_a_standard_error_that_cannot_be_written_is_no_reason_to_end(pipes: tuple[Pipe, Pipe]) -> None:
    out, err = pipes
    async with LiveOutput(fail, out.writing, err.reading) as live:
        live.err(Printed("lost"))
        live.out(Printed("kept"))
    assert live.gone is None
    assert os.read(out.reading, 99) == b"kept"


async def test_what_comes_late_after_a_person_wants_to_leave_is_written(
    pipes: tuple[Pipe, Pipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ends of commands may be told seconds later; they were lost."""
    out, err = pipes
    monkeypatch.setattr(live_output, "HURRY", 0.0)
    async with LiveOutput(fail, out.writing, err.writing) as live:
        live.hurry()
        await asyncio.sleep(0.05)
        live.err(Printed("cancelled"))
    assert os.read(err.reading, 99) == b"cancelled"


async def test_a_person_who_wants_to_leave_waits_for_no_reader(
    pipes: tuple[Pipe, Pipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = pipes
    monkeypatch.setattr(live_output, "HURRY", 0.0)
    async with LiveOutput(fail, out.writing, err.writing) as live:
        live.out(Printed("x" * (1 << 20)))
        live.hurry()
    os.read(out.reading, 1 << 20)
    out.leave(out.reading)
