"""The fleet as it is known now: one frozen row a host, kept from events, read by the screen and the headless verbs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Protocol, TypeVar

from ..model import events
from ..model.errors import HostUnknown
from ..model.fence import Fence
from .record import HostRecord
from .rows import DomainRow, HostDetail, HostRow, Known
from .series import HISTORY

if TYPE_CHECKING:
    from ..model.connection import ConnectionSnapshot, HostStatus
    from ..model.host import HostInfo
    from .domain_index import HostWithDomains
    from .lives import Life

__all__ = ["DomainRow", "FleetView", "HostDetail", "HostRow", "Hosts"]

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Hosts(Protocol):
    """Where the view reads what it has missed; TransportManager is one."""

    def list_hosts(self) -> tuple[HostInfo, ...]: ...
    def host_state(self, host_id: str) -> HostStatus: ...


class FleetView:
    """The current view. It subscribes to nothing: whoever reads the hub applies each event, in order.

    `history` is the number of samples the charts keep; `interval` the seconds between two of them, so that missing ones
    leave a gap and figures grow old (None: neither). `generation` changes when anything does.
    """

    def __init__(self, hosts: Hosts, *, history: int = HISTORY, interval: float | None = None) -> None:
        self.generation = 0
        self._hosts = hosts
        self._fence = Fence(_log)
        self._history = history
        self._interval = interval
        self._records: dict[str, HostRecord] = {}
        self._changed: set[str] = set()
        self._moved: set[str] = set()
        self._rows: tuple[HostRow, ...] | None = None
        self._reread()

    def apply(self, event: events.Event) -> None:
        """Take an event; those that concern no row change nothing."""
        match event:
            case events.HostSampled(host_id=host_id):
                record = self._records.get(host_id)
                if record is not None:
                    try:  # in place, as in `rows`: a thousand samples come a second
                        record.sampled(event)
                        if record.of_domains.moved:
                            record.of_domains.moved = False
                            self._moved.add(host_id)
                    except Exception as error:  # noqa: BLE001 - see _fenced
                        self._spoil(record, error, event.at)
                    self._touch(host_id)
            case events.DomainsDescribed(host_id=host_id, domains=domains):
                record = self._records.get(host_id)
                if record is not None and record.of_domains.describe(domains):
                    self._touch(host_id)
            case events.SampleFailed(host_id=host_id):
                record = self._records.get(host_id)
                if record is not None:
                    self._fenced(record, record.failed, event)
                    self._touch(host_id)
            case events.HostChanged(status=status):
                record = self._records.get(status.host_id)
                if record is not None:
                    record.moved(status)
                    self._touch(status.host_id)
            case events.ConnectionChanged(host_id=host_id):
                record = self._records.get(host_id)
                if record is not None:
                    record.lives.take(event)  # of no row: the panel is drawn anew at each of its looks
            case events.HostAdded(host=host) | events.HostUpdated(host=host):
                self._describe(host)
            case events.HostRemoved(host_id=host_id):
                self._forget(host_id)
            case events.EventsLost():
                self._reread()
            case _:
                pass

    def grow_old(self, now: float) -> frozenset[str]:
        """It is `now`, whatever has come: figures grow old by it. The hosts whose rows look different for that.

        To be called about once a second by the surface that shows the fleet.
        """
        older: list[str] = []
        for host_id, record in self._records.items():
            try:  # in place, as in `rows`: a thousand hosts are gone through twice a second
                if record.grow_old(now):
                    older.append(host_id)
            except Exception as error:  # noqa: BLE001 - see _fenced
                self._spoil(record, error)
                older.append(host_id)
        for host_id in older:
            self._touch(host_id)
        return frozenset(older)

    def rows(self) -> tuple[HostRow, ...]:
        """One row a host, in the order they were added. Only rows that have changed are made anew."""
        if self._rows is None:
            rows: list[HostRow] = []
            for record in self._records.values():
                try:
                    rows.append(record.row())
                except Exception as error:  # noqa: BLE001 - see _fenced
                    self._spoil(record, error)
                    rows.append(record.row())
            self._rows = tuple(rows)
        return self._rows

    def row(self, host_id: str) -> HostRow | None:
        """One host's row; None for a host that is not there."""
        record = self._records.get(host_id)
        return None if record is None else self._row(record)

    @property
    def host_ids(self) -> Collection[str]:
        """The ids of all hosts, in the order they were added."""
        return self._records.keys()

    def with_domains(self, host_id: str) -> HostWithDomains | None:
        """What is known of one host and its domains, to be read at once; None for a host that is not there."""
        return self._records.get(host_id)

    def look(self, host_id: str) -> Known | None:
        """What is known of one host, to be read at once: no row is made for it. None for a host that is not there."""
        return self._records.get(host_id)

    def detail(self, host_id: str) -> HostDetail | None:
        """All that is known of one host; None for a host that is not there."""
        record = self._records.get(host_id)
        if record is None:
            return None
        return self._fenced(record, record.detail) or record.detail()

    def lives(self, host_id: str, connections: Iterable[ConnectionSnapshot], now: float) -> tuple[Life, ...]:
        """The last hour of a host's connections, as Lives.at; empty for a host that is not there."""
        record = self._records.get(host_id)
        return () if record is None else record.lives.at(now, connections)

    def changed(self) -> frozenset[str]:
        """The hosts that have changed, come or gone since this was last asked."""
        changed = frozenset(self._changed)
        self._changed.clear()
        return changed

    def moved_domains(self) -> frozenset[str]:
        """The hosts whose domains have come, gone, another state or begun anew since this was last asked."""
        moved = frozenset(self._moved)
        self._moved.clear()
        return moved

    def _touch(self, host_id: str) -> None:
        self.generation += 1
        self._changed.add(host_id)
        self._rows = None

    def _describe(self, host: HostInfo) -> None:
        try:
            status = self._hosts.host_state(host.id)
        except HostUnknown:
            return  # it is gone already; the event that says so is on its way
        record = self._records.get(host.id)
        if record is None:
            self._records[host.id] = HostRecord(host, status, self._history, self._interval)
        else:
            record.describe(host)
            record.moved(status)
        self._touch(host.id)

    def _forget(self, host_id: str) -> None:
        """A host has gone. One that is there all the same was disabled, or has come again: nothing of it counts yet."""
        record = self._records.get(host_id)
        if record is None:
            return
        try:
            status = self._hosts.host_state(host_id)
        except HostUnknown:
            del self._records[host_id]
        else:
            self._records[host_id] = HostRecord(record.host, status, self._history, self._interval)
        self._touch(host_id)

    def _reread(self) -> None:
        """Events were missed: hosts and states are read where they are kept; samples come again by themselves."""
        present = self._hosts.list_hosts()
        for gone in self._records.keys() - {host.id for host in present}:
            del self._records[gone]
            self._touch(gone)
        for record in self._records.values():
            record.lives.clear()
        for host in present:
            self._describe(host)

    # -- the fence -----------------------------------------------------------------------------------------------

    def _row(self, record: HostRecord) -> HostRow:
        """The row; where it cannot be made of what the host has said, that of a host that has said nothing."""
        return self._fenced(record, record.row) or record.row()

    def _fenced(self, record: HostRecord, act: Callable[..., T], *arguments: object) -> T | None:
        """What `act` gives. What an answer makes go wrong ends with its host's record, which then tells of it."""
        try:
            return act(*arguments)
        except Exception as error:  # noqa: BLE001 - it costs that host its figures, not the others theirs
            self._spoil(record, error, next((event.at for event in arguments if isinstance(event, events.Event)), None))
            return None

    def _spoil(self, record: HostRecord, error: Exception, at: float | None = None) -> None:
        record.spoil(self._fence.caught(error, "what %s has said could not be shown", record.id), at)
