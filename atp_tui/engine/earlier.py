"""Earlier jobs for the target language: an expression waits for nothing, so they are read before it is evaluated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from ..executor.earlier import Earlier, EarlierJob, StillReading, names_in
from ..executor.kept import ends_of
from ..executor.log import JobLog, JobRecord, JobState

_KEPT = 100
"""Jobs that are kept as they were read, for a person who types on; and all of an expression that names more."""

OFFERED = 20
"""Numbers of jobs that completion offers."""

NUMBER_LIMIT = 0.5
"""Seconds that the number of a new job is waited for: it is shown once it has one."""

_AGE = 2.0
"""Seconds after which a job of another program that had not ended is read again."""


async def read_earlier(expressions: Iterable[str], log: JobLog | None) -> Earlier:
    """The jobs that expressions name. Where they name none, nothing is read."""
    names = names_in(expressions)
    if not names or log is None:
        return Earlier(kept=log is not None)
    jobs: dict[str, EarlierJob] = {}
    for name in names:
        found = await log.find(name)
        if len(found) == 1:  # the beginning of several ids names none of them
            jobs[name] = await _read(log, found[0])
    newest = await log.jobs(1)
    return Earlier(jobs, newest[0].number if newest else None)


async def _read(log: JobLog, record: JobRecord) -> EarlierJob:
    spec = await log.spec(record.id)
    endings = await log.endings(record.id)
    targets = [ending.target for ending in endings] if spec is None else spec.targets
    waiting = () if record.until is None else await log.waiting(job=record.id)
    results = [result for result, _ in ends_of(targets, endings, record.state)]
    return EarlierJob.of(record.number, results, [each.target.host for each in waiting])


class EarlierNow:
    """The same while a person types: what was not read yet is asked for, and told as being read.

    `own` gives the jobs of this program, oldest first: `last` is the newest of them, where there is one.
    """

    def __init__(
        self,
        log: JobLog | None,
        own: Callable[[], Sequence[tuple[str, int]]],
        now: Callable[[], float],
        heard: Callable[[], object] = lambda: None,
    ) -> None:
        """`own` has the id of each job, and how many of its targets have ended; `now` is in seconds. `heard` is called
        when jobs have been read."""
        self._heard = heard
        self._log = log
        self._own = own
        self._now = now
        self._read: dict[str, tuple[tuple[object, ...], EarlierJob | None, float]] = {}
        self._newest: int | None = None
        self._reading: asyncio.Task[None] | None = None
        self._numbers: tuple[int, ...] = ()
        self._numbers_of: tuple[str, ...] | None = None
        self._listing: asyncio.Task[None] | None = None

    async def number_of(self, job: str) -> int | None:
        """As Fleet.job_number. A job is in the log before its first target is worked on."""
        if self._log is None:
            return None
        with suppress(TimeoutError):
            async with asyncio.timeout(NUMBER_LIMIT):
                found = await self._log.find(job)
                return found[0].number if len(found) == 1 else None
        return None

    def of(self, expressions: Iterable[str], *, before: bool = False) -> Earlier | None:
        """The jobs that expressions name; None where they name none. `before`: as they were read before, while they are
        read again. Raises StillReading."""
        names = names_in(expressions)
        if not names:
            return None
        if self._log is None:
            return Earlier(kept=False)
        missing = [name for name in names if not self._is_read(name)]
        if missing:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.get_running_loop().create_task(self._fill(missing, names), name="earlier jobs")
            if not before or any(name not in self._read for name in missing):
                hint = "its hosts are found in a moment"
                raise StillReading(f"reading job {missing[0]} …", key="targets", hint=hint)
        jobs = {name: job for name in names if (job := self._read[name][1]) is not None}
        return Earlier(jobs, self._newest)

    def newest_read(self, expressions: Iterable[str]) -> object:
        """Differs where a job that expressions name was read since, and says something else; it is read where it is
        time."""
        names = names_in(expressions)
        with suppress(StillReading):
            self.of(expressions, before=True)
        return tuple([self._read[name][1] if name in self._read else "unread" for name in names])

    def numbers(self) -> tuple[int, ...]:
        """The numbers of the newest jobs, newest first, as they were read last: they are read again where jobs have
        begun since."""
        own = tuple(job for job, _ in self._own())
        if self._log is not None and self._numbers_of != own and (self._listing is None or self._listing.done()):
            self._listing = asyncio.get_running_loop().create_task(self._list(own), name="job numbers")
        return self._numbers

    async def close(self) -> None:
        """Leave what is being read."""
        for task in (self._reading, self._listing):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])

    def _is_read(self, name: str) -> bool:
        read = self._read.get(name)
        return read is not None and read[0] == self._version(name) and self._now() < read[2]

    def _version(self, name: str) -> tuple[object, ...]:
        """What changes when the jobs of this program do."""
        own = self._own()
        return (own[-1] if own else None,) if name == "last" else tuple(own)

    async def _fill(self, missing: Iterable[str], names: Sequence[str]) -> None:
        """Read those that are missing of the jobs with these names, which an expression needs together."""
        assert self._log is not None
        for name in missing:
            version = self._version(name)
            own = self._own()
            found = await self._log.find(own[-1][0] if name == "last" and own else name)
            record = found[0] if len(found) == 1 else None
            job = None if record is None else await _read(self._log, record)
            newest = await self._log.jobs(1)
            self._newest = newest[0].number if newest else None
            settled = record is not None and record.state in (JobState.ENDED, JobState.INTERRUPTED)
            self._read.pop(name, None)
            self._read[name] = version, job, float("inf") if settled else self._now() + _AGE
        others = [name for name in self._read if name not in names]
        for name in others[: max(0, len(self._read) - _KEPT)]:
            del self._read[name]
        self._heard()

    async def _list(self, own: tuple[str, ...]) -> None:
        assert self._log is not None
        self._numbers = tuple([record.number for record in await self._log.jobs(OFFERED)])
        self._numbers_of = own
        self._heard()
