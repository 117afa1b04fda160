"""Lines typed at a terminal, as a real pseudo-terminal gives them."""

from __future__ import annotations

import asyncio
import os
import pty
import termios
from collections.abc import Iterator

import pytest

from atp_tui.cli.typed import line_of_person
from atp_tui.model.text import safe

HANG = 30.0


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    leader, follower = pty.openpty()
    yield leader, follower
    os.close(leader)
    os.close(follower)


async def shows(leader: int, words: bytes) -> None:
    said, readable = b"", asyncio.Event()
    asyncio.get_running_loop().add_reader(leader, readable.set)
    try:
        async with asyncio.timeout(HANG):
            while words not in said:
                await readable.wait()
                readable.clear()
                said += os.read(leader, 4096)
    finally:
        asyncio.get_running_loop().remove_reader(leader)


async def test_the_rest_of_a_line_goes_nowhere_once_its_question_has_gone(terminal: tuple[int, int]) -> None:
    leader, follower = terminal
    gone, still = asyncio.Event(), asyncio.Event()

    async def both() -> list[str | None]:
        first = await line_of_person(follower, safe("password: "), shown=True, gone=gone)
        return [first, await line_of_person(follower, safe("code: "), shown=False, gone=still)]

    typed = asyncio.create_task(both())
    await shows(leader, b"password: ")
    os.write(leader, b"hunt")
    await shows(leader, b"hunt")
    gone.set()
    await shows(leader, b"asked no longer")
    assert not termios.tcgetattr(follower)[3] & termios.ECHO, "the rest is a secret, too"
    os.write(leader, b"er2\n")
    await shows(leader, b"code: ")
    os.write(leader, b"1234\n")
    assert await asyncio.wait_for(typed, HANG) == [None, "1234"]
    assert termios.tcgetattr(follower)[3] & termios.ECHO


async def test_a_question_that_goes_where_nothing_is_typed_waits_for_nothing(terminal: tuple[int, int]) -> None:
    leader, follower = terminal
    gone = asyncio.Event()
    asked = asyncio.create_task(line_of_person(follower, safe("password: "), shown=False, gone=gone))
    await shows(leader, b"password: ")
    gone.set()
    assert await asyncio.wait_for(asked, HANG) is None
