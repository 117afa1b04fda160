"""The domains of all hosts in the order of their names, kept up to date by the hosts that changed.

Every other order is made of this one by a stable sort of numbers: comparing 20,000 names anew would hold the event loop
for 100 ms. So a fleet that is looked at for the first time is taken over in parts, a part a look.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from typing import Protocol

from ..model.fence import Fence
from ..model.node import NO_METADATA, DomainMetadata, DomainState
from ..model.order import NaturalKey, natural
from .domain_history import Listed
from .domain_query import NO_WIDTHS, AboutWidths, domain_key
from .domain_record import HostDomains
from .rows import DomainRow, HostRow

_log = logging.getLogger(__name__)

MOST_AT_ONCE = 2_000
"""Domains that are taken over in one look: that takes some 10 ms."""

GONE = "gone"
"""The word in the place of the state of a domain that is in no answer any more."""

_D = DomainState
STATE_ORDER: tuple[str, ...] = (
    _D.CRASHED, _D.PAUSED, _D.NOSTATE, GONE, _D.PMSUSPENDED, _D.SHUTDOWN, _D.BLOCKED, _D.RUNNING, _D.SHUTOFF,
)  # fmt: skip
"""The words of the states, those that need a person first."""

_RANKS = {state: rank for rank, state in enumerate(STATE_ORDER)}
_RANKS[_D.BLOCKED] = _RANKS[_D.SHUTDOWN] = _RANKS[_D.RUNNING]
_RANKS[_D.PMSUSPENDED] = _RANKS[_D.RUNNING]


SUMMED: Mapping[str, str] = {
    _D.CRASHED: "crashed", _D.PAUSED: "paused", _D.PMSUSPENDED: "paused", _D.SHUTOFF: "off", _D.NOSTATE: "no state",
}  # fmt: skip
"""As what a domain counts in the sums, by its state; all others are "up"."""


UP = "up"


class HostWithDomains(Protocol):
    """What is known of a host, to be read at once: it goes on changing. HostRecord is one."""

    @property
    def id(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def fresh(self) -> bool: ...
    @property
    def of_domains(self) -> HostDomains: ...


class DomainSource(Protocol):
    """Where domains are read; FleetView is one."""

    @property
    def host_ids(self) -> Collection[str]: ...
    def with_domains(self, host_id: str) -> HostWithDomains | None: ...
    def row(self, host_id: str) -> HostRow | None: ...


class Entry:
    """One domain. `place` is that in the newest sample of its host, -1 for one that is gone. `state` is a word of
    STATE_ORDER, `rank` how much it needs a person, the most first; `order` the place of its name among all names.
    `about` has what its metadata say, `title` the title in small letters."""

    __slots__ = ("about", "folded", "host", "key", "name", "order", "place", "rank", "state", "title", "uuid")

    def __init__(self, host: HostWithDomains, uuid: str, name: str) -> None:
        self.host = host
        self.uuid = uuid
        self.name = name
        self.folded = name.casefold()
        self.order: tuple[NaturalKey, NaturalKey, str] = natural(name), natural(host.id), uuid
        self.key = domain_key(host.id, uuid)
        self.place = -1
        self.state: str = GONE
        self.rank = _RANKS[GONE]
        self.about = NO_METADATA
        self.title = ""

    @property
    def row(self) -> DomainRow:
        """The domain as its host has it now."""
        domains = self.host.of_domains
        return domains.gone[self.uuid] if self.place < 0 else domains.row(self.place)

    @property
    def fresh(self) -> bool:
        """Whether its figures are those of now."""
        return self.place >= 0 and self.host.fresh


class _Seen:
    """What was taken over of a host. `stamp` differs where its domains have come, gone, another state or other
    metadata."""

    __slots__ = ("described", "entries", "fresh", "gone", "listed", "stamp", "states", "tags")

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.listed: Listed | None = None
        self.gone: frozenset[str] = frozenset()
        self.states: tuple[DomainState, ...] = ()
        self.described: Mapping[str, DomainMetadata] = {}
        self.fresh = False
        self.tags: tuple[str, ...] = ()
        self.stamp = 0


class DomainIndex:
    """All domains of `source`. `note` says which hosts changed; `refresh` takes that into account."""

    def __init__(self, source: DomainSource) -> None:
        self._source = source
        self._fence = Fence(_log)
        self._seen: dict[str, _Seen] = {}
        self._waiting: dict[str, None] = {}
        self._all = True
        self._known = 0
        self.entries: list[Entry] = []
        self.version = 0
        """Rises with everything but figures that has changed."""
        self.names = self.usual = self.hosts = 0
        """Characters of the longest name, of nine names of ten at most, of the longest host that has domains."""
        self.about: AboutWidths = NO_WIDTHS
        """They only grow: columns that come and go move all figures."""

    def note(self, hosts: Collection[str] | None) -> None:
        """As Arrangement.note."""
        if hosts is None:
            self._all = True
        else:
            self._waiting.update(dict.fromkeys(hosts))

    def refresh(self) -> None:
        """Take over what has changed, as far as one look goes: see `complete`."""
        if self._all:
            self._all = False
            self._waiting = dict.fromkeys([*self._source.host_ids, *self._seen])
        came: list[Entry] = []
        went: set[Entry] = set()
        for host_id in tuple(self._waiting):
            if len(came) >= MOST_AT_ONCE and host_id not in self._seen:
                continue  # a known one is never put off: its domains have other places now
            del self._waiting[host_id]
            try:
                self._follow(host_id, came, went)
            except Exception as error:  # noqa: BLE001 - it costs that host its domains, not the others theirs
                self._fence.caught(error, "the domains of %s cannot be listed", host_id)
                self._drop(host_id, went)
        if went:
            self.entries = [entry for entry in self.entries if entry not in went]
        if came:
            self.entries += came
            self.entries.sort(key=attrgetter("order"))
        if came or went:
            self._measure()

    @property
    def complete(self) -> bool:
        """Whether all that was noted is taken over."""
        return not (self._waiting or self._all)

    @property
    def stamps(self) -> Mapping[str, int]:
        """For each host a number that differs where anything but figures of its domains has changed."""
        return {host: seen.stamp for host, seen in self._seen.items()}

    def of(self, host_id: str) -> Collection[Entry]:
        """The domains of a host."""
        seen = self._seen.get(host_id)
        return () if seen is None else seen.entries.values()

    def find(self, key: str) -> Entry | None:
        """The domain of that key."""
        host, _, uuid = key.partition("/")
        seen = self._seen.get(host)
        return None if seen is None else seen.entries.get(uuid)

    def _follow(self, host_id: str, came: list[Entry], went: set[Entry]) -> None:
        host = self._source.with_domains(host_id)
        seen = self._seen.get(host_id)
        if host is None or (seen is not None and any(entry.host is not host for entry in seen.entries.values())):
            self._drop(host_id, went)
            seen = None
        if host is None:
            return
        domains = host.of_domains
        if seen is None:
            seen = self._seen[host_id] = _Seen()
        listed, states, gone = domains.listed, domains.states, frozenset(domains.gone)
        is_new = listed is not seen.listed or gone != seen.gone
        is_described = is_new or domains.described is not seen.described
        if not is_described and states is seen.states and (host.fresh, host.tags) == (seen.fresh, seen.tags):
            return
        self.version += 1
        seen.stamp = self.version
        if is_new:
            self._relist(host, seen, came, went)
        if is_described:
            self._describe(seen, domains.described)
        for entry in seen.entries.values():
            entry.state = GONE if entry.place < 0 else states[entry.place]
            entry.rank = _RANKS[entry.state]
        seen.listed, seen.states, seen.gone = listed, states, gone
        seen.fresh, seen.tags = host.fresh, host.tags

    def _drop(self, host_id: str, went: set[Entry]) -> None:
        seen = self._seen.pop(host_id, None)
        if seen is not None:
            went.update(seen.entries.values())
            self.version += 1

    def _relist(self, host: HostWithDomains, seen: _Seen, came: list[Entry], went: set[Entry]) -> None:
        """Domains of the host came or went, or have other names."""
        domains, listed = host.of_domains, host.of_domains.listed
        names: dict[str, tuple[str, int]] = {uuid: (row.reading.name, -1) for uuid, row in domains.gone.items()}
        if listed is not None:
            both = zip(listed.uuids, listed.names, strict=True)
            names |= {uuid: (name, place) for place, (uuid, name) in enumerate(both)}
        for uuid, entry in tuple(seen.entries.items()):
            if uuid not in names or names[uuid][0] != entry.name:
                went.add(seen.entries.pop(uuid))
        for uuid, (name, place) in names.items():
            entry_there = seen.entries.get(uuid)
            if entry_there is None:
                entry_there = seen.entries[uuid] = Entry(host, uuid, name)
                came.append(entry_there)
            entry_there.place = place

    def _describe(self, seen: _Seen, described: Mapping[str, DomainMetadata]) -> None:
        seen.described = described
        if not described:
            return
        widths = self.about
        for uuid, entry in seen.entries.items():
            about = described.get(uuid, NO_METADATA)
            if about is entry.about:
                continue
            entry.about, entry.title = about, about.title.casefold()
            sizes = len(about.title), len(about.os), len(about.address), len(" ".join(about.tags))
            widths = AboutWidths(*map(max, widths, sizes))
        self.about = widths

    def _measure(self) -> None:
        lengths: Sequence[int] = sorted([len(entry.name) for entry in self.entries])
        self.names = lengths[-1] if lengths else 0
        self.usual = lengths[(len(lengths) - 1) * 9 // 10] if lengths else 0
        self.hosts = max([len(host) for host, seen in self._seen.items() if seen.entries], default=0)
