"""Forwards over a real sshd: what listens here, what is carried, and what is said where it is not."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from atp_tui.drivers.near.listening import NearSockets, NearStream
from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.engine.forwards import Forwards
from atp_tui.model.errors import ActionFailed, ConnectFailed, HostUnknown
from atp_tui.model.forward import Forward, ForwardState, Place, parse_forward
from atp_tui.model.host import HostInfo
from atp_tui.model.say import Say
from atp_tui.model.settings import PoolConfig, ReconnectConfig, TransportConfig
from atp_tui.transport.manager import TransportManager

from ..daemons.sshd import PrivateSshd, running_sshd
from .far_sides import dropbear
from .ssh_links import HANG, host_of, until

pytestmark = pytest.mark.daemons

MANY = 5_000_000


@pytest.fixture(scope="module")
def forbidding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSshd]:
    options = ["AllowTcpForwarding no", "AllowStreamLocalForwarding no"]
    with running_sshd(tmp_path_factory.mktemp("forbidding"), options=options) as daemon:
        yield daemon


@asynccontextmanager
async def forwarding(daemon: PrivateSshd | HostInfo, pool: PoolConfig | None = None) -> AsyncIterator[Forwards]:
    """Forwards to the host `peer`, which reconnects at once."""
    config = TransportConfig(
        pool=pool or PoolConfig(), connect_timeout=10, reconnect=ReconnectConfig(initial_delay=0.05, max_delay=0.1)
    )
    driver = SshDriver()
    async with TransportManager(config, lambda host, channel: driver) as manager:
        await manager.add_host(daemon if isinstance(daemon, HostInfo) else host_of(daemon))
        forwards = Forwards(manager, NearSockets())
        try:
            async with asyncio.timeout(HANG):
                yield forwards
        finally:
            await forwards.close()


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Echoes, and says how much it was once the other side has ended."""
    size = 0
    with suppress(OSError):
        while data := await reader.read(65536):
            size += len(data)
            writer.write(data)
            await writer.drain()
        writer.write(b"%d" % size)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def target(serve: Serve = echo) -> AsyncIterator[int]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def opened(forwards: Forwards, *specs: str) -> tuple[Forward, ...]:
    return await forwards.open("peer", [parse_forward(each) for each in specs])


async def talk(forward: Forward, data: bytes) -> bytes:
    """Send it, end, and take what comes to the end."""
    if forward.near.path:
        reader, writer = await asyncio.open_unix_connection(forward.near.path)
    else:
        reader, writer = await asyncio.open_connection(forward.near.host, forward.near.port)

    async def send() -> None:
        writer.write(data)
        await writer.drain()
        writer.write_eof()

    sending = asyncio.create_task(send())
    try:
        return await reader.read()
    finally:
        sending.cancel()
        await asyncio.wait([sending])
        writer.close()


async def test_all_arrives_both_ways_with_each_end_by_itself(sshd: PrivateSshd, tmp_path: Path) -> None:
    data, far = os.urandom(MANY), tmp_path / "far"
    unix = await asyncio.start_unix_server(echo, far)
    async with target() as port, forwarding(sshd) as forwards:
        near = tmp_path / "near"
        found = await opened(forwards, f"0:localhost:{port}", f"[::1]:0:{far}", f"{near}:127.0.0.1:{port}")
        assert stat.S_IMODE(near.stat().st_mode) == 0o600
        said = await asyncio.gather(*(talk(each, data) for each in found))
        for each in said:
            assert each == data + b"%d" % MANY
        await until(lambda: not any(each.active for each in forwards.now()), "connections are left")
        for now in forwards.now():
            assert (now.total, now.failed, now.sent, now.received) == (1, 0, MANY, MANY + 7)
            await forwards.shut(now.number)
        assert not near.exists() and not forwards.now()
        with pytest.raises(OSError):
            await talk(found[0], b"")
    unix.close()


async def test_a_target_that_ends_first_still_gets_what_comes(sshd: PrivateSshd) -> None:
    got: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def ends_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"said")
        writer.write_eof()
        got.set_result(await reader.read())
        writer.close()

    async with target(ends_first) as port, forwarding(sshd) as forwards:
        (forward,) = await opened(forwards, f"0:localhost:{port}")
        reader, writer = await asyncio.open_connection(forward.near.host, forward.near.port)
        assert await reader.read() == b"said"
        data = os.urandom(MANY)
        writer.write(data)
        await writer.drain()
        writer.close()
        assert await got == data


async def test_a_reader_who_does_not_read_holds_the_sender_back(sshd: PrivateSshd) -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        with suppress(OSError):
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
                sent += 65536

    async with target(flood) as port, forwarding(sshd) as forwards:
        (forward,) = await opened(forwards, f"0:localhost:{port}")
        with socket.create_connection((forward.near.host, forward.near.port)):
            seen = -1
            while seen != sent or not sent:
                seen = sent
                await asyncio.sleep(0.3)
            assert forwards.now()[0].received < 32 * 2**20
        await until(lambda: not forwards.now()[0].active, "a connection that its peer has left stays")


async def test_a_target_that_is_not_there_is_told_and_the_peer_is_reset(sshd: PrivateSshd, tmp_path: Path) -> None:
    async with forwarding(sshd) as forwards:
        news = forwards.news()
        for spec, what in {
            "0:127.0.0.1:1": Say.REACH_REFUSED,
            "0:nosuch.invalid:80": Say.REACH_REFUSED,
            f"0:{tmp_path}/none": Say.REACH_NO_SOCKET,
        }.items():
            (forward,) = await opened(forwards, spec)
            heard = asyncio.ensure_future(anext(news))
            with pytest.raises(ConnectionResetError):
                await talk(forward, b"")
            told = await heard
            assert (told.message.id, told.forward.number, told.forward.failed) == (what, forward.number, 1)
            assert forwards.now()[-1].note == told.message


async def test_a_server_that_forbids_it_is_told_apart(forbidding: PrivateSshd, tmp_path: Path) -> None:
    async with forwarding(forbidding) as forwards:
        found = await opened(forwards, "0:127.0.0.1:1", f"0:{tmp_path}/none")
        for forward in found:
            with pytest.raises(ConnectionResetError):
                await talk(forward, b"")
        await until(lambda: all(each.note for each in forwards.now()), "nothing is told")
        assert [each.note.id for each in forwards.now() if each.note] == [Say.REACH_FORBIDDEN, Say.REACH_NO_SOCKET]


async def test_so_it_is_with_dropbear(tmp_path: Path) -> None:
    with dropbear(tmp_path / "dropbear") as settings:
        async with target() as port, forwarding(HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)) as forwards:
            good, *bad = await opened(forwards, f"0:127.0.0.1:{port}", "0:127.0.0.1:1", f"0:{tmp_path}/none")
            assert await talk(good, b"x" * MANY) == b"x" * MANY + b"%d" % MANY
            for each in bad:
                with pytest.raises(ConnectionResetError):
                    await talk(each, b"")
            await until(lambda: all(each.note for each in forwards.now()[1:]), "nothing is told")
            notes = [each.note.id for each in forwards.now() if each.note]
            assert notes == [Say.REACH_REFUSED, Say.REACH_NO_SOCKET]


async def test_what_cannot_be_listened_on_opens_nothing(sshd: PrivateSshd, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("kept")
    async with target() as port, forwarding(sshd) as forwards:
        for spec, what in {
            f"{port}:x:80": Say.NEAR_TAKEN,
            f"{there}:x:80": Say.NEAR_EXISTS,
            f"{tmp_path}/none/s:x:80": Say.NEAR_NO_SOCKET,
            f"{tmp_path}/{'s' * 120}:x:80": Say.NEAR_NO_SOCKET,
            "192.0.2.1:8080:x:80": Say.NEAR_NO_ADDRESS,
        }.items():
            with pytest.raises(ActionFailed) as caught:
                await opened(forwards, f"{tmp_path}/first:x:80", spec)
            assert caught.value.reason.id is what, str(caught.value)
            assert not forwards.now() and not (tmp_path / "first").exists()
        with pytest.raises(HostUnknown):
            await forwards.open("other", [parse_forward(f"{tmp_path}/first:x:80")])
        assert not (tmp_path / "first").exists()
    assert there.read_text() == "kept"


async def test_a_path_that_is_another_socket_by_now_is_left(sshd: PrivateSshd, tmp_path: Path) -> None:
    near = tmp_path / "near"
    async with forwarding(sshd) as forwards:
        (forward,) = await opened(forwards, f"{near}:x:80")
        near.unlink()
        other = await asyncio.start_unix_server(echo, near)
        await forwards.shut(forward.number)
        assert near.exists()
        other.close()


async def test_a_forward_waits_for_a_lost_connection_and_goes_on_with_it(own_sshd: PrivateSshd) -> None:
    async with target() as port, forwarding(own_sshd) as forwards:
        (forward,) = await opened(forwards, f"0:localhost:{port}")
        reader, writer = await asyncio.open_connection(forward.near.host, forward.near.port)
        writer.write(b"x")
        assert await reader.read(1) == b"x"
        news = forwards.news()
        heard = asyncio.ensure_future(anext(news))
        own_sshd.kill()
        assert (await heard).message.id is Say.FORWARD_LOST
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        assert forwards.now()[0].state is ForwardState.WAITING
        talking = asyncio.create_task(talk(forward, b"later"))  # it comes while the host is away
        own_sshd.start()
        assert await talking == b"later5"
        assert (await anext(news)).message.id is Say.FORWARD_BACK
        assert forwards.now()[0].state is ForwardState.OPEN


async def test_a_connection_that_nothing_else_needs_is_held_and_comes_back(own_sshd: PrivateSshd) -> None:
    pool = PoolConfig(min_connections_per_host=0, idle_timeout=0.2, management_interval=0.1)
    async with forwarding(own_sshd, pool) as forwards:
        (forward,) = await opened(forwards, "0:localhost:1")
        news = forwards.news()
        heard = asyncio.ensure_future(anext(news))
        await asyncio.wait([heard], timeout=0.6)
        assert own_sshd.connections() == 1 and not heard.done(), "an idle connection was closed"
        own_sshd.restart()
        assert (await heard).message.id is Say.FORWARD_LOST
        assert (await anext(news)).message.id is Say.FORWARD_BACK
        await forwards.shut(forward.number)
        await until(lambda: own_sshd.connections() == 0, "it is held for nothing")


async def test_a_host_that_is_not_reached_opens_nothing(own_sshd: PrivateSshd, tmp_path: Path) -> None:
    own_sshd.kill()
    async with forwarding(own_sshd) as forwards:
        with pytest.raises(ConnectFailed):
            await opened(forwards, f"{tmp_path}/near:x:80")
        assert not (tmp_path / "near").exists()


async def test_several_are_closed_at_the_same_time(sshd: PrivateSshd) -> None:
    async with forwarding(sshd) as forwards:
        found = await opened(forwards, "0:localhost:1", "0:localhost:2")
        await asyncio.gather(*(forwards.shut(each.number) for each in found))
        assert forwards.now() == ()


class Halves:
    """A receiver that holds its stream up at the first piece."""

    def __init__(self, near: NearStream) -> None:
        self.near = near
        self.came = b""
        self.pauses = 0

    def data(self, data: bytes) -> None:
        self.came += data
        self.near.pause_reading()

    def pause_writing(self) -> None:
        self.pauses += 1

    def half_ended(self) -> None: ...
    def ended(self, error: Exception | None) -> None: ...
    def resume_writing(self) -> None: ...


async def test_what_came_before_it_was_begun_with_holds_up_either_side() -> None:
    listening = NearSockets().listen(Place("127.0.0.1"))
    with socket.create_connection(("127.0.0.1", listening.place.port)) as peer:
        peer.sendall(b"early")
        near = await listening.accept()
        near.write(bytes(MANY))
        receiver = Halves(near)
        await asyncio.sleep(0)  # Python 3.11 reads once by itself
        near.begin(receiver)
        assert receiver.pauses == 1, "the far side is held up, though nobody was there to be told"
        await until(lambda: bool(receiver.came), "what came early")
        peer.sendall(b"late")
        for _ in range(3):
            await asyncio.sleep(0)
        assert receiver.came == b"early"
        near.abort()
    listening.close()
