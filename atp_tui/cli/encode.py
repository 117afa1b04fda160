"""The JSON shapes of `stats`, `domains` and `hosts list`. Moments become seconds since 1970."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from ..executor.outcome import describe
from ..model.connection import ConnectionSnapshot, PoolStatistics
from ..model.errors import AtpError
from ..model.events import HostSampled
from ..model.host import HostInfo
from ..model.node import DomainReading
from ..transport.manager import TransportManager

_MOMENTS = ("since", "next_attempt_at", "last_error_at", "created_at", "last_active")

_OF_NODE = (
    "hypervisor_version", "libvirt_version", "cpus", "memory_kib", "memory_free_kib", "cpu_busy", "cpu_idle",
)  # fmt: skip
_OF_DOMAIN = ("vcpus", "memory_kib", "memory_max_kib", "cpu_time", "rx_bytes", "tx_bytes")
_LARGEST = (1 << 63) - 1  # libvirt's typed parameters have 64 bits, and no true counter comes near their end

Wall = Callable[[float | None], float | None]


def encode_host(
    manager: TransportManager, host_id: str, sample: HostSampled | AtpError, rtt: float | None
) -> dict[str, Any]:
    """One entry of "hosts" in `stats`: "pool" and "connections" are the main pool's, "ssh" the SSH pool beside it.

    "error" says why there is no sample of a host, where there is none. `rtt` in seconds.
    """
    status = manager.host_state(host_id)
    main, *beside = manager.pools(host_id)
    shift = manager.clock.wall() - manager.clock.monotonic()

    def wall(moment: float | None) -> float | None:
        return None if moment is None else round(moment + shift, 3)

    node = None if isinstance(sample, AtpError) or sample.node is None else _checked(asdict(sample.node), _OF_NODE)
    return {
        "host": host_id,
        "state": str(status.state),
        "cause": status.cause,
        "since": wall(status.since),
        "pool": encode_pool(main),
        "connections": [_connection(one, wall) for one in main.connections],
        "ssh": None
        if not beside
        else {
            "pool": encode_pool(beside[0]),
            "connections": [_connection(one, wall) for one in beside[0].connections],
        },
        "node": node,
        "rtt": None if rtt is None else round(rtt, 6),
        "error": describe(sample) if isinstance(sample, AtpError) else None,
    }


def encode_pool(pool: PoolStatistics) -> dict[str, Any]:
    """A pool's statistics by name. `checkout_times` counts by the upper bound in seconds, the last one "inf"."""
    return {
        "channel": pool.channel,
        "total_connections": pool.total_connections,
        "active_connections": pool.active_connections,
        "max_connections": pool.max_connections,
        "selection_strategy": pool.selection_strategy,
        "total_requests": pool.total_requests,
        "total_errors": pool.total_errors,
        "total_active_uses": pool.total_active_uses,
        "waiting": pool.waiting,
        "opened": pool.opened,
        "closed": dict(pool.closed),
        "checkout_times": {f"{bound:g}": count for bound, count in pool.checkout_times.items()},
    }


def _connection(connection: ConnectionSnapshot, wall: Wall) -> dict[str, Any]:
    encoded = asdict(connection)
    for name in _MOMENTS:
        encoded[name] = wall(encoded[name])
    return encoded


def encode_domain(host_id: str, domain: DomainReading) -> dict[str, Any]:
    """One entry of "domains"."""
    return {"host": host_id, **_checked(domain._asdict(), _OF_DOMAIN)}


def _checked(entry: dict[str, Any], figures: Sequence[str]) -> dict[str, Any]:
    """The entry with None for each figure that is none; "unreadable" then says by name what came instead."""
    wrong = {name: reason for name in figures if (reason := _fault(entry[name])) is not None}
    for name, value in entry.items():
        if name in wrong:
            entry[name] = None
        elif name not in figures and value is not None:
            entry[name] = str(value).encode("utf-8", "replace").decode()  # a lone surrogate is no JSON
    return {**entry, "unreadable": wrong} if wrong else entry


def _fault(figure: object) -> str | None:
    if figure is None:
        return None
    if isinstance(figure, bool) or not isinstance(figure, int | float):
        return "not a number"
    if not math.isfinite(figure):
        return "NaN" if math.isnan(figure) else "infinite"
    return None if 0 <= figure <= _LARGEST else "out of range"


def encode_listed(host: HostInfo) -> dict[str, Any]:
    """One entry of "hosts" in `hosts list`: the configuration with its defaults; "ssh": whether it takes commands."""
    return {
        "id": host.id,
        "host": host.host,
        "uri": host.uri,
        "tags": list(host.tags),
        "metadata": dict(host.metadata),
        "ssh": host.takes_commands,
    }
