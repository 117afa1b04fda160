"""What expressions of the target language mean: of hosts that nobody has asked yet, and of those that are watched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from ..config.fleet import FleetConfig
from ..executor.earlier import Earlier, StillReading, names_in
from ..executor.targets import Decided, Targets
from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.order import natural
from ..model.problem import problem_of
from ..model.sets import NO_SETS, Moving, Sets, reached
from ..monitor.file_facts import FileFacts
from ..monitor.needs import Needs
from .limits import connects_on_demand
from .resolved import Resolved

if TYPE_CHECKING:
    from ..model.host import HostInfo
    from ..model.settings import TransportConfig
    from ..monitor.facts import HostFacts
    from ..monitor.fleet import FleetView, HostRow
    from .earlier import EarlierNow


@dataclass(frozen=True, slots=True)
class Reading:
    """What expressions mean together before any host was asked: `ids` for certain, and perhaps `undecided` ones.

    `moving` is the first condition that the latter hang on.
    """

    expressions: tuple[str, ...]
    ids: tuple[str, ...]
    undecided: tuple[str, ...]
    needs: Needs
    needs_metadata: bool = False
    moving: Moving | None = None


def first_reading(
    expressions: Sequence[str],
    hosts: Sequence[HostInfo],
    earlier: Earlier | None = None,
    sets: Sets = NO_SETS,
    *,
    some: bool = False,
) -> Reading:
    """Read targets, which add up, with what hosts.toml says, its `sets` among it, and the jobs that they name.

    `some` as of Targets. Raises ConfigError (key "targets") as Targets.resolve does, for the first expression that is
    wrong.
    """
    facts = FileFacts(hosts)
    targets = Targets(hosts, facts, earlier, sets, some=some)
    ids, undecided = together(targets, expressions)
    if not ids and not undecided:
        targets.resolve(expressions[0])  # raises
    if not undecided:
        return Reading(tuple(expressions), ids, undecided, Needs.NOTHING)
    known = facts.facts
    return Reading(tuple(expressions), ids, undecided, known.needs, known.needs_metadata, targets.moving)


def read_gate(gate: str, among: Sequence[HostInfo], hosts: Sequence[HostInfo], sets: Sets) -> None:
    """Raise ConfigError (key "targets") for a gate that cannot be meant, of a job on the hosts `among` of all `hosts`.

    Where it names earlier jobs, which are read as it is asked, it is looked at then.
    """
    if names_in(reached((gate,), sets)):
        return
    first_reading((gate,), among, sets=sets, some=True)
    if sets:
        first_reading((gate,), hosts, sets=sets)  # what its sets name is right by the whole fleet


def wrong_sets(config: FleetConfig) -> Iterator[ConfigError]:
    """What is wrong with the named sets of a configuration, by all that can be known before a host is asked."""
    hosts = (*config.hosts, *config.disabled)
    targets = Targets(hosts, FileFacts(hosts), sets=config.sets)
    for name, expression in config.sets:
        if names_in(reached((expression,), config.sets)):
            continue  # jobs come and go
        try:
            targets.decide(f"@{name}")
        except ConfigError as error:
            message = error.message.removeprefix(f"in the set @{name}: ")
            yield ConfigError(message, file=config.path, key=f"sets.{name}", hint=error.hint)


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


class Hosts(Protocol):
    """Where hosts are kept."""

    def list_hosts(self) -> tuple[HostInfo, ...]: ...


class CurrentTargets:
    """The target language over the hosts, and what is known of them, at the moment an expression is resolved."""

    def __init__(
        self,
        manager: Hosts,
        view: FleetView,
        earlier: EarlierNow,
        sets: Callable[[], Sets] = lambda: NO_SETS,
    ) -> None:
        """`manager` has the hosts, `sets` gives those of the file as it is now."""
        self._manager = manager
        self._view = view
        self._earlier = earlier
        self.sets = sets
        self._known_sets = NO_SETS
        self._facts: HostFacts | None = None
        self._hosts: tuple[HostInfo, ...] = ()
        self._rows: tuple[HostRow, ...] | None = None
        self._targets = Targets(())

    @property
    def set_names(self) -> tuple[str, ...]:
        """The names of the named sets."""
        return tuple([each.name for each in self.sets()])

    @property
    def job_numbers(self) -> tuple[int, ...]:
        """As EarlierNow.numbers."""
        return self._earlier.numbers()

    def resolve(self, expression: str) -> tuple[str, ...]:
        """As Targets.resolve. What was found out for one key is kept for the next, until hosts or rows change.

        Raises StillReading too.
        """
        return self._now(self._earlier.of(self._reached(expression))).resolve(expression)

    def resolved(self, expression: str) -> Resolved:
        """As Fleet.resolve."""
        gone: tuple[str, ...] = ()
        try:
            texts = self._reached(expression)
            earlier = self._earlier.of(texts)
            targets = self._now(earlier)
            if earlier is not None:
                gone = earlier.gone(texts, {host.id for host in self._hosts})
            return Resolved(targets.resolve(expression), gone=gone)
        except ConfigError as error:
            return Resolved(problem=problem_of(error), gone=gone, waits=isinstance(error, StillReading))

    def _reached(self, expression: str) -> tuple[str, ...]:
        """The expression, and those of the sets that it names."""
        return reached((expression,), self.sets())

    def _now(self, earlier: Earlier | None) -> Targets:
        hosts, rows, sets = self._manager.list_hosts(), self._view.rows(), self.sets()
        if hosts != self._hosts or sets != self._known_sets:
            self._hosts, self._rows, self._known_sets = hosts, None, sets
            self._targets = Targets(hosts, sets=sets)
        if rows is not self._rows:
            from ..monitor.facts import HostFacts  # a verb asks for its targets before

            self._facts = HostFacts(*self._watched(rows, hosts), self._view.with_domains)
            self._rows, self._targets = rows, self._targets.knowing(self._facts)
        if earlier is None or self._facts is None:
            return self._targets
        return self._targets.knowing(self._facts, earlier)

    def _watched(self, rows: Sequence[HostRow], hosts: Sequence[HostInfo]) -> tuple[Sequence[HostRow], set[str]]:
        """The rows that count, and the ids of hosts of which nothing is known yet."""
        watched = [row for row in rows if row.state is not ConnectionState.DISABLED]
        return watched, {host.id for host in hosts} - {row.id for row in watched}  # the news of them is on its way
