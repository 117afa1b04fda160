"""Rigs: each stands a driver in front of a peer that can be made to misbehave, for the contract suite."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.drivers.simulated.driver import SimulatedDriver
from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.model.errors import TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from atp_tui.transport.clock import LoopClock, TimerHandle
from atp_tui.transport.driver import Driver, OpenRequest, OpensStreams

from ..daemons.libvirtd import PrivateLibvirtd
from ..daemons.sshd import PrivateSshd, running_sshd

Ability = Literal["refuse", "silence", "kill", "calls", "runs"]
"""What a rig can do. `calls`, `runs`: its links have that capability. `kill` comes with ends that are noticed."""

CONFIG = TransportConfig(connect_timeout=10)


class Peer(Protocol):
    """The far side, misbehaving on demand."""

    def silence(self) -> None: ...
    def speak(self) -> None: ...
    def kill(self) -> None: ...


@dataclass
class Rig:
    """A driver and its peer. `lost` collects what on_lost was called with; `told` is set by the first."""

    driver: Driver
    host: HostInfo
    refused_host: HostInfo | None = None
    peer: Peer | None = None
    carrier: OpensStreams | None = None
    lost: list[TransportError] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def _on_lost(self, error: TransportError) -> None:
        self.lost.append(error)
        self.told.set()

    def request(self, config: TransportConfig = CONFIG) -> OpenRequest:
        return OpenRequest(self.host, config, self._on_lost, self.carrier)

    def refused(self) -> OpenRequest:
        assert self.refused_host is not None
        return replace(self.request(), host=self.refused_host)

    def peer_of(self) -> Peer:
        assert self.peer is not None
        return self.peer


@dataclass(frozen=True)
class RigMaker:
    """`make(daemon)` may silence and kill the daemon only where the test asks for it."""

    make: Callable[[PrivateLibvirtd], AbstractAsyncContextManager[Rig]]
    abilities: frozenset[Ability]


def _host(uri: str) -> HostInfo:
    return HostInfo("peer", "127.0.0.1", uri=uri)


@dataclass(frozen=True)
class _Daemon:
    """A private libvirtd as a peer."""

    daemon: PrivateLibvirtd

    def silence(self) -> None:
        self.daemon.stop()

    def speak(self) -> None:
        self.daemon.cont()

    def kill(self) -> None:
        self.daemon.kill()


@dataclass(frozen=True)
class _Sshd:
    """A private sshd as a peer."""

    sshd: PrivateSshd

    def silence(self) -> None:
        self.sshd.stop()

    def speak(self) -> None:
        self.sshd.cont()

    def kill(self) -> None:
        self.sshd.kill()


def _daemon_rig(transport: Literal["tcp", "unix"], refused: str) -> RigMaker:
    @asynccontextmanager
    async def make(daemon: PrivateLibvirtd) -> AsyncIterator[Rig]:
        driver = LibvirtDriver()
        yield Rig(driver, _host(daemon.uri(transport)), _host(refused), _Daemon(daemon))
        await driver.close()

    return RigMaker(make, frozenset({"refuse", "silence", "kill", "calls"}))


@asynccontextmanager
async def _over_ssh(daemon: PrivateLibvirtd) -> AsyncIterator[Rig]:
    """The whole chain: asyncssh, sshd, libvirtd. The peer is libvirtd."""
    driver = LibvirtDriver()
    async with _ssh_rig(daemon) as below:
        carrier = await below.driver.open(below.request())
        assert isinstance(carrier, OpensStreams)
        uri = f"test+ssh://127.0.0.1/default?socket={daemon.socket}"
        yield Rig(driver, _host(uri), _host("test+ssh://127.0.0.1/default?socket=/nowhere"), _Daemon(daemon), carrier)
        await carrier.close()
    await driver.close()


@asynccontextmanager
async def _ssh_rig(_daemon: PrivateLibvirtd) -> AsyncIterator[Rig]:
    with tempfile.TemporaryDirectory(prefix="atp-sshd-") as directory, running_sshd(Path(directory)) as sshd:
        driver = SshDriver()
        refused = sshd.ssh_settings(port=1)
        yield Rig(
            driver,
            HostInfo("peer", "127.0.0.1", uri=None, ssh=sshd.ssh_settings()),
            HostInfo("peer", "127.0.0.1", uri=None, ssh=refused),
            _Sshd(sshd),
        )
        await driver.close()


@asynccontextmanager
async def _in_process(_daemon: PrivateLibvirtd) -> AsyncIterator[Rig]:
    driver = LibvirtDriver()
    yield Rig(driver, _host("test:///default"), _host("test:///nowhere/at/all.xml"))
    await driver.close()


@dataclass
class _Timer:
    due: float
    callback: Callable[[], object]
    handle: TimerHandle

    def cancel(self) -> None:
        self.due = float("inf")
        self.handle.cancel()


class LeapingClock(LoopClock):
    """Real time that can be moved on: timers that fall due in a leap are run."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0.0
        self._timers: list[_Timer] = []

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    def call_later(self, delay: float, callback: Callable[[], object], slack: float = 0.0) -> TimerHandle:
        self._timers.append(_Timer(self.monotonic() + delay, callback, super().call_later(delay, callback)))
        return self._timers[-1]

    def leap(self, seconds: float) -> None:
        self._ahead += seconds
        for timer in self._timers:
            if timer.due <= self.monotonic():
                timer.cancel()
                asyncio.get_running_loop().call_soon(timer.callback)


@dataclass(frozen=True)
class _Script:
    """A simulated host's script: silent in the second thousand seconds, lost after the third."""

    clock: LeapingClock

    URI = "sim://peer/?fault=silent@1000:1000,lost@3000:1"

    def silence(self) -> None:
        self.clock.leap(1000)

    def speak(self) -> None:
        self.clock.leap(1000)

    def kill(self) -> None:
        self.clock.leap(3000)


@asynccontextmanager
async def _simulated(_daemon: PrivateLibvirtd) -> AsyncIterator[Rig]:
    clock = LeapingClock()
    driver = SimulatedDriver(clock)
    yield Rig(driver, _host(_Script.URI), _host("sim://refuses/?fault=refuse@0"), _Script(clock))
    await driver.close()


RIGS: dict[str, RigMaker] = {
    "libvirt-tcp": _daemon_rig("tcp", "test+tcp://127.0.0.1:1/default"),
    "libvirt-unix": _daemon_rig("unix", "test+unix:///default?socket=/nowhere/at/all"),
    "libvirt-ssh": RigMaker(_over_ssh, frozenset({"refuse", "silence", "kill", "calls"})),
    "ssh": RigMaker(_ssh_rig, frozenset({"refuse", "silence", "kill", "runs"})),
    "in-process": RigMaker(_in_process, frozenset({"refuse", "calls"})),
    "simulated": RigMaker(_simulated, frozenset({"refuse", "silence", "kill", "calls"})),
}


def rigs_that(*needed: Ability) -> list[str]:
    """The names of the rigs that can all that is needed."""
    return [name for name, maker in RIGS.items() if maker.abilities.issuperset(needed)]


def version_of(virt: Any) -> int:
    """A call that every kind of hypervisor connection answers."""
    version: int = virt.getLibVersion()
    return version
