"""Where the hosts come from: a hosts.toml, or the demo. Each is an `engine.source.FleetSource`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.fleet import FleetConfig, MonitorSettings
from ..config.load import load
from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.host import HostInfo
from .aside import begun
from .host_programs import HostPrograms, due
from .hosts_file import HostsFileAside
from .watched_file import EMPTY, LOOK_EACH, WatchedFiles, is_empty, versions
from .wiring import Drivers

if TYPE_CHECKING:
    from ..config.hosts_file import Written

MADE = 25
"""Demo hosts that are made before the event loop has a turn: each takes a millisecond."""


class FileSource:
    """The hosts of a configuration that was read; where it came from a regular file, this one is watched.

    `programs` have run those that name hosts, where that was done already; all of them are run while it is watched.
    """

    def __init__(self, config: FleetConfig, programs: HostPrograms | None = None) -> None:
        self.config = config
        self.name = config.path.name if config.path else "hosts"
        self.drivers = Drivers()
        self._before = config
        self._written: Written | None = None
        self._running: dict[str, asyncio.Future[None]] = {}
        self._runs: asyncio.Task[None] | None = None
        self.hosts_file: HostsFileAside | None = None
        self._files: WatchedFiles | None = None
        if config.path is None:
            return
        self.hosts_file = HostsFileAside(config.path, before=config, whole=lambda: self._before)
        self._programs = programs or HostPrograms(config.path)
        # as it is now: what is written from here on is another version
        self._files = WatchedFiles(config, config.path, lambda: self._programs.revision)

    async def watched(self) -> AsyncIterator[FleetConfig | ConfigError]:
        if self._files is not None and self._files.path.is_file():
            self._runs = asyncio.create_task(self._run_programs(), name="sources")
            async for version in versions(self._files, self._loaded):
                yield version
                if self.hosts_file is not None and isinstance(version, FleetConfig):
                    await self.hosts_file.read_ahead()  # once it is applied: the next form is there at once

    async def _run_programs(self) -> None:
        """Run each program when it is due. One that hangs holds up no other."""
        while True:
            for name, run in tuple(self._running.items()):
                if run.done():
                    del self._running[name]
                    run.result()  # a run raises nothing but a defect
            for program in due(self._programs, self._before, self._running):
                with suppress(RuntimeError):  # the system has no thread left: later
                    self._running[program.name] = begun(f"source {program.name}", partial(self._programs.run, program))
            await asyncio.sleep(LOOK_EACH)

    def _loaded(self, path: Path) -> FleetConfig:
        config = load(path, answers=self._programs.answer)
        written = None if self.hosts_file is None else self.hosts_file.written
        # that a file is empty by an edit of ours was meant
        _require_filled(self._before if written is None or written is self._written else written.config, config)
        self._before, self._written = config, written
        return config

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[tuple[HostInfo, ...]]:
        try:
            yield self.config.hosts
        finally:
            if self._runs is not None:
                self._runs.cancel()
                self._programs.close()


def _require_filled(before: FleetConfig, now: FleetConfig) -> None:
    """Raise ConfigError for an included file that lets hosts go by being empty: as of hosts.toml, that is not meant."""
    known = {host.id for host in (*now.hosts, *now.disabled)}
    had = {file.path: file.hosts for file in before.included}
    for file in now.included:
        if not known.issuperset(had.get(file.path, ())) and is_empty(file.path):
            raise ConfigError("is empty now", file=file.path, hint=EMPTY)


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
