"""The chaos proxy itself: each mode, on connections that are open and on those that come."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from .proxy import PASS, Address, ChaosProxy, Kind, Mode

HANG = 20.0
BRIEFLY = 0.15
"""Seconds in which something that must not come does not come."""

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Client]]


@asynccontextmanager
async def echoing(path: Path | None = None) -> AsyncIterator[Address]:
    """A daemon that says `hello` and then returns what it gets."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        try:
            while data := await reader.read(1000):
                writer.write(data)
        except ConnectionError:
            pass  # the proxy resets connections, that is its purpose
        finally:
            writer.close()

    if path is None:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
    else:
        server = await asyncio.start_unix_server(echo, str(path))
    try:
        yield server.sockets[0].getsockname()
    finally:
        server.close()


async def connect(address: Address) -> Client:
    async with asyncio.timeout(HANG):
        if isinstance(address, str):
            return await asyncio.open_unix_connection(address)
        return await asyncio.open_connection(*address)


@pytest.fixture(params=["tcp", "unix"])
async def proxy(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ChaosProxy]:
    unix = request.param == "unix"
    async with echoing(tmp_path / "daemon" if unix else None) as target:
        made = ChaosProxy(target, str(tmp_path / "proxy") if unix else ("127.0.0.1", 0))
        yield made
        await made.close()
        assert made.open_connections == 0
        assert not any("proxy" in task.get_name() for task in asyncio.all_tasks())


@pytest.fixture
async def dial(proxy: ChaosProxy) -> AsyncIterator[Connect]:
    """Connects a client, which the test need not close."""
    writers: list[asyncio.StreamWriter] = []

    async def one() -> Client:
        client = await connect(proxy.address)
        writers.append(client[1])
        return client

    yield one
    for writer in writers:
        writer.transport.abort()


async def reads(client: Client, expected: bytes) -> None:
    async with asyncio.timeout(HANG):
        assert await client[0].readexactly(len(expected)) == expected


async def reads_nothing(client: Client) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(BRIEFLY):
            await client[0].read(1)


async def talks(proxy: ChaosProxy, number: int) -> None:
    """Wait until the proxy has no more connections than that."""
    limit = time.monotonic() + HANG
    while proxy.open_connections > number:
        assert time.monotonic() < limit, f"{proxy.open_connections} connections are left"
        await asyncio.sleep(0.01)


async def greeted(client: Client) -> Client:
    await reads(client, b"hello")
    return client


async def was_reset(client: Client, proxy: ChaosProxy) -> None:
    """unix sockets know no RST: what is there is the end, or a reset where bytes were unread."""
    async with asyncio.timeout(HANG):
        try:
            assert await client[0].read(1) == b""
            assert isinstance(proxy.address, str), "FIN, not RST"
        except ConnectionResetError:
            pass  # as it should be


async def test_it_passes_bytes_and_ends(proxy: ChaosProxy, dial: Connect) -> None:
    client = await greeted(await dial())
    client[1].write(b"x" * 300_000)
    await reads(client, b"x" * 300_000)
    client[1].write_eof()
    async with asyncio.timeout(HANG):
        assert await client[0].read() == b""
    await talks(proxy, 0)


async def test_refuse_cuts_what_is_open_and_refuses_what_comes(proxy: ChaosProxy, dial: Connect) -> None:
    client = await greeted(await dial())
    proxy.set(Mode(Kind.REFUSE))
    await was_reset(client, proxy)
    with pytest.raises(ConnectionRefusedError):
        await dial()
    proxy.set(PASS)
    await greeted(await dial())


async def test_drop_answers_no_syn(proxy: ChaosProxy, dial: Connect) -> None:
    client = await greeted(await dial())
    proxy.set(Mode(Kind.DROP))
    if isinstance(proxy.address, str):
        with socket.socket(socket.AF_UNIX) as late:  # asyncio takes a full queue for a connection
            late.setblocking(False)
            assert late.connect_ex(proxy.address) == errno.EAGAIN
    else:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(BRIEFLY):
                await dial()
    client[1].write(b"held")
    await reads_nothing(client)
    proxy.set(PASS)
    await reads(client, b"held")
    await greeted(await dial())


async def test_silent_accepts_and_says_nothing(proxy: ChaosProxy, dial: Connect) -> None:
    before = await greeted(await dial())
    proxy.set(Mode(Kind.SILENT))
    client = await dial()
    await reads_nothing(client)
    before[1].write(b"held")
    await reads_nothing(before)
    proxy.set(PASS)
    await greeted(client)
    await reads(before, b"held")


@pytest.mark.parametrize("kind", [Kind.RST, Kind.FIN])
async def test_cuts(kind: Kind, proxy: ChaosProxy, dial: Connect) -> None:
    before = await greeted(await dial())
    proxy.set(Mode(kind))
    for client in (before, await dial()):
        if kind is Kind.RST:
            await was_reset(client, proxy)
        else:
            async with asyncio.timeout(HANG):
                assert await client[0].read() == b""
    proxy.set(PASS)
    await greeted(await dial())


async def test_fin_after_some_bytes_truncates_a_message(proxy: ChaosProxy, dial: Connect) -> None:
    before = await greeted(await dial())
    proxy.set(Mode(Kind.FIN, after=3))
    before[1].write(b"message")
    async with asyncio.timeout(HANG):
        assert await before[0].read() == b"mes"
        assert await (await dial())[0].read() == b"hel"


async def test_half_open_forwards_neither_bytes_nor_ends(proxy: ChaosProxy, dial: Connect) -> None:
    client, leaving = await greeted(await dial()), await greeted(await dial())
    proxy.set(Mode(Kind.HALF_OPEN))
    client[1].write(b"held")
    await reads_nothing(client)
    leaving[1].transport.abort()
    await reads_nothing(await dial())
    assert proxy.open_connections == 3, "the daemon has not learnt that one has left"
    proxy.set(PASS)
    await reads(client, b"held")
    await talks(proxy, 2)


async def test_late_delays_and_keeps_the_order(proxy: ChaosProxy, dial: Connect) -> None:
    client = await greeted(await dial())
    proxy.set(Mode(Kind.LATE, pace=0.3))
    client[1].write(b"one")
    await asyncio.sleep(0.1)
    client[1].write(b"two")
    await reads_nothing(client)
    await reads(client, b"onetwo")


async def test_trickle_lets_one_byte_through_at_a_time(proxy: ChaosProxy, dial: Connect) -> None:
    proxy.set(Mode(Kind.TRICKLE, pace=0.05))
    client = await dial()
    async with asyncio.timeout(HANG):
        pieces = [await client[0].read(100) for _ in range(2)]
    assert len(b"".join(pieces)) < 5
    proxy.set(PASS)
    await reads(client, b"hello"[len(b"".join(pieces)) :])


async def test_a_daemon_that_refuses_is_a_connection_that_ends(proxy: ChaosProxy, dial: Connect) -> None:
    proxy.target = ("127.0.0.1", 1)
    await was_reset(await dial(), proxy)
