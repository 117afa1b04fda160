"""The driver of `sim://` hosts: links whose peer is a function of time, with the manners of a real one.

    sim://NAME/?seed=7&latency=0.002&domains=20&fault=silent@8:15&repeat=90

Every delay runs on the injected clock, so that a test can let a minute pass in no time.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

from ...model.causes import Cause
from ...model.data_class import dataclass
from ...model.errors import (
    AuthFailed,
    CallFailed,
    CallTimeout,
    ConfigError,
    ConnectFailed,
    ConnectionLost,
    HostKeyRejected,
)
from ...model.host import SIMULATED, HostInfo
from ...transport.clock import Clock, LoopClock, TimerHandle
from ...transport.driver import LostCallback, OpenRequest
from .answers import Answers
from .faults import Fault, FaultKind, FaultScript
from .node import SimulatedNode
from .virt import SimulatedVirt, SimulatedVirtError

T = TypeVar("T")

DEFAULT_LATENCY = 0.002
"""Seconds of one round trip."""

MOST_DOMAINS = 5000
"""On one simulated host: figures are made on the event loop, at about 4 µs a domain."""

_WHOLE = re.compile(r"-?[0-9]{1,19}")
_OPEN_ROUND_TRIPS = 4
"""What an opening costs: libvirt's own needs about as many (authentication, open, features, capabilities)."""


@dataclass(frozen=True, slots=True)
class SimulatedHost:
    """What a sim:// URI says: a node, the time of one round trip in seconds, and what goes wrong."""

    node: SimulatedNode
    latency: float
    script: FaultScript

    def has_fault(self, kind: FaultKind, moment: float) -> bool:
        """Whether a fault of this kind is on at `moment`."""
        fault = self.script.at(moment)
        return fault is not None and fault.kind is kind

    def answered_at(self, moment: float, round_trips: int = 1) -> float:
        """When the answer to what is asked at `moment` arrives; infinite where it never does."""
        if not self.script.faults:
            return moment + self.latency * round_trips
        fault = self.script.at(moment)
        factor = fault.amount if fault is not None and fault.kind is FaultKind.SLOW else 1.0
        # an answer that would arrive in a silence arrives when that is over
        return self.script.answers_at(self.script.answers_at(moment) + self.latency * round_trips * factor)


class SimulatedDriver:
    """Implements transport.driver.Driver for `sim://` hosts. `seed` is the one of hosts whose URI names none.

    Its time begins with the driver: figures and faults are functions of the seconds since then.
    """

    def __init__(self, clock: Clock | None = None, seed: int = 0) -> None:
        self._clock = LoopClock() if clock is None else clock
        self._seed = seed
        self._started = self._clock.monotonic()
        self._hosts: dict[str, SimulatedHost] = {}
        self._answers = Answers(self._clock)

    def elapsed(self) -> float:
        """Seconds since the simulation began."""
        return self._clock.monotonic() - self._started

    def host(self, info: HostInfo) -> SimulatedHost:
        """What stands behind a host's URI. Raises ConnectFailed, permanent, for a URI that does not make sense."""
        text = info.uri or ""
        known = self._hosts.get(text)
        if known is None:
            try:
                known = self._hosts[text] = _simulated_host(info, self._seed)
            except ConfigError as error:
                raise ConnectFailed(str(error), host=info.id, permanent=True, kind=Cause.BAD_URI) from error
        return known

    async def open(self, request: OpenRequest) -> SimulatedLink:
        """A link to a simulated host. Raises ConnectFailed, AuthFailed, HostKeyRejected as the script has it; while
        the host is silent it waits, until cancelled.
        """
        info, host = request.host, self.host(request.host)
        _raise_refusal(host.script.at(self.elapsed()), info.id)
        ready = host.answered_at(self.elapsed(), _OPEN_ROUND_TRIPS)
        if math.isinf(ready):
            await asyncio.get_running_loop().create_future()
        await self._clock.sleep(ready - self.elapsed())
        _raise_refusal(host.script.at(self.elapsed()), info.id)
        return SimulatedLink(info.id, host, self._clock, self._started, request.on_lost, self._answers)

    async def close(self) -> None:
        """Nothing is held."""
        self._hosts.clear()


class SimulatedLink:
    """One link to a simulated host; implements transport.driver.Link and CallsLibvirt."""

    def __init__(
        self,
        host_id: str,
        host: SimulatedHost,
        clock: Clock,
        started: float,
        on_lost: LostCallback,
        answers: Answers,
    ) -> None:
        self._answers = answers
        self._host_id = host_id
        self._host = host
        self._clock = clock
        self._started = started
        self._on_lost = on_lost
        self._waiting: set[asyncio.Future[None]] = set()
        self._ended: str | None = None
        self._received = self._sent = 0
        self._cut: TimerHandle | None = None
        if math.isfinite(cut_at := host.script.next_cut(self._elapsed())):
            self._cut = clock.call_later(cut_at - self._elapsed(), self._lose)

    @property
    def max_requests(self) -> int | None:
        return None

    def is_alive(self) -> bool:
        """False once the link is lost or closed; a silent peer is not noticed, as with a real one."""
        return self._ended is None

    def bytes_moved(self) -> tuple[int, int] | None:
        """(received, sent): what calls of this kind move over a real connection, about."""
        return self._received, self._sent

    async def ping(self, timeout: float) -> None:
        """One round trip of the simulated latency. Raises CallTimeout, ConnectionLost."""
        await self._round_trip(timeout)

    async def call(self, function: Callable[[Any], T], timeout: float) -> T:
        """function(SimulatedVirt) after the latency. Raises CallFailed, CallTimeout, ConnectionLost."""
        moment = await self._round_trip(timeout)
        try:
            return function(SimulatedVirt(self._host.node, moment))
        except SimulatedVirtError as error:
            raise CallFailed(str(error), host=self._host_id, code=error.get_error_code()) from error

    async def close(self) -> None:
        """A goodbye of one round trip where the peer answers, then the end."""
        if self._ended is None and not self._host.has_fault(FaultKind.SILENT, self._elapsed()):
            # a goodbye that is cut short is as good as one that arrives
            await self._clock.sleep(min(self._host.answered_at(self._elapsed()) - self._elapsed(), 1.0))
        self.abort()

    def abort(self) -> None:
        """End the link at once, and every call in it with ConnectionLost."""
        self._end("the connection was closed")

    async def _round_trip(self, timeout: float) -> float:
        """Wait for one; gives the moment, in seconds of the simulation, that the answer shows."""
        if self._ended is not None:
            raise ConnectionLost(self._ended, host=self._host_id)
        moment = self._clock.monotonic()
        now = moment - self._started
        delay = self._host.answered_at(now) - now
        answer = self._answers.at(moment + min(delay, timeout), moment)
        self._waiting.add(answer)
        self._sent += 120
        try:
            await answer
        except BaseException:
            self._answers.forget()
            raise
        finally:
            self._waiting.discard(answer)
        if delay > timeout:
            raise CallTimeout(f"no answer within {timeout:g} s", host=self._host_id)
        self._received += 900
        return now + delay

    def _lose(self) -> None:
        why = "the connection was reset by the simulated host"
        if self._end(why):
            self._on_lost(ConnectionLost(why, host=self._host_id))

    def _end(self, why: str) -> bool:
        """End for this reason; whether the link had not ended before."""
        if self._ended is not None:
            return False
        self._ended = why
        if self._cut is not None:
            self._cut.cancel()
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(ConnectionLost(why, host=self._host_id))
        return True

    def _elapsed(self) -> float:
        return self._clock.monotonic() - self._started


def _simulated_host(info: HostInfo, seed: int) -> SimulatedHost:
    """Raises ConfigError."""
    uri = info.connection_uri
    if uri is None or uri.driver != SIMULATED:
        raise ConfigError(f"{info.uri} is not a {SIMULATED}:// URI", key="uri", host=info.id)
    query = dict(uri.query)
    seed = _whole("seed", query.pop("seed", str(seed)), -(10**18), 10**18)
    domains = query.pop("domains", None)
    count = None if domains is None else _whole("domains", domains, 0, MOST_DOMAINS)
    node = SimulatedNode(uri.host or info.id, seed, count)
    latency = _latency(query.pop("latency", None))
    script = FaultScript.parse(query.pop("fault", ""), query.pop("repeat", ""))
    if query:
        raise ConfigError(
            f"{', '.join(query)} is unknown", key="uri", hint="use seed, latency, domains, fault and repeat"
        )
    return SimulatedHost(node, latency, script)


def _whole(key: str, text: str, least: int, most: int) -> int:
    if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
        raise ConfigError(
            f"{key}={text[:20]} is out of range", key="uri", hint=f"write a number from {least} to {most}"
        )
    return int(text)


def _latency(text: str | None) -> float:
    try:
        latency = DEFAULT_LATENCY if text is None else float(text)
    except ValueError:
        latency = math.nan
    if not 0 <= latency < math.inf:
        raise ConfigError(f"latency={text} is not a number of seconds", key="uri", hint="write a number such as 0.002")
    return latency


def _raise_refusal(fault: Fault | None, host_id: str) -> None:
    if fault is None:
        return
    if fault.kind is FaultKind.REFUSE:
        raise ConnectFailed("connection refused", host=host_id, kind=Cause.PORT_REFUSED)
    if fault.kind is FaultKind.AUTH:
        raise AuthFailed("authentication was refused", host=host_id)
    if fault.kind is FaultKind.HOST_KEY:
        raise HostKeyRejected(
            "the host key has changed",
            host=host_id,
            known=True,
            fingerprint="SHA256:c2ltdWxhdGVkIGtleSBvZiBhIHNpbXVsYXRlZCBob3N0",
            public_key="",
        )
