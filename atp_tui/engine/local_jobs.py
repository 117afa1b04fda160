"""The jobs of this process: that part of the port's answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from ..executor.reader import JobEvent
from ..executor.waves import Progress
from ..model.message import told
from ..model.outcome import CommandResult
from ..model.say import Say
from .below import Jobs


class LocalJobs:
    """As engine.fleet_jobs.FleetJobs, in this process; what answers that are equal have in common is from `answers`."""

    def __init__(self, jobs: Jobs, job_number: Callable[[str], Awaitable[int | None]] | None) -> None:
        self._jobs = jobs
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
        if found is not None:
            found.pause()

    def resume(self, job: str) -> None:
        """As FleetJobs.resume."""
        found = self._jobs.job(job)
        if found is not None:
            found.resume()

    def halt(self, job: str) -> None:
        """As FleetJobs.halt."""
        found = self._jobs.job(job)
        if found is not None:
            found.halt(told(Say.WAVES_DECLINED))

    def cancel(self, job: str) -> None:
        """As FleetJobs.cancel."""
        found = self._jobs.job(job)
        if found is not None:
            found.cancel()
