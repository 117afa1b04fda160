"""One host tried step by step, as engine.try_out tells it: by the drivers that all connections have, each step timed.

The SSH driver tells the stages of its attempt. libvirt tells none of its own, so that its port is tried first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Protocol

from ..engine.try_out import HypervisorFound, TryKind, TryState, TryStep, failed
from ..model.causes import Cause, seconds
from ..model.errors import AtpError, AuthFailed, ConnectTimeout, HostKeyRejected
from ..model.host import HostInfo
from ..model.libvirt import VirtConnect
from ..model.message import Message, text, told
from ..model.quoting import redacted
from ..model.say import Say
from ..model.settings import Channel, TransportConfig
from ..monitor.border import required, whole
from ..monitor.border import text as text_of
from ..transport.clock import Clock, LoopClock
from ..transport.dialer import Dialed, Dialer
from ..transport.driver import CallsLibvirt, Driver, Link, OpenRequest, OpensStreams, Passed, Stage
from ..transport.gate import Gate
from .libvirt.uris import TCP_PORT, TLS_PORT
from .resolver import Resolver
from .ssh.hostkeys import HostKeyStore

_FOLLOWS = {Stage.CONNECTED: TryKind.GREETING, Stage.GREETED: TryKind.HOST_KEY, Stage.PROVED: TryKind.LOGIN}
"""The step that begins where a stage is passed, with which the one before has ended."""


class KeysUnwritten(HostKeyStore):
    """Trusts what the files trust, and changes none of them."""

    async def accept(self, *_: object) -> None:
        """A new key that the policy would take counts for this attempt alone."""

    def refuse(self, *_: object) -> None:
        """A person is asked about a key of a connection that is kept."""


class OwnDrivers(Protocol):
    """The drivers of one trial."""

    def __call__(self, host: HostInfo, channel: Channel) -> Driver: ...
    async def close(self) -> None: ...


class TryOut:
    """One trial. The drivers are its own: it closes them."""

    def __init__(
        self, drivers: OwnDrivers, host: HostInfo, config: TransportConfig, clock: Clock | None = None
    ) -> None:
        self._drivers = drivers
        self._host = host
        self._config = config
        self._clock = clock or LoopClock()
        self._task: asyncio.Task[None] | None = None
        self._told = _Told(self._clock)
        self._dialer = Dialer(self._heard_driver, Gate(1, self._clock), self._clock)

    async def steps(self) -> AsyncGenerator[TryStep, None]:
        """The steps as they come. Closed early, it cuts what is open."""
        work = self._task = asyncio.create_task(self._work(), name=f"try {self._host.id}")
        work.add_done_callback(lambda _: self._told.end())
        try:
            while (step := await self._told.next()) is not None:
                yield step
        finally:
            await self.close()
        work.result()  # a defect is raised here

    async def close(self) -> None:
        """End it, whether or not somebody still reads its steps. Once more does no harm."""
        if self._task is not None:
            self._task.cancel()
            await _ended(self._task)

    async def _work(self) -> None:
        try:
            await self._steps()
        finally:
            await self._drivers.close()

    async def _steps(self) -> None:
        host = self._host
        uri = host.connection_uri
        self._told.begin(TryKind.SETTINGS)
        if not (host.takes_commands or host.over_ssh):
            self._told.done(text(redacted(host.uri or "")))
            await self._hypervisor(None)
            return
        try:
            async with self._open("ssh", None) as link:
                if uri is not None:
                    await self._hypervisor(link if host.over_ssh else None)
        except AtpError as error:
            self._told.failed(error)

    async def _hypervisor(self, carrier: Link | None) -> None:
        """What fails is told at once: the goodbye to the SSH connection below takes its time, too."""
        try:
            await self._port()
            self._told.begin(TryKind.HYPERVISOR)
            async with self._open("virt", carrier) as link:
                assert isinstance(link, CallsLibvirt)
                self._told.done(await link.call(_asked, self._config.connect_timeout))
        except AtpError as error:
            self._told.failed(error)

    @asynccontextmanager
    async def _open(self, channel: Channel, carrier: Link | None) -> AsyncIterator[Link]:
        lease = _Carrier(carrier) if isinstance(carrier, OpensStreams) else None
        dialed = await self._dialer.dial(self._host, channel, self._config, lambda _: None, lease)
        try:
            yield dialed.link
        except asyncio.CancelledError:
            dialed.end()  # nobody waits for a goodbye any more
            raise
        finally:
            await self._goodbye(dialed)

    async def _goodbye(self, dialed: Dialed) -> None:
        if dialed.link.is_alive():
            await dialed.goodbye(self._clock)
        else:
            dialed.end()

    def _heard_driver(self, host: HostInfo, channel: Channel) -> Driver:
        driver = self._drivers(host, channel)
        return _Heard(driver, self._told) if channel == "ssh" else driver

    # -- the port of a libvirt daemon ----------------------------------------------------------------------------------

    async def _port(self) -> None:
        """Its name and its port, where the daemon is reached by TCP.

        A port that refuses is left to libvirt's driver, which has the words for it: the step stays open until then.
        """
        uri = self._host.connection_uri
        if uri is None or uri.host is None or uri.transport not in ("tcp", "tls"):
            return
        port = uri.port or (TLS_PORT if uri.transport == "tls" else TCP_PORT)
        self._told.begin(TryKind.ADDRESS)
        limit = self._config.connect_timeout
        try:
            async with self._clock.timeout(limit):
                addresses = await Resolver().addresses(uri.host)
                self._told.done(text(addresses[0]))
                self._told.begin(TryKind.PORT)
                self._told.done(await self._first_connected(addresses, port, limit))
        except TimeoutError as error:
            reason = told(Say.NO_ANSWER_FROM, peer=f"{redacted(uri.host)} port {port}", limit=limit)
            raise ConnectTimeout(reason, host=self._host.id, kind=Cause.NO_ANSWER, detail=seconds(limit)) from error
        except OSError:
            async with self._open("virt", None):
                self._told.done(None)  # it listens now

    async def _first_connected(self, addresses: list[str], port: int, limit: float) -> Message:
        for address in addresses[:-1]:
            with suppress(OSError):  # a TimeoutError is one
                async with self._clock.timeout(limit / len(addresses)):
                    return await _connected(address, port)
        return await _connected(addresses[-1], port)


async def _ended(work: asyncio.Task[None]) -> None:
    """Wait for the end of it, which has time limits of its own: also where the one who waits is cancelled meanwhile, as
    by a person who stops a trial and leaves the form in one breath."""
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


async def _connected(address: str, port: int) -> Message:
    _, writer = await asyncio.open_connection(address, port)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return told(Say.ADDRESS_AND_PORT, address=address, port=port)


def _asked(virt: VirtConnect) -> HypervisorFound:
    """What a hypervisor says of itself, in libvirt's thread."""
    return HypervisorFound(
        text_of(virt.getType(), "the hypervisor's name"),
        whole(virt.getVersion()),
        required(virt.getLibVersion(), "libvirt's version"),
        len(virt.listAllDomains()),
    )


class _Carrier:
    """transport.dialer.CarrierLease of the SSH link that the trial holds itself."""

    def __init__(self, streams: OpensStreams) -> None:
        self.streams = streams

    async def acquire(self) -> _Carrier:
        return self

    def release(self) -> None:
        """It ends with the trial."""


class _Heard:
    """The SSH driver, with somebody who listens to its stages."""

    def __init__(self, driver: Driver, told: _Told) -> None:
        self._driver = driver
        self._told = told

    async def open(self, request: OpenRequest) -> Link:
        return await self._driver.open(replace(request, on_found=self._told.found, on_passed=self._told.passed))

    async def close(self) -> None:
        await self._driver.close()


class _Told:
    """The steps so far, for a reader. The one that is under way ends before the next begins."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._steps: asyncio.Queue[TryStep | None] = asyncio.Queue()
        self._kind: TryKind | None = None
        self._last = TryKind.SETTINGS
        self._peer = ""
        self._begun = 0.0

    async def next(self) -> TryStep | None:
        """The next step; None after the last."""
        return await self._steps.get()

    def begin(self, kind: TryKind) -> None:
        self._kind = self._last = kind
        self._begun = self._clock.monotonic()
        self._steps.put_nowait(TryStep(kind, TryState.TRYING, self._peer))

    def done(self, found: Message | HypervisorFound | None) -> None:
        if self._kind is not None:
            self._steps.put_nowait(TryStep(self._kind, TryState.DONE, self._peer, self._took(), found))
            self._kind = None

    def failed(self, error: AtpError) -> None:
        """The error is that of the step under way, or of the last one where it came right after that. One about a key
        or a login is of that step, whatever was under way."""
        kind = self._kind or self._last
        if isinstance(error, HostKeyRejected):
            kind = TryKind.HOST_KEY
        elif isinstance(error, AuthFailed) and kind is not TryKind.HYPERVISOR:
            kind = TryKind.LOGIN
        self._steps.put_nowait(failed(kind, error, self._peer, self._took()))

    def end(self) -> None:
        self._steps.put_nowait(None)

    def _took(self) -> float:
        return self._clock.monotonic() - self._begun

    # -- what the SSH driver tells ---------------------------------------------------------------------------------

    def found(self, address: str) -> None:
        """The name of the first sshd on the way has an address."""
        self.done(text(address))
        self.begin(TryKind.PORT)

    def passed(self, passed: Passed) -> None:
        """A stage is passed."""
        match passed.stage:
            case Stage.WAY:
                self.done(passed.found)
            case Stage.HOP:
                self._peer = passed.peer
                if passed.found is None:
                    self.begin(TryKind.ADDRESS)
                else:
                    self._steps.put_nowait(TryStep(TryKind.PORT, TryState.LEFT_OUT, self._peer, found=passed.found))
                    self.begin(TryKind.GREETING)
            case stage:
                self.done(passed.found)
                if stage in _FOLLOWS:
                    self.begin(_FOLLOWS[stage])
