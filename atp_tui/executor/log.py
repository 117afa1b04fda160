"""The port to where jobs are kept. An implementation never blocks the event loop and never fails a job."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Protocol

from ..model.data_class import dataclass
from ..model.outcome import Outcome
from ..model.target import TargetId
from .away import PickUp, Waiting
from .spec import JobSpec
from .spilling import Spill


@dataclass(frozen=True, slots=True)
class Ending:
    """How the work ended on one target: what is kept of it beside its output.

    `at` is a wall-clock moment in seconds since 1970, `duration` in seconds. `digest` is the SHA-256 of its output (its
    standard output, a zero byte, its standard error), under which the log keeps each text once. `may_still_run` as in
    model.outcome.CommandResult. `away`: the host was away, and the job's command waits for it, see executor.away.
    """

    target: TargetId
    outcome: Outcome
    exit_status: int | None
    signal: str | None
    error: str | None
    at: float
    duration: float
    digest: bytes
    truncated: bool
    may_still_run: bool = False
    away: bool = False


class JobState(StrEnum):
    """How far a kept job came.

    INTERRUPTED: its program ended before the job did. UNKNOWN: its program runs, or ran, on another machine or in
    another container, so that nothing here tells whether it goes on. WAITING: it has ended, and its command waits for
    hosts that were away.
    """

    RUNNING = "running"
    ENDED = "ended"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as a list shows it. `number` is small, rises with each job of the log and is never used twice.

    `title` is its work in one line, `targets` their number, `names` those of its targets, folded; none of it is safe
    for a terminal. `counts` is of its endings, `waiting` the number of those hosts for which its command waits, at most
    `until`. Moments are of the wall clock, in seconds since 1970.
    """

    id: str
    number: int
    who: str
    title: str
    asked_at: float
    ended_at: float | None
    targets: int
    names: str
    counts: tuple[tuple[Outcome, int], ...]
    state: JobState
    waiting: int = 0
    until: float | None = None

    @property
    def unanswered(self) -> int:
        """The number of targets that have no ending."""
        return max(0, self.targets - sum(count for _, count in self.counts))


class JobLog(Protocol):
    """Keeps jobs and how they ended. `spill` takes the output of jobs that ask for it, where there is a place; it is
    there from the beginning on. The first four methods queue what they are given and return at once."""

    @property
    def spill(self) -> Spill | None: ...

    def begun(self, spec: JobSpec) -> None:
        """A job was accepted: it is kept before its first target is worked on."""
        ...

    def begins(self, job: str, target: TargetId) -> None:
        """The work of a job is about to begin on a target: this is known from now on, also after a kill."""
        ...

    def ended(self, job: str, endings: Sequence[Ending], texts: Sequence[tuple[bytes, bytes, bytes]]) -> None:
        """Targets have ended. `texts` are outputs that this job has not given before: digest, stdout, stderr."""
        ...

    def finished(self, job: str, at: float) -> None:
        """Every target has ended; `at` is a wall-clock moment."""
        ...

    async def jobs(self, limit: int = 100) -> tuple[JobRecord, ...]:
        """The newest jobs, newest first."""
        ...

    async def find(self, name: str) -> tuple[JobRecord, ...]:
        """The job with that number, else those with that id or an id that begins so; `last` is the newest."""
        ...

    async def spec(self, job: str) -> JobSpec | None:
        """A job as it was asked for, by its id; None for a job that is not kept, or cannot be understood."""
        ...

    async def endings(self, job: str) -> tuple[Ending, ...]:
        """How the targets of a job ended, in the order in which they did; none for a job that is not kept."""
        ...

    async def text(self, digest: bytes) -> tuple[bytes, bytes] | None:
        """Standard output and standard error under a digest; None where they are not kept."""
        ...

    async def waiting(self, fleet: str | None = None, job: str | None = None) -> tuple[Waiting, ...]:
        """The targets for which commands wait now: of one hosts.toml, of one job, or all."""
        ...

    async def take(self, job: str, targets: Collection[TargetId], *, cancelled: bool = False) -> tuple[TargetId, ...]:
        """Claim targets that wait, on the disk, to run them or to call them off; those that were had. None of these
        waits from then on. Another program that asks for them gets none."""
        ...

    def ran(self, job: str, targets: Collection[TargetId], ran_in: str | None) -> None:
        """Targets that were claimed are run in another job; None: nothing was begun, and they wait again."""
        ...

    async def pickups(self, job: str) -> tuple[PickUp, ...]:
        """What became of the targets of a job that had waited."""
        ...
