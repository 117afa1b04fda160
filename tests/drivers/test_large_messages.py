"""An answer of 100 MB of a libvirtd, or who passes for one: words say so, no memory goes, and the host comes back."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest

from atp_tui.api import (
    ConnectionLost,
    ConnectionState,
    HostConnection,
    HostInfo,
    Jitter,
    PoolConfig,
    ReconnectConfig,
    TransportConfig,
    TransportManager,
)

from ..daemons.sshd import PrivateSshd
from .messages import Spoiler, Spoiling
from .ssh_links import until
from .test_bad_input import ROOM, new_peak, peak
from .test_libvirt_tls import TlsDaemon, tls_daemon

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(90)]

Transport = Literal["tcp", "tls", "ssh"]
"""Read by libvirt itself; by us and handed to libvirt over a bridge; the same, by way of sshd."""

CONFIG = TransportConfig(
    pool=PoolConfig(max_connections_per_host=1),
    reconnect=ReconnectConfig(max_attempts=0, initial_delay=0.05, max_delay=0.2, jitter=Jitter.NONE),
)
TOO_LARGE = "packet 100000000 bytes received from server too large, want 33554432"
LIMIT = 30.0


@pytest.fixture(scope="module")
def daemon() -> Iterator[TlsDaemon]:
    with tempfile.TemporaryDirectory(prefix="atp-pki-") as made:
        directory = Path(made)
        directory.chmod(0o755)
        yield from tls_daemon(directory)


@asynccontextmanager
async def spoiled(
    transport: Transport, daemon: TlsDaemon, sshd: PrivateSshd, directory: Path
) -> AsyncIterator[tuple[Spoiler, HostInfo]]:
    """A host whose answers can be spoiled."""
    spoiler = Spoiler(daemon.daemon.port, b"\x01" if transport == "tls" else b"")
    ssh = None
    if transport == "ssh":
        server = await asyncio.start_unix_server(spoiler.talk, directory / "spoiler")
        uri, ssh = f"test+ssh://127.0.0.1/default?socket={directory}/spoiler", sshd.ssh_settings()
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if transport == "tls" else None
        if context is not None:
            context.load_cert_chain(daemon.pki / "servercert.pem", daemon.pki / "serverkey.pem")
        server = await asyncio.start_server(spoiler.talk, "127.0.0.1", 0, ssl=context)
        port, pki = server.sockets[0].getsockname()[1], f"?pkipath={daemon.pki}" if context else ""
        uri = f"test+{transport}://127.0.0.1:{port}/default{pki}"
    async with server:
        yield spoiler, HostInfo("big", "127.0.0.1", uri=uri, ssh=ssh)
        await spoiler.close()


async def version(connection: HostConnection) -> int:
    number: int = await connection.call(lambda virt: virt.getLibVersion())
    return number


@asynccontextmanager
async def fleet(host: HostInfo, daemon: TlsDaemon) -> AsyncIterator[TransportManager]:
    """It and a host that is well, which is asked all the time and never fails."""
    async with TransportManager(CONFIG) as manager:
        await manager.add_host(HostInfo("well", "127.0.0.1", uri=daemon.daemon.uri("tcp"), ssh=None))
        await manager.execute_on_host("well", version)
        await manager.add_host(host)
        answers = 0

        async def ask() -> None:
            nonlocal answers
            while True:
                await manager.execute_on_host("well", version, timeout=LIMIT)
                answers += 1
                await asyncio.sleep(0.01)

        asking = asyncio.create_task(ask())
        yield manager
        before = answers
        await until(lambda: answers > before or asking.done(), "the other host stands still")
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert manager.stats()["well"].total_errors == 0


@pytest.mark.parametrize("transport", ["tcp", "tls", "ssh"])
@pytest.mark.parametrize("spoiling", ["announced", "sent"])
async def test_while_it_is_opened(
    transport: Transport, spoiling: Spoiling, daemon: TlsDaemon, sshd: PrivateSshd, tmp_path: Path
) -> None:
    async with spoiled(transport, daemon, sshd, tmp_path) as (spoiler, host):
        spoiler.spoiling = spoiling
        before = new_peak()
        async with fleet(host, daemon) as manager:
            await until(lambda: spoiler.hits > 2, "it is not tried again")
            status = manager.host_state("big")
            assert status.state is ConnectionState.RECONNECTING
            assert f"does not speak libvirt's protocol: {TOO_LARGE}" in str(status.cause)
            spoiler.spoiling = None
            assert await manager.execute_on_host("big", version, timeout=LIMIT)
        assert peak() - before < ROOM


@pytest.mark.parametrize("transport", ["tcp", "tls", "ssh"])
@pytest.mark.parametrize("spoiling", ["announced", "sent"])
async def test_while_it_is_open(
    transport: Transport, spoiling: Spoiling, daemon: TlsDaemon, sshd: PrivateSshd, tmp_path: Path
) -> None:
    async with spoiled(transport, daemon, sshd, tmp_path) as (spoiler, host):
        async with fleet(host, daemon) as manager:
            assert await manager.execute_on_host("big", version, timeout=LIMIT)
            before = new_peak()
            spoiler.once, spoiler.spoiling = True, spoiling
            with pytest.raises(ConnectionLost, match=TOO_LARGE):
                await manager.execute_on_host("big", version, timeout=LIMIT)
            assert await manager.execute_on_host("big", version, timeout=LIMIT)
            assert manager.host_state("big").state is ConnectionState.CONNECTED
            (connection,) = manager.pools("big")[0].connections
            assert connection.reconnects == 1
            assert peak() - before < ROOM
        assert spoiler.hits == 1
