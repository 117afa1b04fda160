"""Targets of a headless verb that hang on what is known of hosts: these are asked first, and only these.

What hosts.toml says (ids, tags, metadata) needs nobody. For the rest (`state:connected`, `cpu>80`) a first reading says
of which hosts it is not decided; they are asked, and the expression is read again. A host of which it is not known even
then is told on standard error and left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..engine.engine import Engine, connects_on_demand, limit_of
from ..executor.outcome import describe
from ..executor.targets import Decided, Targets
from ..model.connection import ConnectionState
from ..model.errors import AtpError
from ..model.events import HostSampled
from ..model.fact import Fact
from ..model.host import HostInfo
from ..model.order import natural
from ..model.settings import TransportConfig
from ..monitor.facts import HostFacts, unheard
from ..monitor.fleet import FleetView
from ..monitor.terms import Needs
from .ask_hosts import of_each
from .output import complain
from .words import sentence

APART = 1.0
"""Seconds between the two samples that a share of time needs."""

_NOT_TRIED = (ConnectionState.CONNECTING, ConnectionState.DISCONNECTED)


@dataclass(frozen=True, slots=True)
class Reading:
    """What expressions mean together before any host was asked: `ids` for certain, and perhaps `undecided` ones."""

    expressions: tuple[str, ...]
    ids: tuple[str, ...]
    undecided: tuple[str, ...]
    needs: Needs


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


def first_reading(expressions: Sequence[str], hosts: Sequence[HostInfo]) -> Reading:
    """Read targets, which add up, with what hosts.toml says.

    Raises ConfigError (key "targets") as Targets.resolve does, for the first expression that is wrong.
    """
    facts = _FromTheFile(hosts)
    targets = Targets(hosts, facts)
    ids, undecided = _together(targets, expressions)
    if not ids and not undecided:
        targets.resolve(expressions[0])  # raises
    return Reading(tuple(expressions), ids, undecided, facts.facts.needs if undecided else Needs.NOTHING)


def needed(reading: Reading, hosts: Iterable[HostInfo], config: TransportConfig) -> tuple[HostInfo, ...]:
    """The hosts that a verb needs. Those that are meant for certain open nothing before something is asked of them."""
    hosts, ids, undecided = tuple(hosts), set(reading.ids), set(reading.undecided)
    certain = connects_on_demand((host for host in hosts if host.id in ids), config)
    return (*certain, *(host for host in hosts if host.id in undecided))


def _together(targets: Targets, expressions: Sequence[str]) -> Decided:
    """Each expression is read by itself: behind one of several -w an & must not take away what another one names."""
    found = [targets.decide(expression) for expression in expressions]
    ids = {host for each in found for host in each.ids}
    undecided = {host for each in found for host in each.undecided} - ids
    return Decided(tuple(sorted(ids, key=natural)), tuple(sorted(undecided, key=natural)))


async def ask(engine: Engine, reading: Reading) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ask the undecided hosts: the targets, and the hosts that are left out, each of which is told on standard error.

    Nobody is asked where all is decided. Each host has its connect_timeout. Raises ConfigError (key "targets") where no
    host is left.
    """
    if not reading.undecided:
        return reading.ids, ()
    hosts, undecided = engine.source.config.hosts, set(reading.undecided)
    samples, errors = await _sampled(engine, [host for host in hosts if host.id in undecided], reading.needs)
    view = FleetView(engine.manager)
    for sample in samples:
        view.apply(sample)
    # hosts on which nothing depends are not in the engine, but their names may stand in the expression
    rows = tuple(view.row(host.id) or unheard(host) for host in hosts)
    targets = Targets(hosts, HostFacts(rows, {row.id for row in rows if row.state in _NOT_TRIED}))
    ids, left_out = _together(targets, reading.expressions)
    for host in left_out:
        why = sentence(describe(errors[host])) if host in errors else "the figure is not known"
        complain(f"{host}: left out: {why}")
    return ids or targets.resolve(reading.expressions[0]), left_out


async def _sampled(
    engine: Engine, hosts: Sequence[HostInfo], needs: Needs
) -> tuple[list[HostSampled], dict[str, AtpError]]:
    """The samples, in the order in which they came, and the errors of hosts that gave none."""

    async def sample(host: HostInfo) -> HostSampled:
        limit = limit_of(host, engine.source.config.transport)
        return await engine.monitor.sample(host.id, timeout=limit, fail_fast=True)

    samples: list[HostSampled] = []
    errors: dict[str, AtpError] = {}
    for turn in range(2 if needs is Needs.SAMPLES else 1):
        if turn:
            await asyncio.sleep(APART)
        for host_id, answer in (await of_each(tuple(host for host in hosts if host.id not in errors), sample)).items():
            if isinstance(answer, AtpError):
                errors[host_id] = answer
            else:
                samples.append(answer)
    return samples, errors
