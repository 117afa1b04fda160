"""The core of jobs under hypothesis: every rule in core.py's text, at every step of random histories.

The machine plays the runner and the person: jobs come, attempts begin their work and end in all ways, some or all
targets are cancelled, jobs are paused and go on, deadlines pass, late news comes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from atp_tui.executor.core import FIRST_RETRY, FOLLOWED_PER_HOST, LONGEST_RETRY, JobCore
from atp_tui.executor.plan import Key, Plan
from atp_tui.executor.spec import JobOptions
from atp_tui.model.outcome import Outcome
from atp_tui.model.target import TargetId

LIMIT = 5

HOSTS = tuple(f"h{n}" for n in range(4))

ROUTES = {"h0": "j0", "h1": "j0", "h2": "j1"}

targets = st.lists(
    st.builds(TargetId, st.sampled_from(HOSTS), st.sampled_from([None, "a", "b"])), min_size=1, max_size=8, unique=True
)

options = st.builds(
    JobOptions,
    deadline=st.sampled_from([None, None, 0.0, 20.0, 1000.0]),
    fanout=st.integers(1, 6),
    per_host=st.integers(1, 3),
    per_jump=st.integers(1, 3),
    retries=st.integers(0, 3),
    retry_any=st.booleans(),
    priority=st.sampled_from([0, 0, -1, 2]),
    follows=st.sampled_from([False, False, True]),
)


@dataclass
class Asked:
    """What the machine itself knows of a job."""

    options: JobOptions
    targets: tuple[TargetId, ...]
    ends_at: float | None
    ended: dict[TargetId, str] = field(default_factory=dict)
    last: dict[TargetId, Outcome] = field(default_factory=dict)
    tries: Counter[TargetId] = field(default_factory=Counter)
    queue: list[TargetId] = field(default_factory=list)
    later: dict[TargetId, float] = field(default_factory=dict)
    paused: bool = False
    overdue: bool = False


class JobMachine(RuleBasedStateMachine):
    """Holds a model beside the core, simple and slow: what waits in which order, what runs, what has ended and how."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.core = JobCore(LIMIT)
        self.jobs: dict[str, Asked] = {}
        self.running: dict[Key, bool] = {}  # whether the work has begun
        self.stopped: set[Key] = set()
        self.left: set[Key] = set()
        self.finished: list[str] = []
        self.served: list[str] = []

    # -- the runner ----------------------------------------------------------------------------------------------

    def perform(self, plan: Plan) -> None:
        for key, reason in plan.stop:
            assert key in self.running
            assert key not in self.stopped, "stopped twice"
            assert reason
            self.stopped.add(key)
        for key in plan.leave:
            assert key in self.stopped, "its end was not asked for"
            assert key not in self.left, "left twice"
            self.left.add(key)
        for (job, target), outcome in plan.ended:
            assert outcome is self.jobs[job].last[target]
            self.end(job, target, outcome)
        for (job, target), _ in plan.notrun:
            assert target not in self.jobs[job].last, "an attempt was made"
            self.end(job, target, "notrun")
        for job in plan.finished:
            assert self.jobs[job].ended.keys() == set(self.jobs[job].targets)
            self.finished.append(job)
        for job, target in plan.start:
            self.start(job, target)
        assert plan.wake == self.next_moment()

    def end(self, job: str, target: TargetId, how: str) -> None:
        asked = self.jobs[job]
        assert target not in asked.ended, "a second outcome"
        assert (job, target) not in self.running
        asked.ended[target] = how
        asked.later.pop(target, None)
        if target in asked.queue:
            asked.queue.remove(target)

    def start(self, job: str, target: TargetId) -> None:
        asked = self.jobs[job]
        assert not asked.paused, "started while paused"
        assert not asked.overdue, "started after the deadline"
        assert target not in asked.ended
        able = self.able()
        assert able.get(job) == target, "a target was overtaken in its own job"
        highest = max(self.jobs[each].options.priority for each in able)
        assert self.jobs[job].options.priority == highest, "a job of a lower priority was served first"
        able = {each: first for each, first in able.items() if self.jobs[each].options.priority == highest}
        fewest = min(self.running_of(each) for each in able)
        assert self.running_of(job) == fewest, "a job with more in work was served first"
        equal = [each for each in able if self.running_of(each) == fewest]
        assert job == min(equal, key=self.last_served), "a job that has waited longer was passed over"
        asked.queue.remove(target)
        asked.tries[target] += 1
        assert asked.options.follows or asked.tries[target] <= 1 + asked.options.retries
        self.running[job, target] = False
        self.served.append(job)

    def last_served(self, job: str) -> int:
        """The number of the last event that counts as being served: its coming, or a start."""
        return max(number for number, each in enumerate(self.served) if each == job)

    def able(self) -> dict[str, TargetId]:
        """Each job that could start a target, and its first one that can, by the rules and without any index."""
        if len(self.working) >= LIMIT:
            return {}
        found: dict[str, TargetId] = {}
        for job, asked in self.jobs.items():
            if asked.paused or self.running_of(job) >= asked.options.fanout:
                continue
            for target in asked.queue:
                if self.has_room(target, follows=asked.options.follows):
                    found[job] = target
                    break
        return found

    @property
    def working(self) -> list[Key]:
        """What runs and takes places: of jobs that do not follow."""
        return [key for key in self.running if not self.jobs[key[0]].options.follows]

    def has_room(self, target: TargetId, *, follows: bool) -> bool:
        if follows:
            followed = [key for key in self.running if key not in self.working]
            return sum(key[1].host == target.host for key in followed) < FOLLOWED_PER_HOST
        at_host = sum(key[1].host == target.host for key in self.working)
        hosts = [asked.options.per_host for asked in self.jobs.values() if self.present(asked, {target.host})]
        if at_host >= min(hosts):
            return False
        jump = ROUTES.get(target.host)
        if jump is None:
            return True
        behind = {host for host, name in ROUTES.items() if name == jump}
        jumps = [asked.options.per_jump for asked in self.jobs.values() if self.present(asked, behind)]
        return sum(key[1].host in behind for key in self.working) < min(jumps)

    @staticmethod
    def present(asked: Asked, hosts: set[str]) -> bool:
        return not asked.options.follows and any(
            target.host in hosts and target not in asked.ended for target in asked.targets
        )

    def running_of(self, job: str) -> int:
        return sum(key[0] == job for key in self.running)

    def next_moment(self) -> float | None:
        moments = [moment for asked in self.jobs.values() for moment in asked.later.values()]
        moments += [
            asked.ends_at
            for job, asked in self.jobs.items()
            if asked.ends_at is not None and not asked.overdue and job not in self.finished
        ]
        return min(moments, default=None)

    # -- the world -----------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.jobs) - len(self.finished) < 4)
    @rule(chosen=targets, limits=options)
    def job_comes(self, chosen: list[TargetId], limits: JobOptions) -> None:
        name = f"job{len(self.jobs)}"
        ends_at = None if limits.deadline is None else self.now + limits.deadline
        self.jobs[name] = Asked(limits, tuple(chosen), ends_at, queue=list(chosen))
        self.served.append(name)
        self.perform(self.core.add(name, chosen, limits, self.now, ROUTES))

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def work_begins(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(list(self.running)))
        self.core.begun(*key)
        self.running[key] = True

    @precondition(lambda self: self.running)
    @rule(data=st.data(), outcome=st.sampled_from(list(Outcome)), retryable=st.booleans(), lasted=st.booleans())
    def attempt_ends(self, data: st.DataObject, outcome: Outcome, retryable: bool, lasted: bool) -> None:
        self.ends(data.draw(st.sampled_from(list(self.running))), outcome, retryable, lasted)

    @precondition(lambda self: self.running)
    @rule(outcome=st.sampled_from([Outcome.OK, Outcome.UNREACHABLE]), times=st.integers(1, 8))
    def some_end(self, outcome: Outcome, times: int) -> None:
        for _ in range(times):
            if self.running:
                self.ends(next(iter(self.running)), outcome, outcome is Outcome.UNREACHABLE)

    def ends(self, key: Key, outcome: Outcome, retryable: bool, lasted: bool = False) -> None:
        job, target = key
        asked, begun, stopped = self.jobs[job], self.running.pop(key), key in self.stopped
        self.stopped.discard(key)
        self.left.discard(key)
        asked.last[target] = outcome
        if lasted and asked.options.follows and retryable:
            asked.tries[target] = 1
        tried = asked.tries[target]
        may = asked.options.follows or ((asked.options.retry_any or not begun) and tried <= asked.options.retries)
        again = retryable and outcome is not Outcome.AUTH and not stopped and may
        if again:
            asked.later[target] = self.now + min(LONGEST_RETRY, FIRST_RETRY * 2 ** (tried - 1))
        self.perform(self.core.ended(job, target, outcome, self.now, retryable=retryable, lasted=lasted))
        assert (target in asked.ended) is not again

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), everything=st.booleans())
    def person_cancels(self, data: st.DataObject, everything: bool) -> None:
        job = data.draw(st.sampled_from(list(self.jobs)))
        asked = self.jobs[job]
        some = None if everything else data.draw(st.lists(st.sampled_from(asked.targets), unique=True))
        self.perform(self.core.cancel(job, some))
        for target in asked.targets if some is None else some:
            assert target in asked.ended or (job, target) in self.stopped

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def nobody_waits_for_ends(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(list(self.jobs)))
        self.perform(self.core.leave(job))
        assert {key for key in self.stopped if key[0] == job} <= self.left

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def person_pauses(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(list(self.jobs)))
        self.jobs[job].paused = True
        self.perform(self.core.pause(job))

    @precondition(lambda self: any(asked.paused for asked in self.jobs.values()))
    @rule(data=st.data())
    def person_goes_on(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from([job for job, asked in self.jobs.items() if asked.paused]))
        self.jobs[job].paused = False
        self.perform(self.core.resume(job))

    @rule(leap=st.sampled_from([0.0, 0.5, 1.0, 5.0, 25.0, 2000.0]))
    def time_passes(self, leap: float) -> None:
        self.now += leap
        for asked in self.jobs.values():
            if asked.ends_at is not None and asked.ends_at <= self.now:
                asked.overdue = True
        due = sorted(
            (moment, order, job, target)
            for job, asked in self.jobs.items()
            for order, (target, moment) in enumerate(asked.later.items())
            if moment <= self.now and not asked.overdue
        )
        for _, _, job, target in due:
            del self.jobs[job].later[target]
            self.jobs[job].queue.append(target)
        self.perform(self.core.tick(self.now))
        for job, asked in self.jobs.items():
            if asked.overdue:
                assert all(target in asked.ended or (job, target) in self.stopped for target in asked.targets)

    @precondition(lambda self: self.finished)
    @rule(data=st.data())
    def late_news_comes(self, data: st.DataObject) -> None:
        """What is still heard of a job that is finished must change nothing."""
        job = data.draw(st.sampled_from(self.finished))
        target = self.jobs[job].targets[0]
        self.core.begun(job, target)
        plans = (
            self.core.ended(job, target, Outcome.OK, self.now),
            self.core.cancel(job),
            self.core.leave(job),
            self.core.pause(job),
            self.core.resume(job),
        )
        for plan in plans:
            assert not (plan.start or plan.stop or plan.leave or plan.ended or plan.notrun or plan.finished)

    # -- what must hold at every step ----------------------------------------------------------------------------

    @invariant()
    def no_target_is_lost(self) -> None:
        for job, asked in self.jobs.items():
            running = {target for each, target in self.running if each == job}
            parts = (asked.ended.keys(), running, asked.queue, asked.later.keys())
            assert Counter(target for part in parts for target in part) == Counter(asked.targets)

    @invariant()
    def a_job_is_finished_with_its_last_target(self) -> None:
        done = [job for job, asked in self.jobs.items() if len(asked.ended) == len(asked.targets)]
        assert sorted(self.finished) == sorted(done)

    @invariant()
    def what_was_stopped_is_in_work_until_its_end_is_told(self) -> None:
        assert self.left <= self.stopped <= self.running.keys()
        assert not any(target in self.jobs[job].ended for job, target in self.stopped)

    @invariant()
    def limits_hold(self) -> None:
        assert len(self.working) == self.core.running <= LIMIT
        for job, asked in self.jobs.items():
            assert self.running_of(job) <= asked.options.fanout

    @invariant()
    def nothing_waits_that_could_run(self) -> None:
        assert not self.able()

    def teardown(self) -> None:
        """Whatever has happened: when all goes well from now on, every job comes to its end."""
        for job in list(self.jobs):
            self.jobs[job].paused = False
            self.perform(self.core.resume(job))
        for _ in range(1000):
            while self.running:
                self.ends(next(iter(self.running)), Outcome.OK, False)
            if len(self.finished) == len(self.jobs):
                break
            self.time_passes(LONGEST_RETRY)
        assert repr(self.core) == "<JobCore jobs=0 running=0 later=0>"


JobMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestJobMachine = JobMachine.TestCase
