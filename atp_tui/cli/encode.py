"""The JSON shapes of `stats`, `domains` and `hosts list`. Moments become seconds since 1970."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ..executor.outcome import describe
from ..model.causes import Trouble
from ..model.connection import ConnectionSnapshot, HostStatus, PoolStatistics
from ..model.errors import AtpError
from ..model.events import HostSampled
from ..model.host import HostInfo
from ..model.node import DomainReading
from ..monitor.metrics import exported
from ..monitor.record import HostRecord
from ..transport.manager import TransportManager
from .words import WORDS, sentence

_MOMENTS = ("since", "next_attempt_at", "last_error_at", "created_at", "last_active")

Wall = Callable[[float | None], float | None]


def encode_host(
    manager: TransportManager, host_id: str, sample: HostSampled | AtpError, rtt: float | None
) -> dict[str, Any]:
    """One entry of "hosts" in `stats`: "pool" and "connections" are the main pool's, "ssh" the SSH pool beside it.

    "error" says why there is no sample of a host, where there is none; "trouble" is "cause" in short. `rtt` is the
    round-trip time that was measured beside the sample, in seconds. The figures are those that METRICS has for JSON.
    """
    status = manager.host_state(host_id)
    main, *beside = manager.pools(host_id)
    shift = manager.clock.wall() - manager.clock.monotonic()

    def wall(moment: float | None) -> float | None:
        return None if moment is None else round(moment + shift, 3)

    node = None if isinstance(sample, AtpError) or sample.node is None else _plain(asdict(sample.node))
    return {
        "host": host_id,
        "state": str(status.state),
        "cause": None if status.cause is None else sentence(status.cause),
        "trouble": encode_trouble(status.trouble),
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
        "system": None if isinstance(sample, AtpError) or sample.system is None else asdict(sample.system),
        **exported(Measured(manager.host(host_id), status, sample, rtt)),
        "error": sentence(describe(sample)) if isinstance(sample, AtpError) else None,
    }


class Measured(HostRecord):
    """The figures of one sample, if there is one; the round-trip time is one that was measured for itself."""

    def __init__(self, host: HostInfo, status: HostStatus, sample: HostSampled | AtpError, rtt: float | None) -> None:
        super().__init__(host, status, history=1)
        self._rtt = rtt
        if not isinstance(sample, AtpError):
            self.sampled(sample)

    @property
    def rtt(self) -> float | None:
        return self._rtt


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
    encoded |= encoded.pop("standing")
    encoded["cause"] = None if connection.cause is None else sentence(connection.cause)
    encoded["trouble"] = encode_trouble(connection.trouble)
    for name in _MOMENTS:
        encoded[name] = wall(encoded[name])
    return encoded


def encode_trouble(trouble: Trouble | None) -> dict[str, Any] | None:
    """The class of a cause: its id, its short form, the id of what helps, and the channel that failed."""
    if trouble is None:
        return None
    return {
        "cause": str(trouble.cause),
        "short": WORDS.short(trouble),
        "remedy": str(trouble.remedy),
        "channel": trouble.channel,
    }


def encode_domain(host_id: str, domain: DomainReading) -> dict[str, Any]:
    """One entry of "domains"."""
    return {"host": host_id, **_plain(domain._asdict())}


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry with its texts as UTF-8 can carry them: a lone surrogate, made of a byte that was none, is no JSON."""
    return {name: _utf8(value) if isinstance(value, str) else value for name, value in entry.items()}


def _utf8(text: str) -> str:
    return str(text).encode("utf-8", "replace").decode()


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
