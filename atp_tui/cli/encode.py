"""The JSON shapes of `stats`, `domains` and `hosts list`. Moments are seconds since 1970."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..engine.fleet import Answer
from ..model.causes import Trouble
from ..model.connection import ConnectionSnapshot, PoolStatistics
from ..model.host import HostInfo
from ..model.node import DomainReading
from ..monitor.metrics import exported
from .words import WORDS, sentence

_MOMENTS = ("since", "next_attempt_at", "last_error_at", "created_at", "last_active")


def encode_host(answer: Answer) -> dict[str, Any]:
    """One entry of "hosts" in `stats`: "pool" and "connections" are the main pool's, "ssh" the SSH pool beside it.

    "error" says why there is no sample of a host, where there is none; "trouble" is "cause" in short. The figures are
    those that METRICS has for JSON.
    """
    host, row, problem = answer.detail.host, answer.detail.host.row, answer.problem
    main, *beside = answer.detail.pools
    return {
        "host": row.id,
        "state": str(row.state),
        "cause": None if row.cause is None else sentence(row.cause),
        "trouble": encode_trouble(row.trouble),
        "since": _moment(row.since),
        "pool": encode_pool(main),
        "connections": [_connection(one) for one in main.connections],
        "ssh": None
        if not beside
        else {"pool": encode_pool(beside[0]), "connections": [_connection(one) for one in beside[0].connections]},
        "node": None if host.node is None else _plain(asdict(host.node)),
        "system": None if host.system is None else asdict(host.system),
        **exported(row),
        "error": None if problem is None else sentence(problem.reason),
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


def _moment(moment: float | None) -> float | None:
    return None if moment is None else round(moment, 3)


def _connection(connection: ConnectionSnapshot) -> dict[str, Any]:
    encoded = asdict(connection)
    encoded |= encoded.pop("standing")
    encoded["cause"] = None if connection.cause is None else sentence(connection.cause)
    encoded["trouble"] = encode_trouble(connection.trouble)
    for name in _MOMENTS:
        encoded[name] = _moment(encoded[name])
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
