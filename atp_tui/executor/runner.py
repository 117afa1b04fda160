"""Starts jobs and owns their tasks."""

from __future__ import annotations

import asyncio
from itertools import count

from ..model.outcome import Command
from ..transport.manager import TransportManager
from .job import Job

KEPT_JOBS = 20
"""Jobs that are done are kept this many deep, for looking at their output again."""

JOB_LIMIT = 64 << 20
"""Bytes of output that one job keeps over all its hosts."""


class JobRunner:
    """One command on many hosts at a time, as jobs that can be watched and cancelled.

    `output_limit` is in bytes a host and stream; what comes after it is dropped, and the result says so.
    """

    def __init__(self, manager: TransportManager, *, output_limit: int = 1 << 20, job_limit: int = JOB_LIMIT) -> None:
        self._manager = manager
        self._output_limit = output_limit
        self._job_limit = job_limit
        self._ids = count(1)
        self._jobs: list[Job] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The running jobs and the last ones that are done, oldest first."""
        return tuple(self._jobs)

    def start(
        self,
        targets: tuple[str, ...],
        command: Command,
        *,
        timeout: float | None = None,
        fanout: int = 64,
        streamed: bool = False,
    ) -> Job:
        """Begin a job; its hosts are worked on in this order, `fanout` at a time.

        `timeout` in seconds for each host, waiting for its connection included; None: as long as it takes. Errors of
        hosts, unknown ones included, are their results. `streamed`: all output goes to one reader, which must iterate,
        and none is kept. Raises ValueError for no or repeated targets.
        """
        if not targets or len(set(targets)) != len(targets):
            raise ValueError("a job needs targets, each once")
        began = self._manager.clock.monotonic()
        limits = self._output_limit, self._job_limit
        job = Job(next(self._ids), command, targets, began, *limits, streamed=streamed)
        # the list first: the job's task may end before anyone looks
        self._jobs.append(job)
        self._forget_old()
        task = asyncio.get_running_loop().create_task(job.run(self._manager, timeout, fanout), name=f"job {job.id}")
        job.cancel_with(task.cancel)
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._ended(job, ended))
        return job

    async def close(self) -> None:
        """Cancel what runs and wait until the remote commands were told to end."""
        for task in self._tasks:
            task.cancel()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _ended(self, job: Job, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        defect = None if task.cancelled() else task.exception()
        # here and not in the task: one that is cancelled before its first step runs none of its code
        job.finish(defect or asyncio.CancelledError(), self._manager.clock.monotonic())
        if defect is not None:
            raise defect  # to the loop's handler: it must be heard of, and no one awaits this task

    def _forget_old(self) -> None:
        done = [job for job in self._jobs if job.done]
        for job in done[: max(0, len(done) - KEPT_JOBS)]:
            self._jobs.remove(job)
