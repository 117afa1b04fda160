"""Hosts that were away when a command was run on them: it waits for them until a date. Pure.

A host is away where it was not reached, or where its time was over before the command began. A refused login or host
key is no absence. What waits is run by the screen, or by `atp-tui jobs away`, on the hosts of the same hosts.toml.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..model.data_class import dataclass
from ..model.outcome import Outcome
from ..model.target import TargetId

LONGEST = 28 * 86_400.0
"""Seconds that a command waits at most: jobs are kept for 30 days."""

SKEW = 300.0
"""Seconds that the clock may be behind the moment of asking. Behind that it is wrong, and nothing is run by it."""

FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3_600.0
"""Seconds until a host is tried again on which a command that had waited could not begin; they double."""


@dataclass(frozen=True, slots=True)
class WhenBack:
    """What a job says of hosts that are away. `within` is in seconds from the moment at which the job was asked for.

    `fleet` is the path of its hosts.toml, whose ids its targets are. `agreed`: a person was asked, and has agreed.
    """

    within: float
    fleet: str
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A target for which the command of a job waits. `number` is that of the job; moments are of the wall clock."""

    job: str
    number: int
    target: TargetId
    asked_at: float
    until: float


@dataclass(frozen=True, slots=True)
class PickUp:
    """What became of a target that had waited. `ran_in` is the number of the job that ran it; `cancelled`: none did.

    Neither: a program had taken it. It still may begin where `taken`; else that program has ended, or is elsewhere,
    and whether the command ran is not known.
    """

    target: TargetId
    at: float
    ran_in: int | None = None
    cancelled: bool = False
    taken: bool = False


def is_away(outcome: Outcome, *, begun: bool) -> bool:
    """Whether a target that ended so was away."""
    return not begun and outcome in (Outcome.UNREACHABLE, Outcome.TIMEOUT)


def may_run(asked_at: float, until: float, now: float) -> bool:
    """Whether a command that waits may be run now, by the wall clock.

    A clock that has leapt ahead drops it early. One that has leapt back behind the moment of asking runs nothing.
    """
    return asked_at - SKEW <= now < until


def by_job(waiting: Iterable[Waiting]) -> Mapping[str, tuple[Waiting, ...]]:
    """The same by the ids of their jobs, in their order."""
    found: dict[str, list[Waiting]] = {}
    for each in waiting:
        found.setdefault(each.job, []).append(each)
    return {job: tuple(some) for job, some in found.items()}


class Pauses:
    """When a host may be tried again. A host that connects, and takes no command, would be tried each time else."""

    def __init__(self) -> None:
        self._next: dict[str, tuple[float, float]] = {}

    def may_try(self, host: str, now: float) -> bool:
        """Whether its pause is over; `now` is in monotonic seconds."""
        return now >= self._next.get(host, (0.0, 0.0))[0] or host not in self._next

    def tried(self, host: str, now: float) -> None:
        """It is tried now: the next try comes later, and the one after that later still."""
        pause = min(LONGEST_PAUSE, self._next.get(host, (0.0, FIRST_PAUSE / 2))[1] * 2)
        self._next[host] = now + pause, pause

    def forget(self, host: str) -> None:
        """It has taken a command."""
        self._next.pop(host, None)

    def keep(self, hosts: Iterable[str]) -> None:
        """Forget all others: nothing waits for them."""
        wanted = set(hosts)
        self._next = {host: next_ for host, next_ in self._next.items() if host in wanted}
