"""The hosts follow their file: what was changed in it is applied, and nothing else is touched."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from ..config.changes import Changes, changes_between
from ..config.fleet import FleetConfig
from ..executor.folding import folded_aside
from ..model.errors import ConfigError, HostUnknown, PoolClosed
from ..model.events import ConfigReloaded, Event
from ..model.host import HostInfo
from ..model.problem import problem_of
from ..model.reload import Reload
from ..model.settings import TransportConfig

AT_ONCE = 64
"""Hosts that are let go or described anew at a time: each may take a second to end what runs on it."""


class Hosts(Protocol):
    """Where hosts are added and let go; TransportManager is one."""

    async def add_host(self, host: HostInfo) -> None: ...
    async def remove_host(self, host_id: str) -> None: ...
    async def update_host(self, host: HostInfo) -> None: ...
    def configure(self, config: TransportConfig) -> None: ...
    def list_hosts(self) -> tuple[HostInfo, ...]: ...


class Disabled(Protocol):
    """Where the hosts are that are disabled; engine.roster.Roster is one."""

    @property
    def disabled(self) -> tuple[HostInfo, ...]: ...
    def expect(self, disabled: Iterable[HostInfo]) -> None: ...
    def keep(self, disabled: Iterable[HostInfo]) -> None: ...


class Reloading:
    """Applies versions of a configuration, one after the other. `state` is what became of the newest.

    `turn` is held while hosts come and go by it: others that do the same take it too. `prepare` loads what new hosts
    need; `publish` tells of each version; `now` is the program's clock. `disabled` keeps the hosts that are disabled.
    """

    def __init__(
        self,
        config: FleetConfig,
        hosts: Hosts,
        prepare: Callable[[tuple[HostInfo, ...]], Awaitable[None]],
        publish: Callable[[Event], object],
        now: Callable[[], float],
        disabled: Disabled,
    ) -> None:
        self.config = config
        self.state = _with_programs(
            Reload(number=int(bool(config.remarks)), good_since=now(), files=config.files), config
        )
        self.turn = asyncio.Lock()
        self._hosts = hosts
        self._prepare = prepare
        self._publish = publish
        self._now = now
        self._disabled = disabled

    async def take(self, version: FleetConfig | ConfigError) -> None:
        """Apply a version, or keep what is there where it is an error."""
        async with self.turn:
            await self._take(version)

    async def follow(self, config: FleetConfig, touched: Collection[str], *, takes_new: bool) -> None:
        """Bring these hosts to what an edit of ours has made of them; new ones come only where `takes_new`."""
        async with self.turn:
            there = {host.id: host for host in self._hosts.list_hosts()}
            known = there.keys() | {host.id for host in self._disabled.disabled}
            wanted = [host for host in config.hosts if host.id in touched and (takes_new or host.id in known)]
            disabled = [host for host in config.disabled if takes_new or host.id in known]
            before = FleetConfig(hosts=tuple(host for host in there.values() if host.id in touched))
            await self._apply(changes_between(before, FleetConfig(hosts=tuple(wanted))), disabled)

    async def _take(self, version: FleetConfig | ConfigError) -> None:
        number = self.state.number + 1
        if isinstance(version, ConfigError):
            state = replace(
                self.state, number=number, added=0, removed=0, changed=0, names=("", "", ""), later=(),
                problem=problem_of(version),
            )  # fmt: skip
        else:
            # what an edit of ours has changed has been followed already
            before = replace(self.config, hosts=self._hosts.list_hosts(), disabled=self._disabled.disabled)
            changes, moved = changes_between(before, version), _moved(before, version)
            self.config = version
            remarks = self.state.remarks
            self.state = _with_programs(replace(self.state, files=version.files), version)
            if changes == Changes() and not any(moved) and self.state.problem is None and self.state.remarks == remarks:
                return
            await self._apply(changes, version.disabled)
            added, removed, changed = map(len, moved)
            state = Reload(
                number, added, removed, changed, await _names(moved), changes.later, None, self._now(), version.files
            )
            state = _with_programs(state, version)
        self.state = state
        self._publish(ConfigReloaded(self._now(), state))

    async def _apply(self, changes: Changes, disabled: Collection[HostInfo]) -> None:
        self._disabled.expect(disabled)
        if changes.transport is not None:
            self._hosts.configure(changes.transport)
            self.config = replace(self.config, transport=changes.transport)
        await self._each(self._hosts.remove_host(host_id) for host_id in changes.removed)
        await self._prepare((*changes.added, *changes.changed))
        await self._each(self._hosts.update_host(host) for host in changes.changed)
        for number, host in enumerate(changes.added):
            await self._each([self._hosts.add_host(host)])
            if number % 50 == 49:
                await asyncio.sleep(0)  # as at the start: a thousand hosts at once would hold up the keys
        self._disabled.keep(disabled)

    async def _each(self, work: Iterable[Awaitable[None]]) -> None:
        """A host that somebody let go meanwhile costs the others nothing, and nor does the end of the program."""
        places = asyncio.Semaphore(AT_ONCE)

        async def one(each: Awaitable[None]) -> None:
            async with places:
                with suppress(HostUnknown, PoolClosed):
                    await each

        async with asyncio.TaskGroup() as group:
            for each in work:
                group.create_task(one(each))


def _moved(before: FleetConfig, after: FleetConfig) -> tuple[list[str], list[str], list[str]]:
    """The hosts that have come, gone, and are described otherwise, those that are disabled among them."""
    old, new = (
        {host.id: (host, on) for on, hosts in ((True, config.hosts), (False, config.disabled)) for host in hosts}
        for config in (before, after)
    )
    changed = [host_id for host_id in new if host_id in old and old[host_id] != new[host_id]]
    return [each for each in new if each not in old], [each for each in old if each not in new], changed


async def _names(moved: tuple[list[str], list[str], list[str]]) -> tuple[str, str, str]:
    added, removed, changed = moved
    return await folded_aside(added), await folded_aside(removed), await folded_aside(changed)


def _with_programs(state: Reload, config: FleetConfig) -> Reload:
    """The state with what is told of the programs that name hosts, and the commands that have names."""
    return replace(
        state, remarks=tuple(map(problem_of, config.remarks)), failing=config.failing, commands=config.commands
    )
