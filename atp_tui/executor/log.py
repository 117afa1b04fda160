"""The port to where jobs are kept. An implementation never blocks the event loop and never fails a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..model.outcome import Outcome
from ..model.target import TargetId
from .spec import JobSpec


@dataclass(frozen=True, slots=True)
class Ending:
    """How the work ended on one target: what is kept of it beside its output.

    `at` is a wall-clock moment in seconds since 1970, `duration` in seconds. `digest` is the SHA-256 of its output (its
    standard output, a zero byte, its standard error), under which the log keeps each text once. `may_still_run` as in
    model.outcome.CommandResult.
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


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as it is kept. `ended_at` None: it did not come to its end, or has not yet. `counts` is of its endings."""

    spec: JobSpec
    ended_at: float | None
    counts: tuple[tuple[Outcome, int], ...]


class JobLog(Protocol):
    """Keeps jobs and how they ended. The first three methods queue what they are given and return at once."""

    def begun(self, spec: JobSpec) -> None:
        """A job was accepted: it is kept before its first target is worked on."""
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

    async def endings(self, job: str) -> tuple[Ending, ...]:
        """How the targets of a job ended, in the order in which they did; none for a job that is not kept."""
        ...

    async def text(self, digest: bytes) -> tuple[bytes, bytes] | None:
        """Standard output and standard error under a digest; None where they are not kept."""
        ...
