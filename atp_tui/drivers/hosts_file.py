"""hosts.toml edited beside the event loop: `actions.action.HostsFile` over `config.hosts_file`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from ..config.edits import Edit
from ..config.fleet import FleetConfig
from ..config.form import FormField
from ..config.hosts_file import HostsFile, Written
from ..config.imports.offer import ImportAsked, Offered, edits_for, offered
from ..config.paths import versions_dir
from ..config.undo import Versions, folder_of
from ..model.errors import ConfigError
from .aside import off_loop


class HostsFileAside:
    """One file, edited by one caller at a time. `written` is what was last made of it, if anything was.

    `has_hosts` as of HostsFile.
    """

    def __init__(self, path: Path, *, has_hosts: bool = False) -> None:
        self.file = HostsFile(path, _versions(path), has_hosts=has_hosts)
        self.written: Written | None = None
        self._turn = asyncio.Lock()

    async def known(self) -> FleetConfig:
        """As actions.action.HostsFile."""
        async with self._turn:
            return await off_loop("hosts.toml", self.file.known)

    async def fields(self, host_ids: Sequence[str]) -> tuple[tuple[FormField, ...], ...]:
        """As actions.action.HostsFile."""
        async with self._turn:
            return await off_loop("hosts.toml", partial(self.file.fields, host_ids))

    async def line_of(self, host_id: str) -> int | None:
        """As actions.action.HostsFile."""
        async with self._turn:
            return await off_loop("hosts.toml", partial(self.file.line_of, host_id))

    async def offered(self, asked: ImportAsked) -> tuple[Offered, ...]:
        """As actions.action.HostsFile."""
        async with self._turn:
            return await off_loop("hosts.toml", lambda: offered(asked, self.file.known()))

    async def import_edits(self, asked: ImportAsked, ids: Collection[str]) -> tuple[Edit, ...]:
        """As actions.action.HostsFile."""
        async with self._turn:
            return await off_loop("hosts.toml", lambda: edits_for(asked, self.file.known(), set(ids)))

    async def look(self, edits: Sequence[Edit], what: str) -> Written:
        """What `edit` would do; nothing is written."""
        async with self._turn:
            return await off_loop("hosts.toml", partial(self.file.look, edits, what))

    async def look_back(self, *, again: bool) -> Written:
        """What `undo` would do, or `redo` where `again`; nothing is written."""
        async with self._turn:
            return await off_loop("hosts.toml", partial(self.file.redo if again else self.file.undo, dry=True))

    async def edit(self, edits: Sequence[Edit], what: str) -> Written:
        """As actions.action.HostsFile."""
        return await self._done(partial(self.file.edit, edits, what))

    async def undo(self) -> Written:
        """As actions.action.HostsFile."""
        return await self._done(self.file.undo)

    async def redo(self) -> Written:
        """As actions.action.HostsFile."""
        return await self._done(self.file.redo)

    async def _done(self, work: Callable[[], Written]) -> Written:
        async with self._turn:
            self.written = await off_loop("hosts.toml", work)
            return self.written


def _versions(path: Path) -> Versions | None:
    try:
        return Versions(folder_of(path, versions_dir()))
    except ConfigError:  # no home
        return None
