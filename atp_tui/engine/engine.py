"""The engine: transport, monitor, the fleet's view, jobs and the one door to them, wired for one source of hosts.

Every surface runs on the same one: the screen, the headless verbs, a library's user.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..actions.action import Context, Invocation
from ..actions.at_work import JobAtWork
from ..actions.door import Audit, Door, JobAct
from ..actions.log_in import password_question
from ..actions.policy import Facts, Policy
from ..actions.trust_key import key_question
from ..config.fleet import FleetConfig
from ..executor.log import JobLog
from ..executor.runner import JobRunner
from ..model.connection import ConnectionState
from ..model.errors import ConfigError, HostUnknown
from ..model.events import ConnectionChanged, HostSampled
from ..model.fence import Fence
from ..model.freeze import Frozen
from ..model.host import HostInfo
from ..model.questions import KeyQuestion, PasswordQuestion
from ..model.sets import Sets
from ..model.target import TargetId
from ..monitor.fleet import FleetView
from ..monitor.follower import Follower
from ..transport.manager import TransportManager
from .answers import JobAnswers, names_alone
from .beside import beside
from .earlier import EarlierNow
from .fleet import Fleet
from .later import AskingLater, ForwardsLater, HappeningsLater, LockLater, PickUpsLater, TrialLater
from .local import LocalFleet
from .local_jobs import left_of
from .logins import LoginNews
from .only_watching import only_watches
from .other_jobs import OtherJobs
from .roster import Roster
from .source import FleetSource
from .standing import Standing
from .targets import CurrentTargets

if TYPE_CHECKING:
    from ..monitor.happenings import Happenings
    from ..monitor.host_filter import Expressions
    from ..monitor.sampler import Monitor
    from .asking import Asking
    from .away import PickUps
    from .forwards import Forwards
    from .reload import Reloading

_log = logging.getLogger(__name__)

LOOK_EACH = 3.0
"""Seconds between two looks at what is frozen and what others do, for the screen: before an act it is read anew."""

Select = Callable[[tuple[HostInfo, ...]], Iterable[HostInfo]]
"""Which of a source's hosts are wanted, and how they are to be used."""


class Engine:
    """Everything below the surface. Made at once and idle; `running` brings it to life on the event loop.

    `fleet` is the port that surfaces read and act through; what else is here is for building on.

    `policy` says what passes the door, with `[guard]` of the source and ATP_TUI_READ_ONLY; `audit` keeps what did,
    `log` the jobs; it is open for as long as this runs.
    """

    def __init__(
        self,
        source: FleetSource,
        *,
        policy: Policy | None = None,
        audit: Audit | None = None,
        log: JobLog | None = None,
    ) -> None:
        self.source = source
        self._file = source.config
        self.manager = TransportManager(source.config.transport, source.drivers)
        self.roster = Roster(self.manager, self.manager.hub.publish)
        self.view = FleetView(self.roster, interval=source.config.monitor.interval)
        self.follower = Follower(self.manager.hub, self.view, None, self.manager.clock)
        asking = self._asking = AskingLater(self._make_asking)
        self.jobs = JobRunner(self.manager, log=log, gates=asking)
        self._log = log
        self._others = OtherJobs(log, lambda: {job.id for job in self.jobs.jobs})
        self._earlier = EarlierNow(log, self._own_jobs, self.manager.clock.monotonic, self.follower.nudge)
        self.targets = CurrentTargets(self.manager, self.view, self._earlier, lambda: self._file.sets)
        drivers = source.drivers
        context = Context(
            self.manager, self.jobs, drivers.host_keys, drivers.credentials, source.hosts_file, self._following,
            _path_of(source), drivers.desk, drivers.near, forwards := ForwardsLater(self._make_forwards),
            drivers.terminal, lock := LockLater(lambda: drivers.lock),
        )  # fmt: skip
        self._forwards = forwards
        LoginNews(drivers.desk, self.manager, drivers.host_keys)
        policy = replace(policy or Policy(), guard=source.config.guard)
        policy = replace(policy, read_only=policy.read_only or only_watches())
        self.door = Door(context, policy, audit, facts=self._facts, look=self.look)
        self._freezes = None if source.hosts_file is None else source.hosts_file.freezes
        self._standing = Standing(self._every, lambda: self._file.sets)
        self._opened: tuple[HostInfo, ...] = ()
        self._select: Select | None = None
        self._runs = False
        self.answers = JobAnswers(self.jobs, self._names_of, source.config.answers)
        self.fleet: Fleet = LocalFleet(
            self.roster, self.view, self.follower, HappeningsLater(lambda: self.happenings), self.targets, asking,
            self.door, self.jobs, self.key_question, self.password_question, lambda: self.reloading.state,
            source.hosts_file, TrialLater(source.hosts_file, self.door, drivers), self._earlier.number_of,
            self.frozen, self.answers, PickUpsLater(lambda: self.pick_ups), drivers.desk.question,
            self._filter_targets, drivers.desk.touch,
            spilled=_no_files if log is None or log.spill is None else log.spill.folder, forwards=forwards,
            lock=lock,
        )  # fmt: skip

    # What only a fleet that is watched has, or one that is asked for its figures: see `later`.

    @cached_property
    def happenings(self) -> Happenings:
        """What has happened since the fleet is watched."""
        from ..monitor.happenings import Happenings

        return Happenings(self.roster, self.view)

    @cached_property
    def monitor(self) -> Monitor:
        """What samples the hosts."""
        from ..monitor.sampler import Monitor

        return Monitor(self.manager, interval=self.source.config.monitor.interval)

    @cached_property
    def pick_ups(self) -> PickUps:
        """What runs commands that wait for hosts."""
        from .away import PickUps

        return PickUps(self._log, self.door, self._is_up, _path_of(self.source), self.manager.clock)

    @cached_property
    def reloading(self) -> Reloading:
        """What brings the fleet to what its file says."""
        from .reload import Reloading

        load_for, hub, clock = self.source.drivers.load_for, self.manager.hub, self.manager.clock
        return Reloading(self.source.config, self.manager, load_for, hub.publish, clock.monotonic, self.roster)

    def _filter_targets(self) -> Expressions:
        from .filter_targets import FilterTargets

        return FilterTargets(self.roster, self.view, self._earlier, lambda: self._file.sets)

    def _make_forwards(self) -> Forwards:
        from .forwards import Forwards

        return Forwards(self.manager, self.source.drivers.near_sockets)

    def _make_asking(self) -> Asking:
        from .asking import Asking

        config = self.source.config.transport
        return Asking(self.manager, self.monitor, self._described, config, self._log, lambda: self._file.sets)

    @asynccontextmanager
    async def running(self, *, watch: bool, select: Select | None = None) -> AsyncIterator[Engine]:
        """Connect to the hosts, and sample them if `watch`; at the end nothing is left of it, in about a second.

        `select` narrows the hosts, or changes how they are used. Raises ConfigError from `select` and add_host.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.door.audit)
            collects = gc.isenabled()
            if watch and collects:
                gc.disable()  # until the hosts are up, see `freezing`
                stack.callback(gc.enable)
            self._select = select
            stack.push_async_callback(self.source.drivers.close)
            hosts = self._opened = await stack.enter_async_context(self.source.opened())
            if watch:
                self.follower.log = self.happenings
            await stack.enter_async_context(self.manager)
            await stack.enter_async_context(beside(self.follower.run(), "follower"))
            if watch:
                from ..monitor.metadata_reader import MetadataReader
                from .freezing import freezing

                await stack.enter_async_context(self.monitor)
                metadata = MetadataReader(self.manager, self.view)
                await stack.enter_async_context(beside(metadata.run(), "metadata"))
            stack.push_async_callback(self._forwards.close)
            stack.push_async_callback(self.jobs.close)
            stack.callback(self._quit)
            stack.push_async_callback(self._asking.close)
            stack.push_async_callback(self._earlier.close)
            if _log.isEnabledFor(logging.INFO):
                await stack.enter_async_context(beside(self._journal(), "journal"))
            disabled = self.source.config.disabled if watch else ()  # a verb has to do with the hosts of its set alone
            wanted = self._narrowed(FleetConfig(hosts=tuple(hosts), disabled=disabled))
            await self.source.drivers.load_for(wanted.hosts)
            for number, host in enumerate(wanted.hosts):
                await self.manager.add_host(host)
                if number % 50 == 49:
                    await asyncio.sleep(0)  # a thousand hosts at once would hold up the keys
            self.roster.keep(wanted.disabled)
            if watch:
                await stack.enter_async_context(beside(self._follow_file(), "reload"))
                await stack.enter_async_context(beside(self._look_often(), "freezes"))
                await stack.enter_async_context(beside(self.pick_ups.run(), "away"))
                await stack.enter_async_context(freezing(self.manager, self.monitor.interval, enable=collects))
            self._runs = True
            try:
                yield self
            finally:
                self._runs = False

    def _quit(self) -> None:
        """Put on record that the end of the program ends jobs."""
        for job in self.jobs.jobs:
            if not job.done and not job.cancelled:
                self.door.steered(JobAct.QUIT, job.id, left_of(job))

    @property
    def sets(self) -> Sets:
        """The named sets of the file as it is now."""
        return self._file.sets

    def _own_jobs(self) -> Sequence[tuple[str, int]]:
        return [(job.id, len(job.results)) for job in self.jobs.jobs]

    async def _follow_file(self) -> None:
        async for version in self.source.watched():
            if isinstance(version, FleetConfig):
                self._opened = version.hosts
                self.door.policy = replace(self.door.policy, guard=version.guard)
                self.answers.settings = version.answers
                self._file = version
            await self.reloading.take(self._selected(version))
        await asyncio.get_running_loop().create_future()  # a source that has no other version is no end of the program

    def _selected(self, version: FleetConfig | ConfigError) -> FleetConfig | ConfigError:
        """The version with the hosts that are wanted of it."""
        try:
            return version if isinstance(version, ConfigError) else self._narrowed(version)
        except ConfigError as error:
            return error

    def _narrowed(self, config: FleetConfig) -> FleetConfig:
        """The configuration with those hosts that `select` takes. Raises ConfigError from it."""
        if self._select is None:
            return config
        chosen = tuple(self._select((*config.hosts, *config.disabled)))
        off = {host.id for host in config.disabled}
        hosts = tuple(host for host in chosen if host.id not in off)
        return replace(config, hosts=hosts, disabled=tuple(host for host in chosen if host.id in off))

    def _facts(self, invocation: Invocation) -> Facts:
        """What is known of its hosts; before the engine runs, what the source says of them."""
        known = self.roster.list_hosts() or (*self.source.config.hosts, *self.source.config.disabled)
        wanted = set(invocation.hosts)
        rows = [row for host in wanted if (row := self.view.row(host)) is not None]
        return Facts(
            {host.id: host.tags for host in known if host.id in wanted},
            {row.id: row.running for row in rows if row.running is not None},
            {host: found for host in wanted if (found := self._under_way(host))},
            (*self._others.now, *self._own_at_work()),
            self._standing.held(self.frozen()),
            self.frozen().unreadable,
            {host.id: host for host in known if host.id in wanted},
            self._standing.guarded(self.door.policy.guard),
        )

    def frozen(self) -> Frozen:
        """What is frozen now: as Fleet.frozen. A freeze is over once the time of day and the program's own clock, which
        does not leap, both say so; a clock that was set forward ends none while this runs."""
        if self._freezes is None:
            return Frozen()
        clock = self.manager.clock
        return self._freezes.now.at(min(clock.wall(), clock.monotonic()))

    def _own_at_work(self) -> Iterable[JobAtWork]:
        for job in self.jobs.jobs:
            if not job.done:
                hosts = frozenset(target.host for target in job.targets if target not in job.results)
                yield JobAtWork(hosts, job.spec.who, job.spec.asked_at, job.title)

    async def look(self) -> None:
        """Bring up to date what the door knows: freezes, and the jobs of other programs."""
        if self._freezes is not None:
            await self._freezes.look()
        await self._others.look()

    async def _look_often(self) -> None:
        fence = Fence(_log)
        while True:
            await self.manager.clock.sleep(LOOK_EACH)
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the screen shows what it has; an act looks anew, and is refused
                fence.caught(error, "what is frozen, and what others do, is not known: %s", self.source.name)

    def _under_way(self, host: str) -> tuple[tuple[str, str], ...]:
        known = self.view.with_domains(host)
        if known is None or not known.fresh:
            return ()
        from ..monitor.under_way import under_way

        return under_way(known)

    def _names_of(self, target: TargetId) -> tuple[str, ...]:
        """The names that a target may say of itself in its answers."""
        from ..executor.masking import own_names

        with suppress(HostUnknown):  # it has gone since
            return own_names(*filter(None, (target.domain, target.host, self.roster.host(target.host).host)))
        return names_alone(target)

    def _is_up(self, host_id: str) -> bool:
        with suppress(HostUnknown):
            return self.manager.host_state(host_id).state is ConnectionState.CONNECTED
        return False

    def _described(self) -> tuple[HostInfo, ...]:
        """The hosts of the source, also those that were not selected, and those that have come since."""
        return tuple({host.id: host for host in (*self._opened, *self.manager.list_hosts())}.values())

    def _every(self) -> tuple[HostInfo, ...]:
        """All hosts that are known, of which a verb uses some: a set is what it is by all of them."""
        known = (*self._file.hosts, *self._file.disabled, *self._described())
        return tuple({host.id: host for host in known}.values())

    async def _following(self, config: FleetConfig, touched: Collection[str]) -> None:
        """Bring the fleet to what its file says now of these hosts; nothing, where it is not running.

        A fleet of some of the hosts gets no others by it: a verb connects to no host that it was not asked for.
        """
        if self._runs:
            self._opened, self._file = config.hosts, config
            await self.reloading.follow(config, touched, takes_new=self._select is None)

    async def _journal(self) -> None:
        """Write every change of a connection to the log."""
        with self.manager.hub.subscribe(8192, without=HostSampled) as news:
            while True:
                for event in await news.batch():
                    if isinstance(event, ConnectionChanged):
                        why = f": {event.cause}" if event.cause else ""
                        name = f"{event.host_id} {event.channel} #{event.connection_id}"
                        _log.info("%s: %s, was %s%s", name, event.after, event.before, why)

    def key_question(self, host_id: str) -> KeyQuestion | None:
        """The host key that keeps a host from being connected, if one does. Raises HostUnknown."""
        return key_question(self.manager, host_id)

    def password_question(self, host_id: str) -> PasswordQuestion | None:
        """The password that keeps a host from being connected, if one does. Raises HostUnknown."""
        return password_question(self.manager, host_id)


def _no_files(job: str) -> str:
    return ""


def _path_of(source: FleetSource) -> str:
    """By which what waits in the log is told from that of another hosts.toml."""
    path = source.config.path
    return "" if path is None or source.hosts_file is None else os.path.realpath(path)
