"""A simulated node and its domains: fixed facts drawn from a seed, and counters as functions of time."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from typing import NamedTuple

from ...model.data_class import dataclass
from ...model.node import DomainState
from .load import CYCLE_SECONDS, VARIANTS, Kind, LoadCurve, load_curve

GIB = 1 << 20
"""In KiB."""

_RUNNING, _SHUTOFF = DomainState.RUNNING, DomainState.SHUTOFF
_STATE_NUMBERS = {state: number for number, state in enumerate(DomainState)}

_DISK = {Kind.WEB: 0.3, Kind.DATABASE: 9.0, Kind.STEADY: 1.0, Kind.IDLE: 0.2, Kind.BATCH: 14.0, Kind.HOT: 2.0}
"""Bytes to and from its disk for each byte over the network, by the kind of load."""

# (name, kind of load, vCPUs to choose from, GiB to choose from, network bytes/s at full load of one vCPU)
_ROLES: tuple[tuple[str, Kind, tuple[int, ...], tuple[int, ...], int], ...] = (
    ("web-{:02}", Kind.WEB, (2, 4), (2, 4), 9_000_000),
    ("web-{:02}", Kind.WEB, (2, 4), (4, 8), 7_000_000),
    ("db{}", Kind.DATABASE, (4, 8), (8, 16, 32), 3_000_000),
    ("app-{:02}", Kind.STEADY, (2, 4), (4, 8), 2_500_000),
    ("cache{}", Kind.STEADY, (1, 2), (8, 16), 12_000_000),
    ("ci-runner-{}", Kind.BATCH, (4, 8), (4, 8), 1_500_000),
    ("mail{}", Kind.STEADY, (2,), (4,), 800_000),
    ("dns{}", Kind.IDLE, (1,), (1,), 400_000),
    ("gitlab-{}", Kind.DATABASE, (4,), (16,), 2_000_000),
    ("vpn{}", Kind.IDLE, (1,), (1,), 6_000_000),
    ("win2022-{:02}", Kind.STEADY, (4,), (8, 16), 700_000),
    ("test-{:02}", Kind.IDLE, (1, 2), (2,), 100_000),
)
_CPUS = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256)
_MEMORY_GIB = (32, 64, 128, 256, 384, 512, 768, 1024, 2048)


@dataclass(frozen=True, slots=True)
class SimulatedDomain:
    """The fixed facts of a domain.

    Its counters are a rate × the seconds of full load it has done: `offset` before the simulation began, and since
    then what `curve` says, read from `phase` seconds on. `cpu_rate` is ns, the others bytes, for one such second.
    All of these are floats: they are multiplied by one for each sample.
    """

    name: str
    uuid: str
    state: DomainState
    vcpus: int
    memory_kib: int
    curve: LoadCurve
    phase: float
    cpu_rate: float
    rx_rate: float
    tx_rate: float
    read_rate: float
    write_rate: float
    offset: float
    stats: dict[str, int]


class DomainFigures(NamedTuple):
    """A domain at one moment. A tuple, because one is made for each domain of each sample.

    `done` is the seconds of full load that its counters stand for, None while it is shut off: they begin at 0 with
    each start. `work` is the vCPU seconds it has ever taken from the node.
    """

    domain: SimulatedDomain
    state: DomainState
    done: float | None
    work: float

    @property
    def cpu_time(self) -> int | None:
        """Nanoseconds."""
        return None if self.done is None else int(self.done * self.domain.cpu_rate)


class NodeFigures:
    """A node's domains at one moment, in a fixed order, and what they come to: `work` summed over all, `memory_kib`
    over those that are up.
    """

    __slots__ = ("domains", "memory_kib", "work")

    def __init__(self, domains: list[DomainFigures], work: float, memory_kib: int) -> None:
        self.domains = domains
        self.work = work
        self.memory_kib = memory_kib

    def __iter__(self) -> Iterator[DomainFigures]:
        return iter(self.domains)


class SimulatedNode:
    """A node named `name`. The same name, seed and number of domains give the same node and the same figures.

    Moments are seconds since the simulation began; `uptime` is how long the node ran before that.
    """

    def __init__(self, name: str, seed: int, domains: int | None = None) -> None:
        """`domains` None lets the seed choose between 3 and 12."""
        rng = random.Random(f"{seed}/{name}")
        self.name = name
        count = rng.randint(3, 12) if domains is None else domains
        hot = rng.random() < 0.12
        self.uptime = rng.randrange(86_400, 200 * 86_400)
        self.domains = _domains(rng, count, self.uptime, hot=hot)
        # never fewer processors than vCPUs: the sum of the domains must stay below what the node has
        vcpus = sum(domain.vcpus for domain in self.domains)
        self.cpus = _at_least(_CPUS, vcpus + 2)
        memory = sum(domain.memory_kib for domain in self.domains)
        self._own_kib = rng.randrange(2 * GIB, 6 * GIB)
        self.memory_kib = _at_least(_MEMORY_GIB, (memory + self._own_kib) // GIB + 3) * GIB - rng.randrange(GIB)
        self.mhz = rng.choice((2100, 2400, 2600, 2900))
        modern = rng.random() < 0.75
        self.libvirt_version = 11_003_000 if modern else 9_000_000
        self.hypervisor_version = 9_002_000 if modern else 7_002_000
        self.modern = modern
        self._own = load_curve(Kind.IDLE, rng.randrange(VARIANTS))
        self._phase = rng.uniform(0, CYCLE_SECONDS)

    def figures(self, moment: float) -> NodeFigures:
        """Every domain at `moment`, in a fixed order."""
        figures: list[DomainFigures] = []
        new = tuple.__new__  # past the class's own constructor, which is written in Python
        everything, memory = 0.0, 0
        for domain in self.domains:
            state, offset = domain.state, domain.offset
            done: float | None
            if state is _RUNNING:
                curve, at = domain.curve, domain.phase + moment
                done = curve.work(at) + offset
                work = done * domain.vcpus
                if curve.is_batch and (done := curve.run(at)) is None:
                    state = _SHUTOFF
            else:  # nothing of it moves
                done, work = None if state is _SHUTOFF else offset, offset * domain.vcpus
            everything += work
            if done is not None:
                memory += domain.memory_kib
            figures.append(new(DomainFigures, (domain, state, done, work)))
        return NodeFigures(figures, everything, memory)

    def cpu(self, moment: float, figures: NodeFigures) -> tuple[int, int]:
        """Nanoseconds (busy, idle) since boot: what the domains at that moment have used, and the node itself."""
        own = self._own.work(self._phase + moment) * self.cpus * 0.4
        busy = own + figures.work
        ever = (CYCLE_SECONDS * 2 + self.uptime + moment) * self.cpus
        return int(busy * 1e9), int((ever - busy) * 1e9)

    def memory(self, moment: float, figures: NodeFigures) -> tuple[int, int, int, int]:
        """KiB (total, free, buffers, cached): what the running domains leave, part of it cache."""
        used = self._own_kib + figures.memory_kib
        wobble = self._own.at(self._phase + moment)
        left = self.memory_kib - used - int(wobble * GIB)
        cached, buffers = left * 2 // 5, left // 50
        return self.memory_kib, left - cached - buffers, buffers, cached


def _at_least(sizes: tuple[int, ...], wanted: int) -> int:
    """The smallest of the sizes that is enough, or what is wanted where none is."""
    return next((size for size in sizes if size >= wanted), wanted)


def _domains(rng: random.Random, count: int, uptime: int, *, hot: bool) -> tuple[SimulatedDomain, ...]:
    """`count` domains of different names; on a `hot` node most of them work as hard as they can."""
    domains: dict[str, SimulatedDomain] = {}
    while len(domains) < count:
        pattern, kind, vcpus, gib, rate = rng.choice(_ROLES)
        name = pattern.format(rng.randint(1, max(9, 3 * count)))
        if name not in domains:
            busy = hot and kind is not Kind.BATCH and rng.random() < 0.85
            domains[name] = _domain(
                rng, name, Kind.HOT if busy else kind, rng.choice(vcpus), rng.choice(gib), rate, uptime
            )
    return tuple(domains[name] for name in sorted(domains))


def _domain(rng: random.Random, name: str, kind: Kind, vcpus: int, gib: int, rate: int, uptime: int) -> SimulatedDomain:
    chance = rng.random()  # of the disk's rates, too: one more draw would give all that comes later other figures
    state = _SHUTOFF if chance < 0.08 else DomainState.PAUSED if chance < 0.12 else _RUNNING
    curve = load_curve(kind, rng.randrange(VARIANTS))
    memory = gib * GIB
    fixed = {
        "state.state": _STATE_NUMBERS[state],
        "state.reason": 1,
        "balloon.current": memory,
        "balloon.maximum": memory,
        "vcpu.current": vcpus,
        "vcpu.maximum": vcpus,
    }
    return SimulatedDomain(
        name=name,
        uuid=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        state=state,
        vcpus=vcpus,
        memory_kib=memory,
        curve=curve,
        phase=rng.uniform(0, CYCLE_SECONDS),
        cpu_rate=vcpus * 1e9,
        rx_rate=rate * vcpus * rng.uniform(0.4, 1.2),
        tx_rate=rate * vcpus * rng.uniform(0.2, 1.6),
        read_rate=rate * vcpus * _DISK[kind] * (0.2 + chance / 2),
        write_rate=rate * vcpus * _DISK[kind] * (0.8 - chance / 2),
        # work from before the simulation began; a batch domain has none, it starts anew with each of its runs
        offset=0.0 if curve.is_batch else uptime * rng.uniform(0.02, 0.3),
        stats=fixed,
    )
