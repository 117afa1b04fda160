"""What expressions of the target language mean: of hosts that nobody has asked yet, and of those that are watched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from ..executor.earlier import Earlier, StillReading
from ..executor.targets import Decided, Targets
from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.fact import Fact
from ..model.host import HostInfo
from ..model.order import natural
from ..model.problem import problem_of
from ..model.settings import TransportConfig
from ..monitor.facts import HostFacts, unheard
from ..monitor.fleet import FleetView, HostRow
from ..monitor.terms import Needs
from ..transport.manager import TransportManager
from .earlier import EarlierNow
from .limits import connects_on_demand
from .resolved import Resolved


@dataclass(frozen=True, slots=True)
class Reading:
    """What expressions mean together before any host was asked: `ids` for certain, and perhaps `undecided` ones."""

    expressions: tuple[str, ...]
    ids: tuple[str, ...]
    undecided: tuple[str, ...]
    needs: Needs
    needs_metadata: bool = False


class _FromTheFile:
    """What is known of hosts that nobody has asked anything. Made only where an expression has a condition."""

    def __init__(self, hosts: Sequence[HostInfo]) -> None:
        self._hosts = hosts

    @cached_property
    def facts(self) -> HostFacts:
        return HostFacts(tuple(map(unheard, self._hosts)), {host.id for host in self._hosts})

    def term(self, text: str) -> Fact | None:
        return self.facts.term(text)

    def near(self, name: str) -> str | None:
        return self.facts.near(name)


def first_reading(expressions: Sequence[str], hosts: Sequence[HostInfo], earlier: Earlier | None = None) -> Reading:
    """Read targets, which add up, with what hosts.toml says and the jobs that they name.

    Raises ConfigError (key "targets") as Targets.resolve does, for the first expression that is wrong.
    """
    facts = _FromTheFile(hosts)
    targets = Targets(hosts, facts, earlier)
    ids, undecided = together(targets, expressions)
    if not ids and not undecided:
        targets.resolve(expressions[0])  # raises
    if not undecided:
        return Reading(tuple(expressions), ids, undecided, Needs.NOTHING)
    return Reading(tuple(expressions), ids, undecided, facts.facts.needs, facts.facts.needs_metadata)


def needed(reading: Reading, hosts: Iterable[HostInfo], config: TransportConfig) -> tuple[HostInfo, ...]:
    """The hosts that a verb needs. Those that are meant for certain open nothing before something is asked of them."""
    hosts, ids, undecided = tuple(hosts), set(reading.ids), set(reading.undecided)
    certain = connects_on_demand((host for host in hosts if host.id in ids), config)
    return (*certain, *(host for host in hosts if host.id in undecided))


def together(targets: Targets, expressions: Sequence[str]) -> Decided:
    """Each expression is read by itself: behind one of several -w an & must not take away what another one names."""
    found = [targets.decide(expression) for expression in expressions]
    ids = {host for each in found for host in each.ids}
    undecided = {host for each in found for host in each.undecided} - ids
    return Decided(tuple(sorted(ids, key=natural)), tuple(sorted(undecided, key=natural)))


class CurrentTargets:
    """The target language over the hosts, and what is known of them, at the moment an expression is resolved."""

    def __init__(self, manager: TransportManager, view: FleetView, earlier: EarlierNow) -> None:
        self._manager = manager
        self._view = view
        self._earlier = earlier
        self._facts: HostFacts | None = None
        self._hosts: tuple[HostInfo, ...] = ()
        self._rows: tuple[HostRow, ...] | None = None
        self._targets = Targets(())

    def resolve(self, expression: str) -> tuple[str, ...]:
        """As Targets.resolve. What was found out for one key is kept for the next, until hosts or rows change.

        Raises StillReading too.
        """
        return self._now(self._earlier.of(expression)).resolve(expression)

    def resolved(self, expression: str) -> Resolved:
        """As Fleet.resolve."""
        gone: tuple[str, ...] = ()
        try:
            earlier = self._earlier.of(expression)
            targets = self._now(earlier)
            if earlier is not None:
                gone = earlier.gone((expression,), {host.id for host in self._hosts})
            return Resolved(targets.resolve(expression), gone=gone)
        except ConfigError as error:
            return Resolved(problem=problem_of(error), gone=gone, waits=isinstance(error, StillReading))

    def _now(self, earlier: Earlier | None) -> Targets:
        hosts, rows = self._manager.list_hosts(), self._view.rows()
        if hosts != self._hosts:
            self._hosts, self._rows, self._targets = hosts, None, Targets(hosts)
        if rows is not self._rows:
            watched = [row for row in rows if row.state is not ConnectionState.DISABLED]
            unseen = {host.id for host in hosts} - {row.id for row in watched}  # the news of them is on its way
            self._facts = HostFacts(watched, unseen, self._view.with_domains)
            self._rows, self._targets = rows, self._targets.knowing(self._facts)
        if earlier is None or self._facts is None:
            return self._targets
        return self._targets.knowing(self._facts, earlier)
