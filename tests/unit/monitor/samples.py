"""Readings for tests of the monitor."""

from __future__ import annotations

from atp_tui.model.events import HostSampled
from atp_tui.model.node import DomainReading, DomainState, NodeReading


def node(busy: int | None = 0, idle: int | None = 0, free: int | None = 500) -> NodeReading:
    return NodeReading("n", "QEMU", 9002000, 11003000, 4, 1000, free, busy, idle)


def domain(
    name: str, cpu_time: int | None = 0, *, state: DomainState = DomainState.RUNNING, rx: int = 0
) -> DomainReading:
    return DomainReading(name, f"uuid-{name}", state, 2, 1024, 2048, cpu_time, rx, 2 * rx)


def sample(
    at: float,
    reading: NodeReading | None,
    *domains: DomainReading,
    host: str = "a",
    requests: float = 0,
    errors: float = 0,
) -> HostSampled:
    return HostSampled(at, host, reading, domains, 0.001, requests, errors)
