"""When the metadata of a host's domains are read: pure.

A domain is read once when it appears, again when it begins or ends (then its XML becomes another one), and every few
minutes, since a person may have changed it. The moments are spread, so that a fleet that came up all at once does not
stay together; those that are read together do, since a call costs more than what is read in it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..model.node import DomainState
from .domain_history import Listed
from .domain_record import HostDomains
from .rows import OFF

EACH = 300.0
"""Seconds, about, between two readings of a domain of which nothing is known to have changed."""

SPREAD = 0.25
"""The share of EACH by which a moment is earlier or later, by chance."""

ADDRESS_LATER = 40.0
"""Seconds after which a domain that has begun, and had no address, is read once more: by then it has asked for one."""


class Wanted(NamedTuple):
    """A domain that is due. One that is not `up` has no address."""

    uuid: str
    up: bool


class MetadataPlan:
    """The moments of one host's domains."""

    __slots__ = ("_due", "_listed", "_next", "_rng", "_states", "_up", "_wait", "_waits")

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._listed: Listed | None = None
        self._states: tuple[DomainState, ...] = ()
        self._up: dict[str, bool] = {}
        self._due: dict[str, float] = {}
        self._next = math.inf  # no moment is earlier: a host may have thousands of domains, and each sample looks
        self._wait = EACH
        self._waits: set[str] = set()  # for an address

    def look(self, domains: HostDomains, now: float) -> bool:
        """Take over which domains there are. Whether any is due."""
        if domains.begun_anew:
            for uuid in domains.begun_anew & self._up.keys():
                self._begins(uuid, now, waits=True)
            domains.begun_anew.clear()
        states, listed = domains.states, domains.listed
        # nearly all looks find the same ones, in the same states
        if (states is not self._states or listed is not self._listed) and listed is not None:
            self._take_over(listed, states, now)
        return self._next <= now

    def _take_over(self, listed: Listed, states: tuple[DomainState, ...], now: float) -> None:
        waits = self._listed is not None  # those that the first answer has may have run for long
        self._listed, self._states = listed, states
        up = {uuid: state not in OFF for uuid, state in zip(listed.uuids, states, strict=False)}
        for uuid, is_up in up.items():
            if self._up.get(uuid) is not is_up:
                self._begins(uuid, now, waits=waits)
        for gone in self._up.keys() - up.keys():
            self._due.pop(gone, None)
            self._waits.discard(gone)
        self._up = up

    @property
    def next_moment(self) -> float | None:
        """Before it no domain is due that is known now."""
        return min(self._due.values(), default=None)

    def is_due(self, now: float) -> bool:
        """Whether any domain is."""
        return any(moment <= now for moment in self._due.values())

    def take(self, now: float, most: int) -> Sequence[Wanted]:
        """The domains that are due, so many at most, those that have waited longest first. What became of each of them
        must be told: `read`, `put_back`."""
        self._wait = EACH * (1 + self._rng.uniform(-SPREAD, SPREAD))
        due = sorted([(moment, uuid) for uuid, moment in self._due.items() if moment <= now])[:most]
        for _, uuid in due:
            del self._due[uuid]
        self._next = min(self._due.values(), default=math.inf)
        return [Wanted(uuid, self._up[uuid]) for _, uuid in due]

    def put_back(self, wanted: Iterable[Wanted], moment: float) -> None:
        """They were not read, and are due at that moment."""
        for each in wanted:
            if each.uuid not in self._due:
                self._at(each.uuid, moment)

    def read(self, wanted: Wanted, now: float, address: str | None) -> None:
        """A domain was read, or cannot be. `address` "": the host does not know any yet; None: it never tells."""
        if wanted.uuid in self._due:
            return  # it has begun or ended meanwhile
        waits = wanted.up and address == "" and wanted.uuid in self._waits
        self._waits.discard(wanted.uuid)
        self._at(wanted.uuid, now + (ADDRESS_LATER if waits else self._wait))

    def _begins(self, uuid: str, now: float, *, waits: bool) -> None:
        if waits:
            self._waits.add(uuid)
        self._at(uuid, now)

    def _at(self, uuid: str, moment: float) -> None:
        self._due[uuid] = moment
        self._next = min(self._next, moment)
