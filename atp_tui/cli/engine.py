"""The engine: transport, monitor, fleet's view, jobs and actions, wired for one source of hosts.

The screen and the headless verbs run on the same one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

from ..actions.action import Context
from ..executor.runner import JobRunner
from ..executor.targets import Targets, fold
from ..model.errors import ActionFailed
from ..model.events import ConnectionChanged
from ..model.host import HostInfo
from ..model.settings import TransportConfig
from ..monitor.facts import HostFacts
from ..monitor.fleet import FleetView, HostRow
from ..monitor.sampler import Monitor
from ..transport.manager import TransportManager
from .fleet_source import FleetSource

_log = logging.getLogger(__name__)

Select = Callable[[tuple[HostInfo, ...]], Iterable[HostInfo]]
"""Which of a source's hosts are wanted, and how they are to be used."""


class CurrentTargets:
    """The target language over the hosts, and what is known of them, at the moment an expression is resolved."""

    def __init__(self, manager: TransportManager, fleet: FleetView) -> None:
        self._manager = manager
        self._fleet = fleet
        self._hosts: tuple[HostInfo, ...] = ()
        self._rows: tuple[HostRow, ...] | None = None
        self._targets = Targets(())

    def resolve(self, expression: str) -> tuple[str, ...]:
        """As Targets.resolve. What was found out for one key is kept for the next, until hosts or rows change."""
        hosts, rows = self._manager.list_hosts(), self._fleet.rows()
        if hosts != self._hosts:
            self._hosts, self._rows, self._targets = hosts, None, Targets(hosts)
        if rows is not self._rows:
            self._rows, self._targets = rows, self._targets.knowing(HostFacts(rows))
        return self._targets.resolve(expression)

    def fold(self, ids: Iterable[str]) -> str:
        """As executor.targets.fold."""
        return fold(ids)


class Engine:
    """Everything below the surface. Made at once and idle; `running` brings it to life on the event loop."""

    def __init__(self, source: FleetSource) -> None:
        self.source = source
        self.manager = TransportManager(source.config.transport, source.drivers)
        self.fleet = FleetView(self.manager, interval=source.config.monitor.interval)
        self.monitor = Monitor(self.manager, interval=source.config.monitor.interval)
        self.jobs = JobRunner(self.manager)
        self.targets = CurrentTargets(self.manager, self.fleet)
        self.context = Context(self.manager, self.jobs, self.trust)

    @asynccontextmanager
    async def running(self, *, watch: bool, select: Select | None = None) -> AsyncIterator[Engine]:
        """Connect to the hosts, and sample them if `watch`; at the end nothing is left of it, in about a second.

        `select` narrows the hosts, or changes how they are used. Raises ConfigError from `select` and add_host.
        """
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.source.drivers.close)
            hosts = await stack.enter_async_context(self.source.opened())
            await stack.enter_async_context(self.manager)
            if watch:
                await stack.enter_async_context(self.monitor)
            stack.push_async_callback(self.jobs.close)
            if _log.isEnabledFor(logging.INFO):
                stack.enter_context(_ended(asyncio.create_task(self._journal(), name="journal")))
            wanted = tuple(hosts if select is None else select(hosts))
            await self.source.drivers.load_for(wanted)
            for number, host in enumerate(wanted):
                await self.manager.add_host(host)
                if number % 50 == 49:
                    await asyncio.sleep(0)  # a thousand hosts at once would hold up the keys
            yield self

    async def _journal(self) -> None:
        """Write every change of a connection to the log."""
        with self.manager.hub.subscribe(8192) as news:
            while True:
                for event in await news.batch():
                    if isinstance(event, ConnectionChanged):
                        why = f": {event.cause}" if event.cause else ""
                        name = f"{event.host_id} {event.channel} #{event.connection_id}"
                        _log.info("%s: %s, was %s%s", name, event.after, event.before, why)

    async def trust(self, host: HostInfo, public_key: str, replace_known: bool) -> Path:
        """Store a host key that a person has accepted; the file it went to. Raises ConfigError, ActionFailed."""
        try:
            return self.source.drivers.host_keys.trust(host, public_key, replace=replace_known)
        except OSError as error:
            raise ActionFailed(f"the key could not be stored: {error}", host=host.id) from error


@contextmanager
def _ended(task: asyncio.Task[None]) -> Iterator[None]:
    try:
        yield
    finally:
        task.cancel()


def limit_of(host: HostInfo, config: TransportConfig) -> float:
    """Seconds that a headless verb waits for a host: its connect_timeout, and a moment for the answer."""
    return (host.transport or config).connect_timeout + 0.5


def connects_on_demand(hosts: Iterable[HostInfo], config: TransportConfig) -> tuple[HostInfo, ...]:
    """The same hosts, opening nothing until something is asked of them: a command needs no hypervisor connection."""

    def changed(host: HostInfo) -> HostInfo:
        transport = host.transport or config
        pool = replace(transport.pool, min_connections_per_host=0)
        return replace(host, transport=replace(transport, pool=pool))

    return tuple(map(changed, hosts))
