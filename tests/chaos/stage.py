"""Where the fault matrix plays: a real libvirtd and a real sshd, a chaos proxy before each, hosts that lead there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from atp_tui.api import (
    Command,
    ConnectionState,
    HostConnection,
    HostInfo,
    Jitter,
    PoolConfig,
    ReconnectConfig,
    SshSettings,
    TransportConfig,
    TransportManager,
)
from atp_tui.model.outcome import Stream

from ..daemons.libvirtd import PrivateLibvirtd
from ..daemons.sshd import PrivateSshd, running_sshd
from ..drivers.ssh_links import Sleeper
from .apart import Proxies, Proxy
from .faults import Daemon, Fault, lift

Route = Literal["libvirt", "ssh", "libvirt_over_ssh"]
"""The hypervisor over TCP; SSH, where a command is the work; the hypervisor on the host's SSH connection."""

ROUTES: tuple[Route, ...] = ("libvirt", "ssh", "libvirt_over_ssh")

HANG = 30.0
"""Seconds after which something hangs: not a limit of the program's."""

CONNECT, CALL, CHECKOUT, LEASES = 0.3, 0.6, 0.6, 0.2
"""The program's limits while a fault is on, in seconds; LEASES is what a close grants to work in flight."""

PATIENT = TransportConfig(connect_timeout=HANG, call_timeout=HANG, pool=PoolConfig(checkout_timeout=HANG))
"""For what must succeed on a busy machine."""
HASTY = TransportConfig(
    connect_timeout=CONNECT,
    call_timeout=CALL,
    heartbeat_timeout=CALL,
    pool=PoolConfig(checkout_timeout=CHECKOUT),
    reconnect=ReconnectConfig(max_attempts=0, initial_delay=0.05, max_delay=0.1, jitter=Jitter.NONE),
)


def version(virt: Any) -> int:
    """A libvirt call that is one round trip."""
    number: int = virt.getLibVersion()
    return number


def reached(route: Route, config: TransportConfig, address: str, port: int, socket: Path, ssh: SshSettings) -> HostInfo:
    """The host that is called like the route: its libvirtd at `address` and `port`, and at `socket` for who comes by
    SSH."""
    uris: dict[Route, str | None] = {
        "libvirt": f"test+tcp://{address}:{port}/default",
        "ssh": None,
        "libvirt_over_ssh": f"test+ssh://{address}/default?socket={socket}",
    }
    return HostInfo(route, address, uri=uris[route], ssh=ssh, transport=config)


class Place(Protocol):
    """Where hosts are."""

    def host(self, route: Route, config: TransportConfig) -> HostInfo: ...


class Talker:
    """A command that goes on for ever and says so; `up` is set by its first word."""

    def __init__(self) -> None:
        self.sleeper = Sleeper()
        self.command = Command(f"{self.sleeper.line} & while :; do echo tick; sleep 0.05; done")
        self.up = asyncio.Event()

    def sink(self, _stream: Stream, _data: bytes) -> None:
        self.up.set()


@dataclass
class Stage:
    """The daemons and the proxies before them."""

    libvirtd: PrivateLibvirtd
    sshd: PrivateSshd
    before_libvirtd: Proxy
    before_sshd: Proxy
    ssh: SshSettings

    def host(self, route: Route, config: TransportConfig) -> HostInfo:
        return reached(route, config, "127.0.0.1", self.before_libvirtd.port, self.libvirtd.socket, self.ssh)

    def way(self, route: Route) -> tuple[Proxy, Daemon]:
        """What a fault of that route strikes: the proxy on the way, and the daemon that serves."""
        if route == "libvirt":
            return self.before_libvirtd, self.libvirtd
        return self.before_sshd, self.sshd if route == "ssh" else self.libvirtd

    def strike(self, fault: Fault, *routes: Route) -> None:
        for route in routes:
            fault.strike(*self.way(route))

    def lift(self) -> None:
        """End every fault, and whatever connection outlived its manager by one."""
        for proxy, daemon in ((self.before_libvirtd, self.libvirtd), (self.before_sshd, self.sshd)):
            lift(proxy, daemon)
            proxy.reset()


@contextmanager
def stage(directory: Path) -> Iterator[Stage]:
    """Daemons and proxies for the length of a `with`."""
    with PrivateLibvirtd() as libvirtd, running_sshd(directory) as sshd:
        proxies = Proxies()
        try:
            before_sshd = proxies.open(("127.0.0.1", sshd.port))
            known_hosts = directory / "known_hosts_of_the_proxy"
            known_hosts.write_text(f"[127.0.0.1]:{before_sshd.port} {sshd.host_public_key}\n")
            ssh = sshd.ssh_settings(known_hosts=known_hosts, port=before_sshd.port)
            yield Stage(libvirtd, sshd, proxies.open(("127.0.0.1", libvirtd.port)), before_sshd, ssh)
        finally:
            libvirtd.cont()
            sshd.cont()
            proxies.close()


async def warmed_up(where: Place) -> None:
    """Use every route once: what is loaded once for the process, libvirt's event thread above all, is there then."""
    async with managed() as manager:
        for route in ROUTES:
            await connected(manager, where.host(route, HASTY))


async def nothing(_connection: HostConnection) -> None:
    """The task of one who only wants a connection."""


async def is_down(connection: HostConnection) -> None:
    """Wait until the connection has noticed its loss and is on its way back."""
    limit = time.monotonic() + HANG
    while connection.state is ConnectionState.CONNECTED:
        assert time.monotonic() < limit, f"{connection!r} never noticed that it was cut"
        await asyncio.sleep(0.002)


async def connected(manager: TransportManager, host: HostInfo) -> None:
    """Add a host, wait until it is connected, then take the limits under which the fault is met."""
    await manager.add_host(replace(host, transport=PATIENT))
    await manager.execute_on_host(host.id, nothing)
    await manager.update_host(host)


@asynccontextmanager
async def managed() -> AsyncIterator[TransportManager]:
    """A manager that is closed at the end; a close that hangs fails."""
    manager = TransportManager(HASTY)
    try:
        yield manager
    finally:
        async with asyncio.timeout(HANG):
            await manager.close(LEASES)


Work = Callable[[HostConnection], Awaitable[object]]


def endless_work(route: Route, talker: Talker) -> Work:
    """Work on a connection that does not end by itself within any limit: a command, or calls in a row."""

    async def command(connection: HostConnection) -> object:
        return await connection.run(talker.command, talker.sink, HANG)

    async def calls(connection: HostConnection) -> None:
        while True:
            await connection.call(version, HANG)
            talker.up.set()

    return command if route == "ssh" else calls
