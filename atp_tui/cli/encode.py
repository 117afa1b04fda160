"""The JSON shapes of `stats`, `domains` and `hosts list`. Moments are seconds since 1970."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..model.node import NO_METADATA, DomainMetadata, DomainReading, Oddity
from ..monitor.metrics import exported
from .words import WORDS, sentence

if TYPE_CHECKING:
    from ..engine.fleet import Answer
    from ..model.causes import Trouble
    from ..model.connection import ConnectionSnapshot, PoolStatistics
    from ..model.host import HostInfo

_MOMENTS = ("since", "next_attempt_at", "last_error_at", "created_at", "last_active")


def encode_host(answer: Answer) -> dict[str, Any]:
    """One entry of "hosts" in `stats`: "pool" and "connections" are the main pool's, "ssh" the SSH pool beside it.

    "error" says why there is no sample of a host, where there is none; "trouble" is "cause" in short; "nonsense" says
    why a figure is null that the host has given. The figures are those that METRICS has for JSON.
    """
    host, row, problem = answer.detail.host, answer.detail.host.row, answer.problem
    main, *beside = answer.detail.pools
    entry = {
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
        "node": None if host.node is None else host.node._asdict(),
        "system": None if host.system is None else asdict(host.system),
        **exported(row),
        "error": None if problem is None else sentence(problem.reason),
    }
    return strict(entry, row.odd)


def strict(entry: dict[str, Any], odd: Oddity | None = None) -> dict[str, Any]:
    """The entry as JSON can have it (RFC 8259, UTF-8), with the reason of each null that a host is to blame for.

    A number that is not finite and what is no value of JSON become null. "nonsense" is null, or has the "count" of
    these and of the figures that were left out before (`odd`), and "what" one of them was.
    """
    wrong: list[str] = []
    clean = {_utf8(name): _strict(value, name, wrong) for name, value in entry.items()}
    if wrong:
        odd = Oddity(len(wrong), wrong[0]) if odd is None else Oddity(odd.times + len(wrong), odd.what)
    return {**clean, "nonsense": None if odd is None else encode_odd(odd)}


def encode_odd(odd: Oddity) -> dict[str, Any]:
    """How many answers of a host were no figures, and what one of them was."""
    return {"count": odd.times, "what": _utf8(odd.what)}


def valid(entry: dict[str, Any]) -> dict[str, Any]:
    """As `strict`, for an entry with no figures of a host."""
    return {name: _strict(value, name, []) for name, value in entry.items()}


def _strict(value: Any, name: str, wrong: list[str]) -> Any:
    """The value; what is none goes into `wrong`, by the name under which it stands."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, str):
        return _utf8(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, dict):
        return {_utf8(str(key)): _strict(each, f"{name}.{key}", wrong) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(each, name, wrong) for each in value]
    wrong.append(_utf8(f"{name} is no {'finite number' if isinstance(value, float) else 'value'}"))
    return None


def encode_pool(pool: PoolStatistics) -> dict[str, Any]:
    """A pool's statistics by name. `checkout_times` counts by the upper bound in seconds, the last one "inf".

    `waits`: what the last checkouts waited, in seconds; None before the first.
    """
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
        "closed": {str(reason): number for reason, number in pool.closed.items()},
        "checkout_times": {f"{bound:g}": count for bound, count in pool.checkout_times.items()},
        "waits": None if pool.waits is None else asdict(pool.waits),
    }


def _moment(moment: float | None) -> float | None:
    return None if moment is None else round(moment, 3)


def _connection(connection: ConnectionSnapshot) -> dict[str, Any]:
    encoded = asdict(connection)
    encoded |= encoded.pop("standing")
    encoded["cause"] = None if connection.cause is None else sentence(connection.cause)
    encoded["closing"] = None if connection.closing is None else sentence(connection.closing)
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


def encode_domain(host_id: str, domain: DomainReading, about: DomainMetadata = NO_METADATA) -> dict[str, Any]:
    """One entry of "domains"; what its metadata do not say is null."""
    said = {
        "title": about.title or None,
        "description": about.description or None,
        "os": about.os or None,
        "addresses": list(about.addresses) or None,
        "tags": list(about.tags) or None,
    }
    return strict({"host": host_id, **domain._asdict(), **said})


def _utf8(text: str) -> str:
    """The text as UTF-8 can carry it: a lone surrogate, made of a byte that was none, is no JSON."""
    return str(text) if text.isascii() else str(text).encode("utf-8", "replace").decode()


def encode_listed(host: HostInfo, *, enabled: bool = True) -> dict[str, Any]:
    """One entry of "hosts" in `hosts list`: the configuration with its defaults; "ssh": whether it takes commands."""
    entry = {
        "id": host.id,
        "host": host.host,
        "uri": host.uri,
        "tags": list(host.tags),
        "metadata": dict(host.metadata),
        "ssh": host.takes_commands,
        "enabled": enabled,
    }
    return valid(entry)
