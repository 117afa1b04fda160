"""Which hosts that are away have reason to hope when one is back: those behind its jump host, or in its subnet."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from ..model.connection import ConnectionState, HostStatus
from ..model.host import HostInfo
from ..model.subnet import subnet_of
from .dialer import JUMP_LIMIT
from .gate import PATIENCE

H = TypeVar("H", bound=Hashable)

_AWAY = (ConnectionState.CONNECTING, ConnectionState.RECONNECTING, ConnectionState.FAILED)


def place_of(host: HostInfo, address: str | None, jump: str | None = None) -> str | None:
    """What a host has in common with its neighbours: its jump host, or else its subnet; None where neither is known.

    `address` is the numeric address that it is connected to at, None where that is not known: then what is written
    counts, where that is an address. `jump` is the jump host that ssh_config has for it, where that is known.
    """
    over_ssh = host.over_ssh or host.main_channel == "ssh"
    if over_ssh and (through := host.jump_host or jump) is not None:
        return f"behind {through}"
    uri = host.connection_uri
    written = host.host if over_ssh or uri is None else uri.host
    return None if written is None else subnet_of(address or written)


class Neighbours(Generic[H]):
    """The hosts that are away, by their place. `hope` is called for each that has reason to hope.

    A host is told once in each wait and in each attempt, so the work goes by their number and not by that of its
    neighbours. `hope` is given the seconds over which those that are told together are to spread: they begin as fast as
    the gate lets openings begin whose peers are silent (`limit` per PATIENCE), so that hosts come back neither all at
    once nor late.
    """

    def __init__(self, limit: int, hope: Callable[[H, float], None]) -> None:
        self._limit = limit
        self._hope = hope
        self._away: dict[str, dict[H, None]] = {}
        self._place: dict[H, str] = {}

    def note(self, host: H, place: str | None, before: HostStatus, after: HostStatus) -> None:
        """The status of a host is another one than before."""
        if after.state not in _AWAY or not after.retries:
            self.forget(host)
        elif place is not None and (before.next_attempt_at is None) != (after.next_attempt_at is None):
            self.forget(host)  # its place may be another one by now
            self._place[host] = place
            self._away.setdefault(place, {})[host] = None
        if place is not None and _is_back(before, after):
            self._tell(place)

    def forget(self, host: H) -> None:
        """The host is not away, or is no more."""
        place = self._place.pop(host, None)
        if place is not None:
            away = self._away[place]
            del away[host]
            if not away:
                del self._away[place]

    def _tell(self, place: str) -> None:
        away = self._away.pop(place, {})
        for host in away:
            del self._place[host]
        limit = JUMP_LIMIT if place.startswith("behind ") else self._limit
        spread = len(away) * PATIENCE / limit
        for host in away:
            self._hope(host, spread)


def _is_back(before: HostStatus, after: HostStatus) -> bool:
    """Whether a host has come back: not where it is connected for the first time, at the first attempt."""
    connected = ConnectionState.CONNECTED
    return after.state is connected and before.state is not connected and before.cause is not None
