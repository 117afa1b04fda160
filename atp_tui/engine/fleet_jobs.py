"""The part of the port that is about jobs: what is read of one, and what is done to it. See fleet.py."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Protocol

from ..model.data_class import dataclass

if TYPE_CHECKING:
    from ..executor.fold import Part
    from ..executor.reader import JobEvent
    from ..executor.waves import Progress
    from ..model.outcome import CommandResult
    from ..model.target import TargetId
    from .went_on import WentOn


@dataclass(frozen=True, slots=True)
class Parts:
    """The groups of equal outcomes of a job that have changed, and the number to ask for later ones with.

    The number never falls, but to 0 where the job is not kept any more.
    """

    number: int = 0
    parts: tuple[Part, ...] = ()


class FleetJobs(Protocol):
    """The jobs of a fleet. Of one that is not kept any more nothing is known, and nothing is done to it."""

    async def job_number(self, job: str) -> int | None:
        """The number by which the log of jobs knows it (`@job.17`); None where none is kept, or the disk is slow."""
        ...

    def events(self, job: str) -> AsyncIterator[JobEvent]:
        """What happens in a job from its beginning on, until each target has ended."""
        ...

    async def results(self, job: str) -> tuple[CommandResult, ...]:
        """Wait until each target has ended: the results in the order of the targets."""
        ...

    def parts(self, job: str, since: int = 0, masked: bool = False) -> Parts:
        """The groups of equal outcomes that have changed after that number; of a job that is not kept, number 0.
        `masked`: of those that are equal but for what is masked, as far as `mask_parts` has come."""
        ...

    def output(self, job: str, digest: bytes) -> bytes:
        """What the targets of a part said: standard output, then the errors."""
        ...

    def members(self, job: str, group: int, masked: bool = False) -> tuple[TargetId, ...]:
        """The targets of a part, which `Part.group` names, in no order."""
        ...

    async def name_parts(self, job: str, masked: bool = False) -> bool:
        """Fold the names of the parts that have none yet, beside all other work; whether there was one."""
        ...

    async def mask_parts(self, job: str) -> bool:
        """Join the answers that have come but for what is masked, beside all other work; whether there was news."""
        ...

    def spilled(self, job: str) -> str:
        """The directory of the files that have all of what is not kept of a job; "" where it has none."""
        ...

    def waves(self, job: str) -> Progress | None:
        """How a job in waves stands; None for one that has none."""
        ...

    def pause(self, job: str) -> None:
        """Begin on no further target of a job: what has begun goes on. Harmless where it is done."""
        ...

    def resume(self, job: str) -> None:
        """End a pause; a job in waves that waits for a person goes on with the next wave."""
        ...

    def halt(self, job: str) -> None:
        """Stop a job in waves, as a person who does not want the next one."""
        ...

    def cancel(self, job: str) -> None:
        """End a job: what has begun is ended on the hosts too. Harmless where it is done."""
        ...

    def went_on(self) -> AsyncIterator[WentOn]:
        """What had waited for hosts that were away, and has begun by itself, as it does. For one reader."""
        ...

    def waits(self, job: str) -> int:
        """For how many hosts that were away the command of a job waits, some seconds ago at most."""
        ...

    async def call_off(self, job: str) -> int:
        """Let the command of a job wait for no host any more; for how many it did."""
        ...
