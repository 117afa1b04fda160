"""A small fleet in memory behind the ports of atp_tui.ui.services: no transport and no network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from atp_tui.actions.action import Action, Invocation
from atp_tui.actions.door import JobAct
from atp_tui.actions.policy import Agreement, Facts, Policy
from atp_tui.actions.registry import ACTIONS, find
from atp_tui.engine.fleet import Answer, Settled, Wanted
from atp_tui.engine.local import LocalFleet
from atp_tui.engine.resolved import Resolved
from atp_tui.executor.fold import Fold
from atp_tui.executor.reader import JobEvent, TargetEnded, TargetLost, TargetOutput, TargetStarted
from atp_tui.executor.spec import new_job_id
from atp_tui.executor.targets import Targets
from atp_tui.executor.waves import Progress
from atp_tui.model.connection import ConnectionState, HostStatus, PoolStatistics, Standing
from atp_tui.model.errors import ActionFailed, AtpError, CallFailed, ConfigError, HostUnknown
from atp_tui.model.events import Event, HostAdded, HostChanged, HostRemoved, HostSampled
from atp_tui.model.guard import GuardSettings
from atp_tui.model.guest import GuestSaid
from atp_tui.model.host import HostInfo
from atp_tui.model.message import Message, text
from atp_tui.model.node import DomainReading, DomainState, NodeReading
from atp_tui.model.outcome import CommandResult, Outcome
from atp_tui.model.problem import problem_of
from atp_tui.model.questions import KeyQuestion, PasswordQuestion
from atp_tui.model.target import TargetId, on_hosts
from atp_tui.monitor.domain_query import Described
from atp_tui.monitor.facts import HostFacts
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.follower import Follower
from atp_tui.monitor.happenings import Happenings
from atp_tui.transport.hub import EventHub
from atp_tui.ui.services import Services

from .rows import connection, pool

S = ConnectionState


class RealClock:
    """The machine's clock, which a test may put forward."""

    ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


@dataclass
class FakeTransport:
    """Hosts and their states, set by the test; `change` publishes like the real one."""

    infos: dict[str, HostInfo]
    hub: EventHub = field(default_factory=EventHub)
    clock: RealClock = field(default_factory=RealClock)
    statuses: dict[str, HostStatus] = field(default_factory=dict)
    heard: dict[str, float] = field(default_factory=dict)
    looks: list[str] = field(default_factory=list)

    def looked_at(self, host_id: str) -> None:
        self.looks.append(host_id)

    def host(self, host_id: str) -> HostInfo:
        try:
            return self.infos[host_id]
        except KeyError:
            raise HostUnknown(f"no host {host_id}", host=host_id) from None

    def list_hosts(self) -> tuple[HostInfo, ...]:
        return tuple(self.infos.values())

    def host_state(self, host_id: str) -> HostStatus:
        self.host(host_id)
        return self.statuses.get(host_id) or HostStatus(Standing(S.CONNECTING, None, 0.0, 0, None, True), host_id)

    def pools(self, host_id: str) -> tuple[PoolStatistics, ...]:
        status = self.host_state(host_id)
        shown = connection(
            standing=status.standing,
            last_active=self.heard.get(host_id, self.clock.monotonic()),
        )
        return (pool(shown),)

    def add(self, info: HostInfo) -> None:
        self.infos[info.id] = info
        self.hub.publish(HostAdded(self.clock.monotonic(), info))

    def remove(self, host_id: str) -> None:
        del self.infos[host_id]
        self.hub.publish(HostRemoved(self.clock.monotonic(), host_id))

    def change(self, host_id: str, state: ConnectionState, cause: str | None = None, **more: object) -> None:
        now = self.clock.monotonic()
        why = None if cause is None else text(cause)
        standing = replace(Standing(state, why, now, 0, None, True), **more)  # type: ignore[arg-type]
        status = HostStatus(standing, host_id)
        self.statuses[host_id] = status
        self.hub.publish(HostChanged(now, status))

    def sample(self, host_id: str, *, busy: int, domains: int = 3, requests: float = 12.0) -> None:
        """One reading; `busy` is the CPU counter in ns on a node of one second idle per reading."""
        now = self.heard[host_id] = self.clock.monotonic()
        node = NodeReading(host_id, "QEMU", 9_002_000, 11_003_000, 64, 512 << 20, 200 << 20, busy, int(now * 1e9))
        readings = tuple(
            DomainReading(f"web{n}", f"uuid-{host_id}-{n}", DomainState.RUNNING if n else DomainState.PAUSED, 4,
                          8 << 20, 8 << 20, int(now * 1e9) // 2, int(now * 1e6), int(now * 4e5))
            for n in range(domains)
        )  # fmt: skip
        self.hub.publish(HostSampled(now, host_id, node, readings, 0.0012, requests, 0.0))


class FakeJob:
    """A job that the test drives: `output` and `end` are what the hosts do."""

    def __init__(self, hosts: tuple[str, ...], title: str) -> None:
        self.hosts = hosts
        self.targets = on_hosts(*hosts)
        self.title = title
        self.id = new_job_id()
        self.results: dict[TargetId, CommandResult] = {}
        self.fold = Fold()
        self.started_at = time.monotonic()
        self.cancelled = False
        self.paused = False
        self.progress: Progress | None = None
        self.takes_its_time = False
        """Whether a cancel ends nothing by itself: the test ends the hosts."""
        self._number = 0
        self._begun: set[str] = set()
        self._events: asyncio.Queue[JobEvent] = asyncio.Queue()

    @property
    def done(self) -> bool:
        return len(self.results) == len(self.targets)

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def halt(self, why: Message) -> None:
        self.paused = False

    def cancel(self) -> None:
        self.cancelled = True
        if self.takes_its_time:
            return
        for host in self.hosts:
            if TargetId(host) not in self.results:
                self.end(host, Outcome.CANCELLED, None)

    async def wait(self) -> tuple[CommandResult, ...]:
        async for _ in self:
            pass
        return tuple(self.results[target] for target in self.targets)

    def output(self, host: str, data: bytes) -> None:
        if host not in self._begun:
            self._begun.add(host)
            self._tell(TargetStarted, host)
        self._tell(TargetOutput, host, "stdout", data)

    def lose(self, host: str, why: str, *, begun: bool = True) -> None:
        """Of a job that follows."""
        self._begun.discard(host)
        self._tell(TargetLost, host, text(why), begun)

    def end(
        self,
        host: str,
        outcome: Outcome = Outcome.OK,
        status: int | None = 0,
        out: bytes = b"",
        error: str | None = None,
    ) -> None:
        why = None if error is None else text(error)
        self.results[TargetId(host)] = result = CommandResult(host, outcome, status, out, b"", 0.4, why)
        self.fold.add(result)
        self._tell(TargetEnded, host, result)

    def _tell(self, kind: Callable[..., JobEvent], host: str, *more: object) -> None:
        self._number += 1
        self._events.put_nowait(kind("job", self._number, 0.0, TargetId(host), *more))

    async def __aiter__(self) -> AsyncIterator[JobEvent]:
        ended = 0
        while ended < len(self.targets):
            event = await self._events.get()
            ended += isinstance(event, TargetEnded)
            yield event


class FakeJobs:
    def __init__(self) -> None:
        self.started: list[FakeJob] = []

    def start(self, hosts: tuple[str, ...], line: str) -> FakeJob:
        self.started.append(FakeJob(hosts, line))
        return self.started[-1]

    def job(self, job: str) -> FakeJob | None:
        return next((each for each in self.started if each.id == job), None)


class TargetsOf:
    """The real target language over the hosts as they are now."""

    def __init__(self, transport: FakeTransport, view: FleetView) -> None:
        self._transport = transport
        self._view = view
        self.jobs: dict[str, Resolved] = {}
        """What is said of an expression that names an earlier job."""
        self.set_names: tuple[str, ...] = ()
        self.job_numbers: tuple[int, ...] = ()

    def resolved(self, expression: str) -> Resolved:
        facts = HostFacts(self._view.rows(), domains=self._view.with_domains)
        try:
            if expression in self.jobs:
                return self.jobs[expression]
            return Resolved(Targets(self._transport.list_hosts(), facts).resolve(expression))
        except ConfigError as error:
            return Resolved(problem=problem_of(error))


class FakeDoor:
    """Lets pass what the real door lets pass, by the real registry, and notes it in place of doing it."""

    actions = ACTIONS
    policy = Policy(asks=True, guard=GuardSettings(preview_above=20, count_above=20))

    def __init__(self, jobs: FakeJobs) -> None:
        self._jobs = jobs
        self.passed: list[Invocation] = []
        self.fails: str | None = None
        self.facts = Facts()
        self.declined: list[tuple[Invocation, str]] = []
        self.steering: list[tuple[JobAct, str, tuple[TargetId, ...]]] = []

    def admit(self, invocation: Invocation) -> Action:
        action = find(invocation.action, self.actions)
        action.check(invocation)
        self.policy.allow(action, invocation, self.facts)
        return action

    def wants(self, invocation: Invocation) -> Agreement | None:
        return self.policy.wants(self.admit(invocation), invocation, self.facts)

    def steered(self, act: JobAct, job: str, targets: Collection[TargetId]) -> None:
        self.steering.append((act, job, tuple(targets)))

    def decline(self, invocation: Invocation, error: AtpError) -> None:
        self.declined.append((invocation, str(error)))

    async def perform(self, invocation: Invocation) -> FakeJob | None:
        action = self.admit(invocation)
        self.policy.require_confirmation(action, invocation, self.facts)
        if self.fails is not None:
            raise ActionFailed(self.fails)
        if action.starts_job:
            return self._jobs.start(invocation.hosts, invocation.text("command") or invocation.action)
        self.passed.append(invocation)
        return None


class NobodyAsks:
    """The screen asks hosts for nothing by itself: it shows what the monitor has sampled. `described` is what a domain
    is made of when a person asks for it."""

    described = Described("<domain/>")
    guest = GuestSaid(0.0, problem=problem_of(CallFailed("no agent")))

    async def ask(self, ids: Collection[str], wanted: Wanted) -> tuple[Answer, ...]:
        raise AssertionError("the screen asked hosts")

    async def settle(self, expressions: Sequence[str]) -> Settled:
        raise AssertionError("the screen asked hosts")

    async def describe_domain(self, host_id: str, uuid: str) -> Described:
        return self.described

    async def guest_of(self, host_id: str, uuid: str) -> GuestSaid:
        return self.guest


class FleetServices:
    """The fakes together. `services` is what the application is given; the rest is what a test looks at."""

    def __init__(
        self, hosts: Sequence[HostInfo], history_file: Path | None = None, interval: float | None = None
    ) -> None:
        self.transport = FakeTransport({host.id: host for host in hosts})
        self.view = FleetView(self.transport, interval=interval)
        self.jobs = FakeJobs()
        self.door = FakeDoor(self.jobs)
        self.questions: dict[str, KeyQuestion] = {}
        self.wanted: dict[str, PasswordQuestion] = {}
        self.life: list[str] = []
        self.happenings = Happenings(self.transport, self.view)
        self.follower = Follower(self.transport.hub, self.view, self.happenings, self.transport.clock)
        self.asking = NobodyAsks()
        self.targets = TargetsOf(self.transport, self.view)
        self.fleet = LocalFleet(
            self.transport, self.view, self.follower, self.happenings, self.targets,
            self.asking, self.door, self.jobs, self.questions.get, self.wanted.get,
        )  # fmt: skip
        self.services = Services(
            fleet=self.fleet, actions=self.door.actions, read_only=self.door.policy.read_only,
            source="hosts.toml", refresh=0.1, history_file=history_file, start=self._start, period=interval or 2.0,
        )  # fmt: skip

    def passed(self, action: str) -> list[Invocation]:
        """What was asked of the door under this action's name."""
        return [each for each in self.door.passed if each.action == action]

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """The view is kept up to date, as the engine does it."""
        task = asyncio.create_task(self.follower.run())
        try:
            yield
        finally:
            task.cancel()

    @asynccontextmanager
    async def _start(self) -> AsyncIterator[None]:
        self.life.append("started")
        try:
            async with self.following():
                yield
        finally:
            self.life.append("stopped")


def rack(count: int, *, tag: str = "rack1", start: int = 1) -> list[HostInfo]:
    """Hosts kvm01, kvm02, … with one tag."""
    return [HostInfo(f"kvm{n:02}", f"192.0.2.{n % 250 + 1}", tags=(tag,)) for n in range(start, start + count)]


def publish(transport: FakeTransport, *events: Event) -> None:
    for event in events:
        transport.hub.publish(event)
