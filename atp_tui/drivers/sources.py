"""Where the hosts come from: a hosts.toml, or the demo. Each is an `engine.source.FleetSource`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from ..config.fleet import FleetConfig, MonitorSettings
from ..config.load import load
from ..model.errors import ConfigError
from ..model.host import HostInfo
from .hosts_file import HostsFileAside
from .watched_file import signature_of, versions
from .wiring import Drivers

MADE = 25
"""Demo hosts that are made before the event loop has a turn: each takes a millisecond."""


class FileSource:
    """The hosts of a configuration that was read; where it came from a regular file, this one is watched."""

    def __init__(self, config: FleetConfig) -> None:
        self.config = config
        self.name = config.path.name if config.path else "hosts"
        self.drivers = Drivers()
        has_hosts = bool(config.hosts or config.disabled)
        self.hosts_file = None if config.path is None else HostsFileAside(config.path, has_hosts=has_hosts)
        # as it is now: what is written from here on is another version
        self._signature = signature_of(config.path) if config.path is not None else ""

    async def watched(self) -> AsyncIterator[FleetConfig | ConfigError]:
        path = self.config.path
        if path is not None and path.is_file():
            async for version in versions(path, load, self._signature):
                yield version

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[tuple[HostInfo, ...]]:
        yield self.config.hosts


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`atp-tui demo --hosts --faults --seed`."""

    hosts: int
    faults: bool
    seed: int


class DemoSource:
    """The embedded fleet, with its SSH server on loopback."""

    name = "demo"
    hosts_file = None

    def __init__(self, options: DemoOptions) -> None:
        from .simulated.driver import SimulatedDriver
        from .simulated.fleet import demo_transport

        self._options = options
        self._simulated = SimulatedDriver(seed=options.seed)
        self.drivers = Drivers(self._simulated)
        self.config = replace(FleetConfig(), transport=demo_transport(), monitor=MonitorSettings(interval=1.0))

    async def watched(self) -> AsyncIterator[FleetConfig | ConfigError]:
        return
        yield  # an iterator without an item

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[tuple[HostInfo, ...]]:
        from .simulated.fleet import demo_hosts
        from .simulated.shell import DemoShell

        options = self._options
        await self.drivers.load(["asyncssh"])
        async with DemoShell(self._simulated) as shell:
            hosts: list[HostInfo] = []
            for host in demo_hosts(options.hosts, options.faults, options.seed, shell.access.settings):
                shell.admit([host])
                hosts.append(host)
                if len(hosts) % MADE == 0:
                    await asyncio.sleep(0)
            yield tuple(hosts)
