"""What is written in one turn of the loop leaves as one piece, and nothing of it is lost."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from atp_tui.drivers.ssh.turns import TurnTransport

from .ssh_links import until


@pytest.fixture
async def pair() -> AsyncIterator[tuple[TurnTransport, socket.socket]]:
    """A joined transport, and the socket of its peer."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    yield TurnTransport(transport, 1 << 30, list), theirs
    transport.abort()
    theirs.close()
    await asyncio.sleep(0)


def received(theirs: socket.socket) -> bytes | None:
    """What is there now; None: nothing."""
    try:
        return theirs.recv(1 << 20)
    except BlockingIOError:
        return None


async def test_a_turn_s_writes_leave_together_and_in_their_order(pair: tuple[TurnTransport, socket.socket]) -> None:
    transport, theirs = pair
    for turn in (b"a", b"b"):
        for number in (b"1", b"2", b"3"):
            transport.write(turn + number)
        assert received(theirs) is None
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert received(theirs) == turn + b"1" + turn + b"2" + turn + b"3"


async def test_much_data_is_not_held(pair: tuple[TurnTransport, socket.socket]) -> None:
    transport, theirs = pair
    transport.write(b"x" * 65536)
    assert received(theirs) == b"x" * 65536


@pytest.mark.parametrize("end", ["close", "abort"])
async def test_what_was_written_before_the_end_comes(pair: tuple[TurnTransport, socket.socket], end: str) -> None:
    transport, theirs = pair
    transport.write(b"goodbye")
    getattr(transport, end)()
    assert received(theirs) == b"goodbye"
    ends: list[bytes | None] = []
    await until(lambda: ends.append(received(theirs)) or ends[-1] == b"", "the peer saw no end")  # type: ignore[func-returns-value]


async def test_the_rest_is_the_transport_s_own(pair: tuple[TurnTransport, socket.socket]) -> None:
    transport, _ = pair
    assert transport.get_extra_info("socket").family == socket.AF_UNIX
    assert transport.is_closing() is False
