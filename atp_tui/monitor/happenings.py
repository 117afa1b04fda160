"""The log of what has happened in the fleet: made of its events as they come, bounded, read by pages.

What happens to domains is what differs between two samples of a host. A driver that hears libvirt's own events
(the capability HearsEvents) would bring them here by an event of its own, and `_domain_moved` would take it: what is
known of a domain is changed by that, so that the next sample tells of it no more.
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Iterable, Sequence
from typing import Protocol

from ..model import events
from ..model.causes import Cause
from ..model.connection import ConnectionState, HostStatus
from ..model.data_class import dataclass
from ..model.day import Day
from ..model.errors import HostUnknown
from ..model.fence import Fence
from ..model.host import HostInfo
from ..model.node import DomainReading, DomainState
from ..transport.neighbours import place_of
from .domain_history import Listed
from .domain_index import HostWithDomains
from .gathering import Gathering
from .happening import (
    AnsweredAgain,
    DomainMoved,
    FellSilent,
    FileRead,
    Happening,
    HappeningKind,
    HappeningPage,
    HappeningQuery,
    HostMove,
    HostMoved,
    NewsLost,
    Noted,
    StateMoved,
    What,
)
from .happening_filter import searched
from .happening_pages import Lines, Passing
from .rows import Known

_log = logging.getLogger(__name__)

MOST = 5_000
"""Happenings that are kept; the oldest goes for each that comes then."""

FILTERS = 4
"""Filters that are kept up to date."""

_S = ConnectionState
"""The uuid and the state of a domain: in C, since this is read of each domain of each sample."""

_PASSING_THROUGH = (_S.CONNECTING, _S.DRAINING)
_REFUSALS = frozenset(
    {
        Cause.KEY_UNKNOWN, Cause.KEY_CHANGED, Cause.KEY_REVOKED, Cause.LOGIN_REFUSED, Cause.TOO_MANY_KEYS,
        Cause.WANTS_PASSWORD, Cause.PASSWORD_REFUSED, Cause.PASSWORD_EXPIRED, Cause.WANTS_PASSPHRASE,
    }
)  # fmt: skip


class Hosts(Protocol):
    """Where hosts and states are kept; TransportManager is one."""

    def list_hosts(self) -> tuple[HostInfo, ...]: ...
    def host_state(self, host_id: str) -> HostStatus: ...


class Looks(Protocol):
    """What is known of a host; FleetView is one."""

    def look(self, host_id: str) -> Known | None: ...
    def with_domains(self, host_id: str) -> HostWithDomains | None: ...


@dataclass(slots=True)
class _Host:
    """What the log remembers of a host, to tell what differs."""

    tags: tuple[str, ...]
    place: str | None
    state: ConnectionState | None = None
    since: float = 0.0
    refusal: Cause | None = None
    silent_since: float | None = None
    domains: tuple[DomainReading, ...] | None = None
    # as the view has them: while these are the very same objects, no domain has come, gone or changed its state
    listed: Listed | None = None
    states: tuple[DomainState, ...] = ()


class Happenings:
    """`hear` takes each event once the view has taken it, `look` the hosts whose figures have grown old."""

    def __init__(self, hosts: Hosts, view: Looks, most: int = MOST) -> None:
        self._source = hosts
        self._view = view
        self._most = most
        self._hosts: dict[str, _Host] = {}
        self._kept: dict[int, Happening] = {}
        self._told: dict[int, str] = {}
        self._of_host: dict[str, array[int]] = {}
        self._gathering = Gathering()
        self._newest = 0
        self._longest = 0
        self._passing: dict[str, Passing] = {}
        self._lines: tuple[object, Lines] | None = None
        self._fence = Fence(_log)
        for host in hosts.list_hosts():
            self._describe(host)
            self._moved(hosts.host_state(host.id), 0.0, quietly=True)

    # -- what comes ----------------------------------------------------------------------------------------------

    def hear(self, event: events.Event) -> None:
        """Take an event; most of them are nothing to tell of. What one makes go wrong costs its own line alone."""
        try:
            if type(event) is events.HostSampled:  # a thousand a second, where all others are rare
                self._sampled(event)
            else:
                self._take(event)
        except Exception as error:  # noqa: BLE001 - the fleet is watched on, whatever one host has said
            self._fence.caught(error, "what has happened to %s cannot be told", getattr(event, "host_id", "a host"))

    def _take(self, event: events.Event) -> None:
        match event:
            case events.SampleFailed(host_id=host_id, at=at):
                self._heard_again(host_id, at)
            case events.HostChanged(status=status, at=at):
                self._moved(status, at)
            case events.HostAdded(host=host, at=at):
                self._added(host, at)
            case events.HostUpdated(host=host, at=at):
                self._describe(host)
                self._note(at, HappeningKind.HOSTS, host.id, HostMoved(HostMove.CHANGED))
            case events.HostRemoved(host_id=host_id, at=at):
                self._removed(host_id, at)
            case events.HostNoted(host_id=host_id, message=message, at=at):
                self._note(at, HappeningKind.NOTE, host_id, Noted(message))
            case events.ConfigReloaded(reload=reload, at=at):
                self._note(at, HappeningKind.FILE, "", FileRead(reload))
            case events.EventsLost(count=count, at=at):
                self._note(at, HappeningKind.LOSS, "", NewsLost(count))
                self._read_anew(at)
            case _:
                pass

    def look(self, hosts: Iterable[str], now: float) -> None:
        """These hosts look different since time has gone by: some have fallen silent."""
        for host_id in hosts:
            host, known = self._hosts.get(host_id), self._view.look(host_id)
            if host is None or known is None:
                continue
            if known.silent_since is not None and host.silent_since is None:
                host.silent_since = known.silent_since
                self._note(now, HappeningKind.SILENCE, host_id, FellSilent(known.silent_since))
            elif known.silent_since is None:
                self._heard_again(host_id, now)

    def _heard_again(self, host_id: str, at: float) -> None:
        host = self._hosts.get(host_id)
        if host is None or host.silent_since is None:
            return
        known = self._view.look(host_id)
        if known is not None and known.silent_since is None and known.state is _S.CONNECTED:
            since, host.silent_since = host.silent_since, None
            self._note(at, HappeningKind.SILENCE, host_id, AnsweredAgain(max(0.0, at - since)))

    def _describe(self, info: HostInfo) -> None:
        place = place_in_words(place_of(info, None))
        host = self._hosts.get(info.id)
        if host is None:
            self._hosts[info.id] = _Host(info.tags, place)
        else:
            host.tags, host.place = info.tags, place

    def _added(self, info: HostInfo, at: float) -> None:
        before = self._hosts.pop(info.id, None)
        self._describe(info)
        move = HostMove.ADDED
        if self._state_of(info.id) is _S.DISABLED:
            self._hosts[info.id].state, move = _S.DISABLED, HostMove.DISABLED
        elif before is not None and before.state is _S.DISABLED:
            move = HostMove.ENABLED
        self._note(at, HappeningKind.HOSTS, info.id, HostMoved(move))

    def _state_of(self, host_id: str) -> ConnectionState | None:
        try:
            return self._source.host_state(host_id).state
        except HostUnknown:
            return None

    def _removed(self, host_id: str, at: float) -> None:
        """A host has gone, but for one that was disabled or enabled by it: that it was added again is on its way."""
        if host_id in self._hosts and self._state_of(host_id) is None:
            self._note(at, HappeningKind.HOSTS, host_id, HostMoved(HostMove.REMOVED))
            del self._hosts[host_id]

    def _moved(self, status: HostStatus, at: float, *, quietly: bool = False) -> None:
        host, state = self._hosts.get(status.host_id), status.state
        if host is None or state in _PASSING_THROUGH:
            return
        if status.jump is not None:
            host.place = place_in_words(f"behind {status.jump}")
        trouble, before, since = status.trouble, host.state, host.since
        refusal = trouble.cause if trouble is not None and trouble.cause in _REFUSALS else None
        if state is before and (refusal is None or refusal is host.refusal):
            return
        if before is None and state in (_S.DISCONNECTED, _S.DISABLED):
            host.state, host.since = None if state is _S.DISCONNECTED else state, status.since
            return  # new, and nobody has tried it yet, or will
        host.refusal = refusal
        if state is not before:
            host.state, host.since = state, status.since
        if state is not _S.CONNECTED:
            host.silent_since = None
        if not quietly:
            lasted = None if before is None else max(0.0, at - since)
            kind = HappeningKind.STATE if refusal is None else HappeningKind.REFUSAL
            what = StateMoved(before, state, status.cause, trouble, status.attempt, lasted)
            self._note(at, kind, status.host_id, what)

    def _read_anew(self, at: float) -> None:
        """Events were missed: what differs from what is known has happened meanwhile."""
        present = {host.id: host for host in self._source.list_hosts()}
        for gone in self._hosts.keys() - present.keys():
            self._removed(gone, at)
        for host in present.values():
            is_new = host.id not in self._hosts
            self._describe(host)
            if is_new:
                self._note(at, HappeningKind.HOSTS, host.id, HostMoved(HostMove.ADDED))
            self._moved(self._source.host_state(host.id), at)

    # -- domains -------------------------------------------------------------------------------------------------

    def _sampled(self, sample: events.HostSampled) -> None:
        host = self._hosts.get(sample.host_id)
        if host is None:
            return
        if host.silent_since is not None:
            self._heard_again(sample.host_id, sample.at)
        if sample.node is None:
            return
        known = self._view.with_domains(sample.host_id)
        listed, states = (None, ()) if known is None else (known.of_domains.listed, known.of_domains.states)
        if listed is not None and listed is host.listed and states is host.states:  # as most samples find it
            host.domains = sample.domains
            return
        before, host.domains = host.domains, sample.domains
        if before is not None:
            host.domains = self._compare(sample, before)
        # a domain that may be there although it is missing is looked for each time
        host.listed, host.states = listed if host.domains is sample.domains else None, states

    def _compare(self, sample: events.HostSampled, before: tuple[DomainReading, ...]) -> tuple[DomainReading, ...]:
        """Note what differs; gives the domains that are known by now."""
        known, now = {each.uuid: each for each in before}, {each.uuid: each for each in sample.domains}
        for uuid, domain in now.items():
            was = known.get(uuid)
            if was is None or was.state is not domain.state:
                self._domain_moved(sample.at, sample.host_id, was, domain)
        missing = [domain for uuid, domain in known.items() if uuid not in now]
        if sample.odd is not None:  # one of them may be there, and its figures be none
            return (*sample.domains, *missing)
        for domain in missing:
            self._domain_moved(sample.at, sample.host_id, domain, None)
        return sample.domains

    def _domain_moved(self, at: float, host: str, was: DomainReading | None, now: DomainReading | None) -> None:
        of = now or was
        assert of is not None
        before, after = was.state if was else None, now.state if now else None
        what = DomainMoved(of.name, of.uuid, before, after, now.reason if now else None)
        self._note(at, HappeningKind.DOMAIN, host, what)

    # -- the log -------------------------------------------------------------------------------------------------

    def _note(self, at: float, kind: HappeningKind, host_id: str, what: What) -> None:
        host = self._hosts.get(host_id)
        tags, place = (host.tags, host.place) if host is not None else ((), None)
        number = self._newest + 1
        happening = Happening(number, at, kind, host_id, tags, place, what)
        told = searched(happening)  # it makes a sentence of the cause, which is the one thing here that may go wrong
        self._gathering.add(happening)
        self._newest, self._kept[number], self._told[number] = number, happening, told
        if host_id:
            self._of_host.setdefault(host_id, array("q")).append(number)
            self._longest = max(self._longest, len(host_id))
        if len(self._kept) > self._most:
            self._drop(number - self._most)

    def _drop(self, number: int) -> None:
        host_id = self._kept.pop(number).host
        del self._told[number]
        self._gathering.drop(number)
        if host_id:
            numbers = self._of_host[host_id]
            del numbers[0]
            if not numbers:
                del self._of_host[host_id]

    def page(self, query: HappeningQuery, now: float) -> HappeningPage:
        """The page that a query asks for, at the moment `now`."""
        kept, newest = len(self._kept), self._newest
        dropped = newest - kept
        numbers: Sequence[int]
        if query.host:
            numbers = self._of_host.get(query.host, ())
        else:
            passing = self._passing_of(query.filter)
            passing.follow(self._kept, self._told, dropped + 1, newest)
            if passing.problem is not None:
                return HappeningPage(now, newest, newest=newest, kept=kept, dropped=dropped, problem=passing.problem)
            numbers = passing.numbers
        lines = self._lines_of(query, numbers, now)
        first = max(0, min(query.first, len(lines)))
        return HappeningPage(
            now, newest, first, lines.cut(first, query.count), len(lines),
            lines.place(query.find) if query.find else None,
            newest, _later_than(query.since, numbers), kept, len(numbers), dropped, self._longest,
        )  # fmt: skip

    def _passing_of(self, filter: str) -> Passing:
        passing = self._passing.pop(filter, None) or Passing(filter)
        self._passing[filter] = passing  # the last one in use at the end
        if len(self._passing) > FILTERS:
            del self._passing[next(iter(self._passing))]
        return passing

    def _lines_of(self, query: HappeningQuery, numbers: Sequence[int], now: float) -> Lines:
        if query.host:
            return Lines(numbers, self._kept, None, query, now)
        asked = self._newest, query.filter, query.unfolded, query.newest_first, Day(now).begins
        if self._lines is None or self._lines[0] != asked:
            self._lines = asked, Lines(numbers, self._kept, self._gathering.heap_of, query, now)
        return self._lines[1]


def place_in_words(place: str | None) -> str | None:
    """A place of transport.neighbours as a person writes it: without the usual port, and without an empty zone."""
    if place is None:
        return None
    return place.removesuffix(":22") if place.startswith("behind ") else place.removesuffix("%")


def _later_than(number: int, numbers: Sequence[int]) -> int:
    """How many of the numbers, which rise, are higher."""
    later = 0
    for each in reversed(numbers):
        if each <= number:
            break
        later += 1
    return later
