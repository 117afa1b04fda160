"""The jobs that other programs of this person run now, as far as the log of jobs knows."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..actions.at_work import JobAtWork
from ..executor.log import JobLog, JobState

LOOKED_AT = 50
"""Jobs of the log, the newest: one that runs longer than so many others began is not seen."""


class OtherJobs:
    """What was found at the last look. `own` gives the ids of the jobs of this program."""

    def __init__(self, log: JobLog | None, own: Callable[[], Collection[str]]) -> None:
        self._log = log
        self._own = own
        self.now: tuple[JobAtWork, ...] = ()

    async def look(self) -> None:
        """Look anew. Where the disk is silent, nothing is found."""
        if self._log is None:
            return
        found = []
        for record in await self._log.jobs(LOOKED_AT):
            if record.state is not JobState.RUNNING or record.id in self._own():
                continue
            spec = await self._log.spec(record.id)
            if spec is None or spec.options.follows:  # that goes on for days, and is no reason to ask
                continue
            answered = {ending.target for ending in await self._log.endings(record.id)}
            hosts = frozenset(target.host for target in spec.targets if target not in answered)
            if hosts:
                found.append(JobAtWork(hosts, record.who, record.asked_at, record.title, record.number))
        self.now = tuple(found)
