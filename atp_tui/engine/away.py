"""Runs what waits for hosts that were away, once each, as they connect: where a fleet is watched, or by `jobs away`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import fields

from ..actions.action import Invocation, Value
from ..actions.door import JobAct
from ..executor.away import Pauses, Waiting, by_job, is_away, may_run
from ..executor.log import JobLog
from ..executor.spec import CommandWork, JobOptions, JobSpec
from ..model.errors import AtpError, ConfirmationWanted
from ..model.fence import Fence
from ..model.message import told
from ..model.say import Say
from ..model.target import TargetId, on_hosts
from ..transport.clock import Clock
from .below import Door, Job
from .went_on import WentOn

_log = logging.getLogger(__name__)

LOOK_EACH = 10.0
"""Seconds between two looks at what waits: another program may have put it there."""

_MOST_NEWS = 100
"""Pieces of news that wait for their reader."""

_UNSAID = JobOptions()


class PickUps:
    """Looks each LOOK_EACH seconds. `is_up`: whether a host is there, is connected, and may be worked on.

    A claim is on the disk before the command begins: what is claimed is run once, or not at all. What the door refuses
    is claimed by nobody, and waits on until its date: hosts.toml may be another one by then.
    """

    def __init__(self, log: JobLog | None, door: Door, is_up: Callable[[str], bool], fleet: str, clock: Clock) -> None:
        """`fleet` is the path of hosts.toml; without one, or without a log, nothing waits."""
        self._log = log if fleet else None
        self._door = door
        self._is_up = is_up
        self.fleet = fleet
        self.look_each: float | None = None
        """Seconds between two looks, where it is not LOOK_EACH."""
        self._clock = clock
        self.is_looking = False
        """Whether something may be claimed that no job of this program runs yet."""
        self._pauses = Pauses()
        self._begun: dict[str, tuple[Job, TargetId]] = {}  # by host: what was begun there last
        self._fence = Fence(_log)
        self._refused: set[tuple[str, TargetId]] = set()
        self._news: asyncio.Queue[WentOn] = asyncio.Queue(_MOST_NEWS)
        self._waiting: Mapping[str, int] = {}  # as of the last look

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while self._log is not None:
            try:
                await self.look(self._log)
            except Exception as error:  # noqa: BLE001 - what waits is one thing of many that the screen does
                self._fence.caught(error, "what waits for hosts cannot be run: %s", self.fleet)
            await self._clock.sleep(LOOK_EACH if self.look_each is None else self.look_each)
        await asyncio.get_running_loop().create_future()

    async def look(self, log: JobLog) -> None:
        """Run what waits for hosts that are connected."""
        self.is_looking = True
        try:
            await self._look(log)
        finally:
            self.is_looking = False

    async def _look(self, log: JobLog) -> None:
        for host, (job, target) in list(self._begun.items()):
            if (result := job.results.get(target)) is not None:
                del self._begun[host]
                if not is_away(result.outcome, begun=False):
                    self._pauses.forget(host)
        jobs = by_job(await log.waiting(self.fleet))
        self._waiting = {job: len(some) for job, some in jobs.items()}
        self._pauses.keep({each.target.host for some in jobs.values() for each in some})
        self._refused &= {(job, each.target) for job, some in jobs.items() for each in some}
        for some in jobs.values():
            wall, now = self._clock.wall(), self._clock.monotonic()
            back = [
                each.target
                for each in some
                if may_run(each.asked_at, each.until, wall)
                and self._pauses.may_try(each.target.host, now)
                and self._is_up(each.target.host)
            ]
            if back:
                await self._run(log, some[0], back)

    async def went_on(self) -> AsyncIterator[WentOn]:
        """As FleetJobs.went_on."""
        while True:
            news = await self._news.get()
            try:
                yield news
            finally:
                self._news.task_done()

    async def all_told(self) -> None:
        """Wait until the reader of the news has taken all that there are."""
        await self._news.join()

    def waits(self, job: str) -> int:
        """As FleetJobs.waits."""
        return self._waiting.get(job, 0)

    async def call_off(self, job: str) -> int:
        """As FleetJobs.call_off."""
        if self._log is None or not self.waits(job):
            return 0
        targets = [each.target for each in await self._log.waiting(job=job)]
        had = await self._log.take(job, targets, cancelled=True)
        self._waiting = {other: count for other, count in self._waiting.items() if other != job}
        if had:
            self._door.steered(JobAct.CALL_OFF, job, had)
        return len(had)

    async def _run(self, log: JobLog, first: Waiting, back: Sequence[TargetId]) -> None:
        spec = await log.spec(first.job)
        if spec is None or spec.when_back is None or not isinstance(spec.work, CommandWork):
            return  # a newer program has left it, and runs it
        left = first.until - self._clock.wall()
        allowed = [target for target in back if self._passes(first, _invocation(spec, (target,), left), spec)]
        if not allowed:
            return
        for target in allowed:
            self._pauses.tried(target.host, self._clock.monotonic())
        had = await log.take(first.job, allowed)
        if not had:
            return  # another program was first
        invocation = _invocation(spec, had, left)
        try:
            job = await self._door.perform(invocation)
        except (AtpError, asyncio.CancelledError) as error:
            log.ran(first.job, had, None)  # the door begins nothing that it refuses
            if isinstance(error, AtpError):
                self._tell(WentOn(first.number, invocation, problem=error.reason))
                return
            raise
        assert job is not None, "run starts a job"
        log.ran(first.job, had, job.id)
        self._begun |= {target.host: (job, target) for target in had}
        self._tell(_begun(first.number, invocation, job))

    def _passes(self, first: Waiting, invocation: Invocation, spec: JobSpec) -> bool:
        """Whether the door lets it pass now; where not, that is told once."""
        try:
            if self._door.wants(invocation) is None:
                return True
            why = ConfirmationWanted(told(Say.WAITS_FOR_A_WORD)).reason
        except AtpError as error:
            why = error.reason
        (target,) = invocation.targets
        if (first.job, target) not in self._refused:
            self._refused.add((first.job, target))
            self._tell(WentOn(first.number, invocation, problem=why))
        return False

    def _tell(self, news: WentOn) -> None:
        _log.info("job %d, for hosts that were away: %s", news.number, news.problem or f"goes on as {news.job}")
        if not self._news.full():
            self._news.put_nowait(news)


def _begun(number: int, invocation: Invocation, job: Job) -> WentOn:
    return WentOn(number, invocation, job.id, job.title, job.started_at)


def _invocation(spec: JobSpec, targets: Collection[TargetId], left: float) -> Invocation:
    """The command of a job on some of its targets, as it was asked for. Where it cannot begin there it waits on."""
    assert isinstance(spec.work, CommandWork) and spec.when_back is not None
    arguments: dict[str, Value] = {"command": spec.work.command.line, "when_back": max(1.0, left)}
    for field in fields(JobOptions):
        value = getattr(spec.options, field.name)
        if field.name not in ("streamed", "kept", "waves") and value != getattr(_UNSAID, field.name):
            arguments[field.name] = value
    hosts = on_hosts(*[target.host for target in targets])
    agreed = len(hosts) if spec.when_back.agreed else None
    return Invocation("run", hosts, arguments, spec.who, confirmed=agreed, delivery=spec.work.delivery)
