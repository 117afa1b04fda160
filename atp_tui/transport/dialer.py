"""One attempt to open: places, carriers, the driver, the first round trip, and the time limit on all of it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Protocol

from ..model.causes import Cause, seconds
from ..model.errors import AtpError, CallTimeout, ConnectFailed, ConnectTimeout, PoolError, TransportError
from ..model.exhausted import exhausted
from ..model.fence import Fence
from ..model.host import HostInfo
from ..model.message import Message, text, told
from ..model.say import Say
from ..model.settings import Channel, TransportConfig
from .clock import Clock, Timeout, stopped
from .driver import Driver, FoundCallback, Link, LostCallback, OpenRequest, OpensStreams, WayCallback
from .gate import Gate

JUMP_LIMIT = 8
"""Openings at a time through one jump host: sshd drops some at random from 10 on (MaxStartups 10:30:100)."""

CLOSE_TIMEOUT = 1.0
"""Seconds a goodbye may take before the link is cut; a silent peer must not delay a disconnect."""

ChooseDriver = Callable[[HostInfo, Channel], Driver]

_log = logging.getLogger(__name__)


class Dialed:
    """A link that has answered, and what must be let go of when it ends."""

    __slots__ = ("_release", "link")

    def __init__(self, link: Link, release: Callable[[], None] | None = None) -> None:
        self.link = link
        self._release = release

    def end(self) -> None:
        """Cut the link if it is still open, and let its carrier go. Once more does no harm."""
        self.link.abort()
        release, self._release = self._release, None
        if release is not None:
            release()

    async def goodbye(self, clock: Clock) -> None:
        """Close the link politely, for CLOSE_TIMEOUT at most, then `end` it."""
        try:
            async with clock.timeout(CLOSE_TIMEOUT):
                await self.link.close()
        except (TimeoutError, AtpError):
            pass  # it was asked politely; now it is cut
        finally:
            self.end()


class Dial(Protocol):
    """Makes one attempt. The link it returns has answered one real request. Raises TransportError."""

    async def __call__(self, host: HostInfo, config: TransportConfig, on_lost: LostCallback) -> Dialed: ...


class Carrying(Protocol):
    """The connection that another one rides on."""

    @property
    def streams(self) -> OpensStreams: ...


class CarrierLease(Protocol):
    """A lease of the SSH connection that a libvirt connection rides on; held as long as that one is open."""

    async def acquire(self) -> Carrying: ...
    def release(self) -> None: ...


class Dialer:
    """Makes attempts for all hosts, and keeps them from coming all at once."""

    def __init__(self, choose: ChooseDriver, gate: Gate, clock: Clock) -> None:
        self._choose = choose
        self._gate = gate
        self._clock = clock
        self._jumps: dict[str, Gate] = {}
        self._asking: Counter[str] = Counter()
        self._fence = Fence(_log)

    async def dial(
        self,
        host: HostInfo,
        channel: Channel,
        config: TransportConfig,
        on_lost: LostCallback,
        carrier: CarrierLease | None = None,
        on_found: FoundCallback = lambda _: None,
        on_way: WayCallback = lambda _: None,
    ) -> Dialed:
        """Open a link; with a `carrier`, over it. `on_found` hears of the peer's address, `on_way` of the jump host
        before it. Raises TransportError.

        connect_timeout bounds the attempt from the moment it has its place; the carrier's own opening has its own.
        """
        try:
            ssh = None if carrier is None else await self._carrier_link(carrier)
            # What rides on an open SSH connection is no new connection to the network, and needs no place. (It must
            # not hold one either while the SSH connection below it waits for its own.)
            request = OpenRequest(host, config, on_lost, ssh, on_found=on_found, on_way=on_way)
            link = await (self._open(request, channel) if ssh is not None else self._open_in_turn(request, channel))
        except BaseException as error:
            if isinstance(error, TransportError) and error.channel is None:  # a carrier's error has its own
                error.channel = channel
            if carrier is not None:
                carrier.release()
            raise
        return Dialed(link, None if carrier is None else carrier.release)

    @staticmethod
    async def _carrier_link(carrier: CarrierLease) -> OpensStreams:
        try:
            return (await carrier.acquire()).streams
        except PoolError as error:  # the SSH pool is closing, or had nothing to give: no cause of its own
            raise ConnectFailed(error.reason, host=error.host, kind=Cause.NO_FREE_CONNECTION) from error

    async def _open(self, request: OpenRequest, channel: Channel) -> Link:
        host, limit = request.host, request.config.connect_timeout
        try:
            async with self._clock.timeout(limit) as running:
                request.progress.unhurried = partial(self._unhurried, host.id, running)
                del running  # it knows the task, and an error of this attempt keeps this frame: a cycle
                try:
                    return await self._choose(host, channel).open(request)
                finally:
                    request.progress.unhurried = nullcontext
        except BaseException as error:
            if isinstance(error, TimeoutError | CallTimeout):
                known = request.progress.known
                raise ConnectTimeout(
                    told(Say.NO_ANSWER, limit=limit)
                    if known is None
                    else told(Say.NO_ANSWER_SINCE, limit=limit, known=known),
                    host=host.id,
                    kind=request.progress.kind,
                    detail=seconds(limit),
                ) from error
            if isinstance(error, Exception) and (ours := exhausted(error)) is not None:
                raise ConnectFailed(ours, host=host.id, kind=Cause.THIS_MACHINE) from error
            if isinstance(error, Exception) and not isinstance(error, TransportError):
                # The daemon answered with an error, or the driver has a defect: this host's cause, and tried again.
                reason = error.reason if isinstance(error, AtpError) else self._unforeseen(error, host.id)
                raise ConnectFailed(reason, host=host.id, kind=Cause.FAILED) from error
            raise

    def asks(self, host_id: str) -> bool:
        """Whether a login on the way to a host waits for a person."""
        return host_id in self._asking

    @contextmanager
    def _unhurried(self, host_id: str, limit: Timeout) -> Iterator[None]:
        self._asking[host_id] += 1
        try:
            with stopped(limit):
                yield
        finally:
            self._asking[host_id] -= 1
            if not self._asking[host_id]:
                del self._asking[host_id]

    async def _open_in_turn(self, request: OpenRequest, channel: Channel) -> Link:
        host = request.host
        jump = host.jump_host if channel == "ssh" else None
        if jump is None:
            async with self._gate.place():
                return await self._open(request, channel)
        # Were its patience to end while it waits for the fleet, more than the limit would begin in one moment then.
        through = self._jumps.setdefault(jump, self._gate.sibling(JUMP_LIMIT))
        async with through.place(begun=False) as place, self._gate.place():
            place.begin()
            return await self._open(request, channel)

    def _unforeseen(self, error: Exception, host_id: str) -> Message:
        """What is said of an error that no driver has words for: its own are a library's, and may hold anything."""
        if isinstance(error, ImportError):  # names what is to be installed
            return told(Say.ABOUT, subject=type(error).__name__, message=text(str(error)))
        if isinstance(error, OSError) and error.strerror:
            return text(error.strerror)
        defect = told(Say.DEFECT, kind=type(error).__name__)
        return self._fence.caught(error, "opening a connection to %s failed", host_id, defect)
