"""The jobs of this process: that part of the port's answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

from ..actions.door import JobAct
from ..executor.waves import Phase, Progress
from ..model.message import told
from ..model.say import Say

if TYPE_CHECKING:
    from ..executor.reader import JobEvent
    from ..model.outcome import CommandResult
    from ..model.target import TargetId
    from .below import Door, Job, Jobs


class LocalJobs:
    """As engine.fleet_jobs.FleetJobs, in this process; what answers that are equal have in common is from `answers`."""

    def __init__(
        self,
        jobs: Jobs,
        door: Door,
        job_number: Callable[[str], Awaitable[int | None]] | None,
        spilled: Callable[[str], str] = lambda _: "",
    ) -> None:
        self.spilled = spilled
        self._jobs = jobs
        self._door = door
        self._job_number = job_number

    async def job_number(self, job: str) -> int | None:
        """As FleetJobs.job_number."""
        return None if self._job_number is None else await self._job_number(job)

    async def events(self, job: str) -> AsyncIterator[JobEvent]:
        """As FleetJobs.events."""
        found = self._jobs.job(job)
        if found is not None:
            async for event in found:
                yield event

    async def results(self, job: str) -> tuple[CommandResult, ...]:
        """As FleetJobs.results."""
        found = self._jobs.job(job)
        return () if found is None else await found.wait()

    def waves(self, job: str) -> Progress | None:
        """As FleetJobs.waves."""
        found = self._jobs.job(job)
        return None if found is None else found.progress

    def pause(self, job: str) -> None:
        """As FleetJobs.pause."""
        found = self._jobs.job(job)
        if found is not None and not found.done:
            if not found.paused:
                self._steered(JobAct.PAUSE, found)
            found.pause()

    def resume(self, job: str) -> None:
        """As FleetJobs.resume."""
        found = self._jobs.job(job)
        if found is not None:
            if found.paused and not found.done:
                asks = found.progress is not None and found.progress.phase is Phase.ASKS
                self._steered(JobAct.NEXT_WAVE if asks else JobAct.RESUME, found)
            found.resume()

    def halt(self, job: str) -> None:
        """As FleetJobs.halt."""
        found = self._jobs.job(job)
        if found is not None and not found.done:
            self._steered(JobAct.STOP_WAVES, found)
            found.halt(told(Say.WAVES_DECLINED))

    def cancel(self, job: str) -> None:
        """As FleetJobs.cancel."""
        found = self._jobs.job(job)
        if found is not None and not found.done:
            if not found.cancelled:
                self._steered(JobAct.CANCEL, found)
            found.cancel()

    def _steered(self, act: JobAct, job: Job) -> None:
        """Put on record what a person does to a job, with the targets that have not ended."""
        self._door.steered(act, job.id, left_of(job))


def left_of(job: Job) -> tuple[TargetId, ...]:
    """The targets of a job that have not ended."""
    return tuple(target for target in job.targets if target not in job.results)
