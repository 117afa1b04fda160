"""What is worked on next, over all jobs: a state machine with no await, no clock and no random of its own.

Each event (a job comes, work begins or ends on a target, a person cancels, a moment passes) is a method. It returns a
Plan: what the runner around it is to do. `now` is always the caller's, in monotonic seconds.

Rules kept here, and attacked by tests/unit/executor/test_core_properties.py:
  no limit is exceeded by a start: of a job (fanout), of a host and of a jump host over all jobs, of all jobs together;
  a job of a higher priority comes first; among equal ones the job with the fewest targets in work, then the job that
  has waited longest; within a job targets start in the order asked, passing over those whose host or jump host is full;
  nothing starts while paused;
  a target whose end was asked for is in work until the end is told: nothing takes its place before;
  of a job in waves only targets of the open wave start, and none once it is stopped: see waves.py;
  every target ends exactly once, and a job is finished with its last one; what has begun is tried again only where the
  job asks for it, a refused login never;
  a job that follows is tried again for ever, and takes no place from others: of a host only those of such jobs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from heapq import heappop, heappush

from ..model.data_class import dataclass
from ..model.message import Message
from ..model.outcome import Outcome
from ..model.target import TargetId
from .backlog import Backlog, Item, Place, Stage
from .plan import Plan, Reason
from .spec import JobOptions
from .waves import Halt, Phase, Rollout

MOST_AT_ONCE = 1024
"""Targets that are worked on at a time, over all jobs."""

FIRST_RETRY = 1.0
"""Seconds before the second attempt; each further one waits twice as long."""

LONGEST_RETRY = 30.0
"""Seconds that an attempt is waited for at most."""

FOLLOWED_PER_HOST = 4
"""Commands that are followed on a host at a time: each holds one of the sessions that commands share there."""

_NOT_IN_WORK = (Stage.WAITING, Stage.LATER)


@dataclass(slots=True, eq=False)
class _Job:
    """`served` numbers its last start among those of all jobs."""

    id: str
    options: JobOptions
    ends_at: float | None
    backlog: Backlog = field(default_factory=Backlog)
    items: dict[TargetId, Item] = field(default_factory=dict)
    left: int = 0
    running: int = 0
    served: int = 0
    paused: bool = False
    rollout: Rollout | None = None


def _turn(record: _Job) -> tuple[int, int, int]:
    return -record.options.priority, record.running, record.served


class JobCore:
    """All jobs that are not finished. See the module's text for its rules."""

    def __init__(self, limit: int = MOST_AT_ONCE) -> None:
        self.limit = limit
        self.running = 0
        self._jobs: dict[str, _Job] = {}
        self._hosts: dict[tuple[bool, str], Place] = {}  # what is followed has places of its own
        self._jumps: dict[str, Place] = {}
        self._later: list[tuple[float, int, Item]] = []
        self._count = 0

    def __repr__(self) -> str:
        """Counts only."""
        return f"<JobCore jobs={len(self._jobs)} running={self.running} later={len(self._later)}>"

    # -- events --------------------------------------------------------------------------------------------------

    def add(
        self,
        job: str,
        targets: Iterable[TargetId],
        options: JobOptions,
        now: float,
        routes: Mapping[str, str] | None = None,
    ) -> Plan:
        """A job comes. `routes` names the jump host of each host id that is behind one.

        Raises ValueError for a job that is there already.
        """
        if job in self._jobs:
            raise ValueError(f"there is a job {job} already")
        ends_at = None if options.deadline is None else now + options.deadline
        record = self._jobs[job] = _Job(job, options, ends_at, served=self._count)
        routes = routes or {}
        for target in targets:
            host = self._hosts.setdefault((options.follows, target.host), Place())
            host.join(job, FOLLOWED_PER_HOST if options.follows else options.per_host)
            jump = None
            if target.host in routes and not options.follows:
                jump = self._jumps.setdefault(routes[target.host], Place())
                jump.join(job, options.per_jump)
            record.items[target] = Item(job, target, host, jump)
        record.left = len(record.items)
        if options.waves is not None:
            record.rollout = Rollout(options.waves, tuple(record.items))
        for target in record.items if record.rollout is None else record.rollout.targets:
            record.backlog.put(record.items[target])
        return self._planned(Plan())

    def begun(self, job: str, target: TargetId) -> None:
        """The work itself begins in the attempt that runs: from now on it may have had an effect."""
        item = self._in_work(job, target)
        if item is not None:
            item.begun = True

    def ended(
        self,
        job: str,
        target: TargetId,
        outcome: Outcome,
        now: float,
        *,
        retryable: bool = False,
        lasted: bool = False,
    ) -> Plan:
        """The attempt that ran has ended. `retryable`: its connection failed, and another one may not. `lasted`: it had
        gone well for long, so that the waits of a job that follows begin with the shortest again.

        News of a target that does not run changes nothing.
        """
        plan = Plan()
        item = self._in_work(job, target)
        if item is not None:
            record = self._jobs[job]
            again = retryable and self._again(record, item, outcome)
            self._give_back(record, item)
            item.last = outcome
            if again:
                item.stage = Stage.LATER
                if lasted and record.options.follows:
                    item.tries = 1
                plan.again.append((job, target))
                delay = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(item.tries - 1, 16))
                heappush(self._later, (now + delay, self._numbered(), item))
            else:
                plan.ended.append(((job, target), outcome))
                self._end(record, item, outcome, plan)
            self._advance(record, plan)
        return self._planned(plan)

    def cancel(self, job: str, targets: Collection[TargetId] | None = None, reason: Reason = Reason.CANCELLED) -> Plan:
        """End some targets, or all: what runs is stopped, what waits ends now. One that waits for its next attempt ends
        as its last one did.
        """
        plan = Plan()
        record = self._jobs.get(job)
        if record is not None:
            chosen = record.items if targets is None else targets
            for target in list(chosen):
                item = record.items.get(target)
                if item is not None:
                    self._call_off(record, item, reason, plan)
            self._advance(record, plan)
        return self._planned(plan)

    def leave(self, job: str) -> Plan:
        """Nobody waits any more for the ends of what was stopped in a job: they are told as they are known now."""
        plan = Plan()
        record = self._jobs.get(job)
        for item in [] if record is None else record.items.values():
            if item.stage is Stage.STOPPING and not item.left:
                item.left = True
                plan.leave.append((job, item.target))
        return self._planned(plan)

    def pause(self, job: str) -> Plan:
        """Begin no further target of a job. What runs goes on, and its deadline with it."""
        if job in self._jobs:
            self._jobs[job].paused = True
        return self._planned(Plan())

    def resume(self, job: str) -> Plan:
        """End a pause, or go on with the next wave where a person's word was waited for."""
        plan = Plan()
        record = self._jobs.get(job)
        if record is not None:
            record.paused = False
            if record.rollout is not None and record.rollout.phase is Phase.ASKS:
                self._next_wave(record, record.rollout)
        return self._planned(plan)

    def passed(self, job: str) -> Plan:
        """What comes between two waves of a job is over, and its gate holds."""
        plan = Plan()
        record = self._jobs.get(job)
        if record is not None and record.rollout is not None and record.rollout.phase is Phase.BETWEEN:
            self._go_on(record, record.rollout, plan)
        return self._planned(plan)

    def halt(self, job: str, why: Message) -> Plan:
        """Begin on no further target of a job in waves: its gate does not hold, or a person does not want it."""
        plan = Plan()
        record = self._jobs.get(job)
        if record is not None and record.rollout is not None and record.rollout.phase is not Phase.STOPPED:
            record.paused = False
            self._halt(record, record.rollout, why, plan)
        return self._planned(plan)

    def tick(self, now: float) -> Plan:
        """A moment has come: deadlines, and attempts that were put off."""
        plan = Plan()
        for record in [each for each in self._jobs.values() if each.ends_at is not None and each.ends_at <= now]:
            record.ends_at = None
            for item in list(record.items.values()):
                self._call_off(record, item, Reason.DEADLINE, plan)
            self._advance(record, plan)
        while self._later and (self._later[0][0] <= now or self._later[0][2].stage is not Stage.LATER):
            _, _, item = heappop(self._later)
            if item.stage is Stage.LATER:
                self._jobs[item.job].backlog.put(item)
        return self._planned(plan)

    # -- the rules -----------------------------------------------------------------------------------------------

    def _in_work(self, job: str, target: TargetId) -> Item | None:
        record = self._jobs.get(job)
        item = None if record is None else record.items.get(target)
        return item if item is not None and item.stage in (Stage.RUNNING, Stage.STOPPING) else None

    @staticmethod
    def _again(record: _Job, item: Item, outcome: Outcome) -> bool:
        """Whether an attempt whose connection failed is followed by another one."""
        options = record.options
        if item.stage is Stage.STOPPING or outcome is Outcome.AUTH:
            return False
        if options.follows or item.tries > options.retries:
            return options.follows
        if record.rollout is not None and record.rollout.phase is Phase.STOPPED:
            return False
        return options.retry_any or not item.begun

    def _call_off(self, record: _Job, item: Item, reason: Reason | Halt, plan: Plan) -> None:
        key = item.job, item.target
        if item.stage is Stage.RUNNING:
            assert isinstance(reason, Reason), "what runs when waves are stopped comes to its end"
            item.stage = Stage.STOPPING
            plan.stop.append((key, reason))
        elif item.stage not in (Stage.STOPPING, Stage.ENDED):
            record.backlog.drop(item)
            if item.last is None:
                plan.notrun.append((key, reason))
            else:
                plan.ended.append((key, item.last))
            self._end(record, item, item.last or Outcome.NOTRUN, plan)

    def _advance(self, record: _Job, plan: Plan) -> None:
        """Targets of a job have ended: perhaps its wave is over with them, or it may not go on."""
        rollout = record.rollout
        if rollout is not None and not record.left and not rollout.is_last and rollout.phase is not Phase.STOPPED:
            if rollout.phase is not Phase.CUT:
                rollout.phase = Phase.CUT
                plan.waves.append((record.id, rollout.progress()))
            return
        if rollout is None or rollout.phase is not Phase.RUNNING:
            return
        if rollout.has_failed and any(item.stage in _NOT_IN_WORK for item in record.items.values()):
            self._halt(record, rollout, None, plan)
        elif rollout.is_over and rollout.is_last:
            rollout.phase = Phase.DONE
            plan.waves.append((record.id, rollout.progress()))
        elif rollout.is_over and record.left:
            self._wave_is_over(record, rollout, plan)

    def _wave_is_over(self, record: _Job, rollout: Rollout, plan: Plan) -> None:
        rollout.phase = Phase.BETWEEN
        plan.waves.append((record.id, rollout.progress()))
        if rollout.waves.waits:
            plan.between.append((record.id, rollout.well))
        else:
            self._go_on(record, rollout, plan)

    def _go_on(self, record: _Job, rollout: Rollout, plan: Plan) -> None:
        if rollout.waves.asks:
            rollout.phase, record.paused = Phase.ASKS, True
            plan.waves.append((record.id, rollout.progress()))
        else:
            self._next_wave(record, rollout)

    @staticmethod
    def _next_wave(record: _Job, rollout: Rollout) -> None:
        rollout.next_wave()
        while rollout.is_over and not rollout.is_last:  # a person has cancelled all of it before
            rollout.next_wave()
        for target in rollout.targets:
            if record.items[target].stage is not Stage.ENDED:
                record.backlog.put(record.items[target])

    def _halt(self, record: _Job, rollout: Rollout, why: Message | None, plan: Plan) -> None:
        """Nothing begins any more; `why` None: for the failures. Those that wait for another attempt count, too."""
        waiting = [item for item in record.items.values() if item.stage in _NOT_IN_WORK]
        for item in waiting:
            if item.last is not None:
                self._call_off(record, item, Reason.CANCELLED, plan)  # it ends as its last attempt did
        halt = Halt(why or rollout.too_many())
        rollout.stop(halt.message)
        plan.waves.append((record.id, rollout.progress()))
        for item in waiting:
            self._call_off(record, item, halt, plan)

    def _end(self, record: _Job, item: Item, outcome: Outcome, plan: Plan) -> None:
        item.stage = Stage.ENDED
        record.left -= 1
        if record.rollout is not None:
            record.rollout.ended(item.target, outcome)
        if item.host.leave(item.job):
            del self._hosts[record.options.follows, item.target.host]
        elif item.host.free:
            self._unpark(item.host)  # a limit of this job may have been the lowest
        if item.jump is not None and item.jump.leave(item.job):
            self._jumps = {name: jump for name, jump in self._jumps.items() if jump is not item.jump}
        if record.left == 0:
            del self._jobs[record.id]
            plan.finished.append(record.id)

    def _give_back(self, record: _Job, item: Item) -> None:
        item.host.running -= 1
        if item.jump is not None:
            item.jump.running -= 1
        record.running -= 1
        self.running -= not record.options.follows
        if item.host.free:
            self._unpark(item.host)

    def _unpark(self, host: Place) -> None:
        for record in self._jobs.values():
            record.backlog.unpark(host)

    def _planned(self, plan: Plan) -> Plan:
        """The plan with all that can start now, and the moment to wake."""
        able = [each for each in self._jobs.values() if each.running < each.options.fanout and not each.paused]
        while able and self.running < self.limit:
            record = able[0] if len(able) == 1 else min(able, key=_turn)
            item = record.backlog.pick()
            if item is None:
                able.remove(record)
                continue
            self._start(record, item)
            plan.start.append((item.job, item.target))
            if record.running >= record.options.fanout:
                able.remove(record)
        plan.wake = self._wake()
        return plan

    def _start(self, record: _Job, item: Item) -> None:
        item.stage, item.begun = Stage.RUNNING, False
        item.tries += 1
        item.host.running += 1
        if item.jump is not None:
            item.jump.running += 1
        record.running += 1
        record.served = self._numbered()
        self.running += not record.options.follows

    def _wake(self) -> float | None:
        while self._later and self._later[0][2].stage is not Stage.LATER:
            heappop(self._later)
        first = self._later[0][0] if self._later else None
        for record in self._jobs.values():
            if record.ends_at is not None and (first is None or record.ends_at < first):
                first = record.ends_at
        return first

    def _numbered(self) -> int:
        self._count += 1
        return self._count
