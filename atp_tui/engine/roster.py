"""All hosts that a surface shows: those of the transport, and those that are disabled, of which the transport has none.

To whatever shows hosts a disabled one is a host like the others, in a state of its own. Whatever connects, asks or runs
goes to the transport itself, and finds no such host there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..model.connection import ConnectionState, HostStatus, PoolStatistics, Standing
from ..model.data_class import dataclass
from ..model.events import Event, HostAdded, HostRemoved, HostUpdated
from ..model.host import HostInfo
from ..transport.manager import TransportManager


@dataclass(slots=True)
class _Kept:
    """A disabled host, since when it is so, and whether that was told."""

    host: HostInfo
    since: float
    told: bool = False


class Roster:
    """The hosts of `transport` and those that `keep` was given. Whatever changes by that is told by `publish`."""

    def __init__(self, transport: TransportManager, publish: Callable[[Event], object]) -> None:
        self._transport = transport
        self._publish = publish
        self._disabled: dict[str, _Kept] = {}
        self.clock = transport.clock

    @property
    def disabled(self) -> tuple[HostInfo, ...]:
        """The hosts that are disabled now, in the order in which they were given."""
        return tuple(kept.host for kept in self._disabled.values() if self._transport.entry(kept.host.id) is None)

    def expect(self, disabled: Iterable[HostInfo]) -> None:
        """Each of these hosts is disabled from the moment on in which the transport lets it go, and is never gone."""
        now = self.clock.monotonic()
        for host in disabled:
            self._disabled.setdefault(host.id, _Kept(host, now))

    def keep(self, disabled: Iterable[HostInfo]) -> None:
        """These hosts and no others are disabled from now on, but for those that the transport has."""
        wanted = {host.id: host for host in disabled if self._transport.entry(host.id) is None}
        now = self.clock.monotonic()
        for host_id in self._disabled.keys() - wanted.keys():
            del self._disabled[host_id]
            if self._transport.entry(host_id) is None:  # else it was enabled: its own event has told of it
                self._publish(HostRemoved(now, host_id))
        for host in wanted.values():
            kept = self._disabled.setdefault(host.id, _Kept(host, now))
            changed, kept.host = kept.host != host, host
            if not kept.told:
                kept.told = True
                self._publish(HostAdded(now, host))
            elif changed:
                self._publish(HostUpdated(now, host))

    # -- as the transport has it ---------------------------------------------------------------------------------

    def list_hosts(self) -> tuple[HostInfo, ...]:
        """All hosts, those that are disabled behind the others."""
        return (*self._transport.list_hosts(), *self.disabled)

    def host(self, host_id: str) -> HostInfo:
        """One host's description. Raises HostUnknown."""
        kept = self._kept(host_id)
        return self._transport.host(host_id) if kept is None else kept.host

    def host_state(self, host_id: str) -> HostStatus:
        """The state of a host, and since when. Raises HostUnknown."""
        kept = self._kept(host_id)
        if kept is None:
            return self._transport.host_state(host_id)
        return HostStatus(Standing(ConnectionState.DISABLED, None, kept.since, 0, None, retries=False), host_id)

    def pools(self, host_id: str) -> tuple[PoolStatistics, ...]:
        """The pools of a host; of one that is disabled none. Raises HostUnknown."""
        return self._transport.pools(host_id) if self._kept(host_id) is None else ()

    def looked_at(self, host_id: str) -> None:
        """A person looks at a host. Raises HostUnknown."""
        if self._kept(host_id) is None:
            self._transport.looked_at(host_id)

    def _kept(self, host_id: str) -> _Kept | None:
        """The disabled host of that id, unless the transport has been given one of the same id."""
        return None if self._transport.entry(host_id) is not None else self._disabled.get(host_id)
