"""Carries jobs out: performs the plans of the core with tasks of its own, over the connections of the manager."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from ..model.data_class import dataclass
from ..model.errors import HostUnknown
from ..model.message import Message, told
from ..model.outcome import ExitStatus, Outcome
from ..model.say import Say
from ..model.target import TargetId
from ..transport.clock import TimerHandle
from ..transport.connection import HostConnection
from ..transport.manager import TransportManager
from .away import is_away
from .capture import Budget
from .core import LONGEST_RETRY, MOST_AT_ONCE, JobCore
from .gates import Gates, between_waves
from .job import Ended, Job
from .journal import Journal
from .kind import AnyKind
from .log import JobLog
from .outcome import begins_anew, describe, may_still_run, outcome_of_error, outcome_of_exit, retryable
from .plan import Key, Plan, Reason
from .spec import JobSpec
from .works import WORKS, kind_of

KEPT_JOBS = 20
"""Jobs that are done are kept this many deep, for looking at their output again."""

JOB_LIMIT = 64 << 20
"""Bytes of output that one job keeps over all its targets."""

LEAVE_AFTER = 0.5
"""Seconds that the end of the program waits for the ends of what it has cancelled: most come within a tenth."""

ALL_LIMIT = 4 * JOB_LIMIT
"""Bytes of output that all jobs together keep: for more, the oldest that are done are dropped whole."""


@dataclass(slots=True, eq=False)
class _Attempt:
    """One attempt on a target. `since` is the moment of the first one. `status`: the work has come to its end.
    `limit_at`: the moment at which its time limit cuts it short. `before`: how the last attempt has ended that had
    begun."""

    job: Job
    kind: AnyKind
    target: TargetId
    since: float
    entered: bool = False
    begun: bool = False
    begun_at: float = 0.0
    status: ExitStatus | None = None
    limit_at: float | None = None
    reason: Reason | None = None
    task: asyncio.Task[None] | None = None
    ended: Ended | None = None
    before: Ended | None = None


class JobRunner:
    """Work on many targets at a time, as jobs that can be watched, paused and cancelled; several of them at once.

    `works` are the kinds of work that it knows. `limit` is the number of targets in work over all jobs. `output_limit`
    is in bytes a target and stream, `job_limit` in bytes a job; what comes after it is dropped, and the result says so.
    `all_limit` is in bytes over all jobs: the oldest jobs that are done make room, then it is a limit as the others.
    `log` keeps the jobs; without one they are gone with the program. `gates` are asked between waves.
    """

    def __init__(
        self,
        manager: TransportManager,
        *,
        works: Iterable[AnyKind] = WORKS,
        log: JobLog | None = None,
        gates: Gates | None = None,
        limit: int = MOST_AT_ONCE,
        output_limit: int = 1 << 20,
        job_limit: int = JOB_LIMIT,
        all_limit: int = ALL_LIMIT,
    ) -> None:
        self._manager = manager
        self._clock = manager.clock
        self.wall = manager.clock.wall
        self._works = tuple(works)
        self._core = JobCore(limit)
        self._spill = None if log is None else log.spill
        self._journal = None if log is None else Journal(log, self._clock)
        self._output_limit = output_limit
        self._job_limit = job_limit
        self._memory = Budget(all_limit, make_room=self._make_room)
        self._jobs: dict[str, Job] = {}
        self._kinds: dict[str, AnyKind] = {}  # of the jobs that are not finished
        self._attempts: dict[Key, _Attempt] = {}
        self._gates = gates
        self._asides: set[str] = set()  # the ids of jobs that belong to others
        self._between: dict[str, asyncio.Task[None]] = {}  # by job: the pause and the gate before its next wave
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: TimerHandle | None = None
        self._timer_at: float | None = None

    @property
    def keeps(self) -> bool:
        """Whether jobs are kept in a log."""
        return self._journal is not None

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The running jobs and the last ones that are done, oldest first; none that runs aside."""
        return tuple([job for job in self._jobs.values() if job.id not in self._asides])

    def job(self, job: str) -> Job | None:
        """The job of that id; None where it is not kept (any more)."""
        return self._jobs.get(job)

    def start(self, spec: JobSpec) -> Job:
        """Accept a job. Errors of targets, unknown hosts included, are their results.

        Raises ValueError for an id that is there already, and for work of a kind that this runner does not know;
        ConfigError for a gate that says nothing.
        """
        if spec.id in self._jobs:
            raise ValueError(f"there is a job {spec.id} already")
        if self._gates is not None:
            self._gates.check(spec)
        job = self._accept(spec, self._journal)
        self._forget_old()
        return job

    def aside(self, spec: JobSpec) -> Job:
        """As gates.Runs.aside."""
        self._asides.add(spec.id)
        job = self._accept(spec, None)

        def forget() -> None:
            self._clock.call_later(0.0, partial(self._drop, job))  # not in the middle of a plan

        job.when_done(forget)
        return job

    def _accept(self, spec: JobSpec, journal: Journal | None) -> Job:
        kind = kind_of(spec.work, self._works)
        now = self._clock.monotonic()
        kept = min(self._output_limit, spec.options.kept)
        if spec.options.streamed and self._journal is None:
            kept = 0  # there is nobody for the copy
        job = Job(spec, self, now, kept, Budget(self._job_limit, self._memory), self._spill)
        plan = self._core.add(spec.id, spec.targets, spec.options, now, self._routes(spec, kind))
        self._jobs[spec.id] = job
        self._kinds[spec.id] = kind
        if journal is not None:
            journal.begun(spec)
        self._perform(plan)
        return job

    def cancel(self, job: str, targets: Collection[TargetId] | None = None) -> None:
        """End some targets of a job, or all; see Job.cancel."""
        self._perform(self._core.cancel(job, targets))

    def pause(self, job: str) -> None:
        """See Job.pause."""
        self._perform(self._core.pause(job))

    def resume(self, job: str) -> None:
        """See Job.resume."""
        self._perform(self._core.resume(job))

    def halt(self, job: str, why: Message) -> None:
        """See Job.halt."""
        self._perform(self._core.halt(job, why))

    async def close(self) -> None:
        """Cancel every job and wait until what ran was told to end on its far side, and for LEAVE_AFTER seconds at most
        until it has ended: what has not is told as not confirmed.
        """
        for job in list(self._jobs):
            self.cancel(job)
        with suppress(TimeoutError):
            async with self._clock.timeout(LEAVE_AFTER):
                await self._idle()
        for job in list(self._jobs):
            self._perform(self._core.leave(job))
        for task in list(self._between.values()):
            task.cancel()  # once more, as in `_perform`: a gate's command
        await self._idle()

    async def _idle(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)

    # -- carrying out plans --------------------------------------------------------------------------------------

    def _perform(self, plan: Plan) -> None:
        """Do what the core decided. Does not await: attempts are tasks, whose ends call `_over`."""
        for key, reason in plan.stop:
            attempt = self._attempts[key]
            attempt.reason = reason
            attempt.job.stop(attempt.target)
            out_of_time = attempt.limit_at is not None and self._clock.monotonic() >= attempt.limit_at
            if attempt.entered and attempt.task is not None and not out_of_time:  # then it is being ended: see `leave`
                attempt.task.cancel()  # one that has not made its first step sees the reason in it
        for key in plan.leave:
            attempt = self._attempts[key]
            if attempt.entered and attempt.task is not None:
                attempt.task.cancel()  # once more: the work waits no longer, see Kind
        for key, _ in plan.ended:
            attempt = self._attempts.pop(key)
            assert attempt.ended is not None
            self._end(attempt.job, attempt.target, attempt.ended)
        for key in plan.again:
            attempt = self._attempts[key]
            assert attempt.ended is not None
            if attempt.job.spec.options.follows:
                attempt.job.lose(attempt.target, attempt.ended, begun=attempt.begun)
        for name, progress in plan.waves:
            self._jobs[name].advance(progress)
        for (job, target), halt in plan.notrun:
            self._end(self._jobs[job], target, Ended(Outcome.NOTRUN, None, halt.message, 0.0))
        for name, targets in plan.between:
            self._wait_between(self._jobs[name], targets)
        for job in plan.finished:
            del self._kinds[job]
            task = self._between.get(job)
            if task is not None and task is not asyncio.current_task():
                task.cancel()
            if (journal := self._journal_of(job)) is not None:
                journal.finished(job, self.wall())
        for key in plan.start:
            self._start(key)
        self._wake_at(plan.wake)

    def _end(self, job: Job, target: TargetId, ended: Ended) -> None:
        final = job.end(target, ended)
        if (journal := self._journal_of(job.id)) is not None:
            journal.ended(job.id, final)

    def _journal_of(self, job: str) -> Journal | None:
        return None if job in self._asides else self._journal

    def _wait_between(self, job: Job, targets: tuple[TargetId, ...]) -> None:
        """A wave is over: a pause and a gate decide, in a task of its own, whether the next one comes."""

        async def wait() -> None:
            try:
                why = await between_waves(job, targets, self._clock, self, self._gates)
                self._perform(self._core.passed(job.id) if why is None else self._core.halt(job.id, why))
            except asyncio.CancelledError:
                return  # the job has ended meanwhile
            finally:
                self._tasks.discard(task)
                if self._between.get(job.id) is task:
                    del self._between[job.id]

        task = self._between[job.id] = asyncio.get_running_loop().create_task(wait(), name=job.id)
        self._tasks.add(task)

    def _start(self, key: Key) -> None:
        job, target = self._jobs[key[0]], key[1]
        before = self._attempts.get(key)
        since = self._clock.monotonic() if before is None else before.since
        attempt = _Attempt(job, self._kinds[job.id], target, since)
        if before is not None:
            attempt.before = before.ended if before.begun else before.before
        self._attempts[key] = attempt
        attempt.task = asyncio.get_running_loop().create_task(self._attempt(attempt), name=job.id)
        self._tasks.add(attempt.task)

    async def _attempt(self, attempt: _Attempt) -> None:
        """The task of one attempt. Whatever it ends with is the affair of its target alone."""
        attempt.entered = True
        try:
            if attempt.reason is not None:
                raise asyncio.CancelledError
            await self._carried_out(attempt)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - a crash is the target's result
            self._over(attempt, error)  # in here: an error that is kept in its own frame waits for the collector
        else:
            self._over(attempt, None)

    async def _carried_out(self, attempt: _Attempt) -> None:
        job, target = attempt.job, attempt.target

        async def work(connection: HostConnection) -> None:
            if job.spec.options.follows:
                await job.drained(target)
            attempt.begun, attempt.begun_at = True, self._clock.monotonic()
            if (journal := self._journal_of(job.id)) is not None:
                journal.begins(job.id, target)
            self._core.begun(job.id, target)
            sink = job.begin(target)
            attempt.status = await attempt.kind.perform(connection, target, job.spec.work, sink)

        timeout, channel = job.spec.options.timeout, attempt.kind.channel
        attempt.limit_at = None if timeout is None else self._clock.monotonic() + timeout
        await self._manager.execute_on_host(target.host, work, timeout=timeout, channel=channel, fail_fast=True)

    def _over(self, attempt: _Attempt, error: BaseException | None) -> None:
        """An attempt has ended. One whose work had come to its end is not made a victim of a cancel."""
        if attempt.task is not None:
            self._tasks.discard(attempt.task)
        now = self._clock.monotonic()
        outcome, why = _how_it_ended(attempt, error)
        open_end = attempt.status is None and error is not None and may_still_run(error, outcome, begun=attempt.begun)
        again = attempt.status is None and error is not None and retryable(error)
        options = attempt.job.spec.options
        if options.follows:
            again = again or begins_anew(attempt.status, restart=options.restart)
        lasted = attempt.begun and now - attempt.begun_at > LONGEST_RETRY
        away = attempt.job.spec.when_back is not None and is_away(outcome, begun=attempt.begun)
        ended = Ended(outcome, attempt.status, why, now - attempt.since, open_end, away)
        attempt.ended = ended if attempt.begun else _since_before(ended, attempt.before)
        outcome = attempt.ended.outcome
        plan = self._core.ended(attempt.job.id, attempt.target, outcome, now, retryable=again, lasted=lasted)
        self._perform(plan)

    # -- time, routes, memory ------------------------------------------------------------------------------------

    def _wake_at(self, moment: float | None) -> None:
        if moment == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, moment
        if moment is not None:
            delay = max(0.0, moment - self._clock.monotonic())
            self._timer = self._clock.call_later(delay, self._tick)

    def _tick(self) -> None:
        self._timer = self._timer_at = None
        self._perform(self._core.tick(self._clock.monotonic()))

    def _routes(self, spec: JobSpec, kind: AnyKind) -> dict[str, str]:
        """The jump hosts of the targets' hosts, as far as they are known, where the work goes that way."""
        found: dict[str, str] = {}
        for host_id in {target.host for target in spec.targets}:
            try:
                host = self._manager.host(host_id)
            except HostUnknown:
                continue  # it ends so
            over_ssh = (kind.channel or host.main_channel) == "ssh" or host.over_ssh
            if over_ssh and (jump := host.jump_host or self._manager.host_state(host_id).jump) is not None:
                found[host_id] = jump
        return found

    def _forget_old(self) -> None:
        done = [job for job in self._jobs.values() if job.done]
        for job in done[: max(0, len(done) - KEPT_JOBS)]:
            self._drop(job)

    def _make_room(self, wanted: int) -> None:
        """So many bytes of output came, and less may be kept."""
        for job in [job for job in self._jobs.values() if job.done]:
            if self._memory.left >= wanted:
                return
            self._drop(job)

    def _drop(self, job: Job) -> None:
        self._jobs.pop(job.id, None)
        self._asides.discard(job.id)
        job.dropped()


def _how_it_ended(attempt: _Attempt, error: BaseException | None) -> tuple[Outcome, Message | None]:
    """The outcome of an attempt, and what a person is told where it did not come to its end."""
    if attempt.status is not None:
        return outcome_of_exit(attempt.status), attempt.status.note
    if error is None:
        return Outcome.ERROR, told(Say.NO_EXIT_STATUS, kind=attempt.kind.name)  # a defect of that kind
    outcome = outcome_of_error(error, begun=attempt.begun)
    if isinstance(error, asyncio.CancelledError) and attempt.reason is not None:
        reason = attempt.reason
        if outcome is Outcome.UNCONFIRMED:
            return outcome, told(Say.NOT_CONFIRMED) if reason is Reason.CANCELLED else _open(reason.message)
        return outcome, reason.message
    why = describe(error, f"work of the kind {attempt.kind.name!r} on {attempt.target}")
    if outcome is Outcome.TIMEOUT and may_still_run(error, outcome, begun=attempt.begun):
        return outcome, _open(why)
    return outcome, why


def _since_before(ended: Ended, before: Ended | None) -> Ended:
    """How a target has ended whose last attempt did not begin, where one before it had: what that began may go on, and
    a target that it was begun on is not one that did not run."""
    if before is None:
        return ended
    if ended.outcome is Outcome.NOTRUN:
        return replace(before, duration=ended.duration)
    return replace(ended, may_still_run=before.may_still_run)


def _open(why: Message) -> Message:
    return told(Say.WITH_NOTE, message=why, note=told(Say.MAY_STILL_RUN))
