"""Work in waves: some targets first, more of them as long as it goes well. Data and decisions, no await and no clock.

A job asks for `Waves`. `wave_sizes` and `in_order` say which targets are in which wave; `Rollout` says of a job that
goes on which wave is open, what is counted as a failure, and whether it goes on.

Rules, held against tests/unit/executor/test_waves.py and the machine of test_core_properties.py:
  a wave is over when each of its targets has ended for good, attempts that follow a lost connection included;
  the failures of all waves are counted together: with `max_fail` of them nothing begins any more, what runs goes on;
  what the job's person has cancelled, and what never ran, is no failure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import field
from enum import StrEnum
from random import Random
from typing import TypeVar

from ..model.amount import Amount
from ..model.data_class import dataclass
from ..model.message import Message, told
from ..model.outcome import Outcome
from ..model.say import Say
from ..model.target import TargetId

T = TypeVar("T")

_NO_FAILURES = frozenset({Outcome.OK, Outcome.NOTRUN, Outcome.CANCELLED})


@dataclass(frozen=True, slots=True)
class Waves:
    """How a job goes through its targets.

    `size` is that of each wave, None: all that are left; `canary` that of the first one. `max_fail`: with so many
    failures it stops; a host that is not reached is one where `unreachable_counts`. Between two waves: `pause` in
    seconds; then `gate`, an expression that must hold on the hosts of the wave on which the work went well, and
    `gate_run`, a command that must end with exit status 0 there, both within `gate_timeout` seconds; then `asks`, the
    word of a person. `spread` names by what the targets are taken in turn, a key of metadata or `tag:rack`; `shuffle`
    is the seed of a random order, None: the order of the set.

    Raises ValueError for a negative or endless time, and for something between waves where there is one wave.
    """

    size: Amount | None = None
    canary: Amount | None = None
    max_fail: Amount = field(default_factory=lambda: Amount(1))
    unreachable_counts: bool = True
    pause: float = 0.0
    asks: bool = False
    gate: str = ""
    gate_run: str = ""
    gate_timeout: float = 60.0
    spread: str = ""
    shuffle: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.pause < float("inf") or not 0 < self.gate_timeout < float("inf"):
            raise ValueError("a pause between waves and the time of a gate are numbers of seconds")
        if self.size is None and self.canary is None and (self.waits or self.asks):
            raise ValueError("a pause or a gate stands between waves: give their size too (wave, canary)")

    @property
    def waits(self) -> bool:
        """Whether something other than a person is waited for between two waves."""
        return bool(self.pause or self.gate or self.gate_run)


def wave_sizes(waves: Waves, total: int) -> tuple[int, ...]:
    """The number of targets of each wave."""
    found, left = [], total
    if waves.canary is not None:
        found.append(min(left, waves.canary.of(total)))
        left -= found[0]
    while left:
        found.append(left if waves.size is None else min(left, waves.size.of(total)))
        left -= found[-1]
    return tuple(found)


def in_order(targets: Sequence[T], waves: Waves, group_of: Callable[[T], Hashable] | None = None) -> tuple[T, ...]:
    """The targets in the order in which they are worked on; `group_of` is needed where they are spread.

    Spread: the first of each group, then the second of each, so that no wave takes more of a group than it must. The
    same seed gives the same order of the same targets.
    """
    ordered = list(targets)
    if waves.shuffle is not None:
        Random(waves.shuffle).shuffle(ordered)
    if waves.spread and group_of is not None:
        groups: dict[Hashable, list[T]] = {}
        for target in ordered:
            groups.setdefault(group_of(target), []).append(target)
        longest = max(map(len, groups.values()), default=0)
        ordered = [group[turn] for turn in range(longest) for group in groups.values() if turn < len(group)]
    return tuple(ordered)


class Phase(StrEnum):
    """How far a job in waves is.

    RUNNING: a wave is open. BETWEEN: one is over, and a pause or a gate comes before the next. ASKS: a person's word
    does. DONE: the last wave is over. STOPPED: it did not come to the others. CUT: nor did it, for a cancel or its
    deadline has ended all that was left.
    """

    RUNNING = "running"
    BETWEEN = "between"
    ASKS = "asks"
    DONE = "done"
    STOPPED = "stopped"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Progress:
    """How a job in waves stands. `wave` counts from 1; it has `targets`, which have ended as in `counts`.

    `failures` are those of all waves so far, as `counted` names them, and with `limit` of them it stops. `why` it has
    stopped.
    """

    wave: int
    waves: int
    phase: Phase
    targets: tuple[TargetId, ...]
    counts: tuple[tuple[Outcome, int], ...]
    failures: int
    counted: tuple[tuple[Outcome, int], ...]
    limit: int
    why: Message | None = None


class Rollout:
    """The waves of one job while it goes on. The core tells it how targets have ended, and asks what comes next."""

    def __init__(self, waves: Waves, targets: Sequence[TargetId]) -> None:
        self.waves = waves
        sizes = wave_sizes(waves, len(targets))
        begins = [sum(sizes[:number]) for number in range(len(sizes))]
        self._waves = [tuple(targets[begin : begin + size]) for begin, size in zip(begins, sizes, strict=True)]
        self._number = {target: number for number, wave in enumerate(self._waves) for target in wave}
        self._left = list(sizes)
        self._counts: list[Counter[Outcome]] = [Counter() for _ in sizes]
        self._well: list[list[TargetId]] = [[] for _ in sizes]
        self._all: Counter[Outcome] = Counter()
        self.limit = waves.max_fail.of(len(targets))
        self.phase = Phase.RUNNING
        self.open = 0
        """The place of the wave that is open, or was last."""
        self.why: Message | None = None

    @property
    def targets(self) -> tuple[TargetId, ...]:
        """Those of the wave that is open, or was last."""
        return self._waves[self.open]

    @property
    def well(self) -> tuple[TargetId, ...]:
        """Those of them on which the work went well."""
        return tuple(self._well[self.open])

    @property
    def is_over(self) -> bool:
        """Whether each target of the open wave has ended."""
        return self._left[self.open] == 0

    @property
    def is_last(self) -> bool:
        return self.open == len(self._waves) - 1

    @property
    def failures(self) -> int:
        """How many targets of all waves have ended in a way that counts."""
        return sum(self._counted.values())

    @property
    def _counted(self) -> Counter[Outcome]:
        free = _NO_FAILURES if self.waves.unreachable_counts else _NO_FAILURES | {Outcome.UNREACHABLE}
        return Counter({outcome: number for outcome, number in self._all.items() if outcome not in free})

    @property
    def has_failed(self) -> bool:
        """Whether there are so many failures that nothing may begin any more."""
        return self.failures >= self.limit

    def ended(self, target: TargetId, outcome: Outcome) -> None:
        """A target has ended for good; one of a later wave, too, where it was cancelled."""
        number = self._number[target]
        self._left[number] -= 1
        self._counts[number][outcome] += 1
        self._all[outcome] += 1
        if outcome is Outcome.OK:
            self._well[number].append(target)

    def next_wave(self) -> tuple[TargetId, ...]:
        """Open the next wave; its targets."""
        self.open += 1
        self.phase = Phase.RUNNING
        return self.targets

    def stop(self, why: Message) -> None:
        """It does not go on."""
        self.phase, self.why = Phase.STOPPED, why

    def too_many(self) -> Message:
        """What is told of the failures that have stopped it."""
        what = ", ".join(f"{number} {outcome}" for outcome, number in _sorted(self._counted))
        return told(
            Say.WAVES_FAILED, wave=self.open + 1, waves=len(self._waves), failures=self.failures, what=what,
            limit=self.limit,
        )  # fmt: skip

    def progress(self) -> Progress:
        """How it stands now."""
        return Progress(
            self.open + 1, len(self._waves), self.phase, self.targets, _sorted(self._counts[self.open]), self.failures,
            _sorted(self._counted), self.limit, self.why,
        )  # fmt: skip


def _sorted(counts: Counter[Outcome]) -> tuple[tuple[Outcome, int], ...]:
    return tuple([(outcome, counts[outcome]) for outcome in Outcome if counts[outcome]])


@dataclass(frozen=True, slots=True)
class Halt:
    """Why a target does not run: the waves were stopped before it."""

    message: Message
