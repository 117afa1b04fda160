"""hosts.toml edited beside the event loop: `actions.action.HostsFile` over `config.hosts_file`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.fleet import FleetConfig
from ..config.paths import versions_dir
from ..model.errors import ConfigError
from .aside import off_loop
from .freezes import FreezesAside

# What edits a file is loaded with the first edit or form: a verb that runs something reads freezes alone.
if TYPE_CHECKING:
    from ..config.edits import Change, Copy, Edit, Move, Remove, Tag, Transfer
    from ..config.form import FormField
    from ..config.hosts_file import HostsFile, Written
    from ..config.imports.offer import ImportAsked, Offered
    from ..config.undo import Versions


class HostsFileAside:
    """One file, edited by one caller at a time. `written` is what was last made of it, if anything was.

    `before` as of HostsFile. `whole` gives the configuration with the hosts that programs name, which are in no
    file: they are known, and not edited.
    """

    def __init__(
        self, path: Path, *, before: FleetConfig | None = None, whole: Callable[[], FleetConfig] = FleetConfig
    ) -> None:
        self._path, self._before = path, before
        self._whole = whole
        self.freezes = FreezesAside(path)
        self.written: Written | None = None
        self._turn = asyncio.Lock()

    @cached_property
    def file(self) -> HostsFile:
        """What edits it."""
        from ..config.hosts_file import HostsFile

        return HostsFile(self._path, versions_of(self._path), before=self._before)

    async def known(self) -> FleetConfig:
        """As actions.action.HostsFile."""
        async with self._turn:
            config = await off_loop("hosts.toml", self.file.known)
        own, named = {host.id for host in (*config.hosts, *config.disabled)}, self._named()
        others = (host for host in self._whole().hosts if host.id in named and host.id not in own)
        return replace(config, hosts=(*config.hosts, *others))

    async def read_ahead(self) -> None:
        """Read the file, so that who asks next need not wait for it. What is wrong with it is theirs to hear."""
        async with self._turn:
            with suppress(ConfigError):
                await off_loop("hosts.toml", self.file.known)

    async def fields(self, host_ids: Sequence[str]) -> tuple[tuple[FormField, ...], ...]:
        """As actions.action.HostsFile."""
        self._require_own(host_ids)
        async with self._turn:
            return await off_loop("hosts.toml", partial(self.file.fields, host_ids))

    async def place_of(self, host_id: str) -> tuple[Path, int | None]:
        """As actions.action.HostsFile."""
        async with self._turn:
            return await off_loop("hosts.toml", partial(self.file.place_of, host_id))

    async def offered(self, asked: ImportAsked) -> tuple[Offered, ...]:
        """As actions.action.HostsFile."""
        async with self._turn:
            from ..config.imports.offer import offered

            return await off_loop("hosts.toml", lambda: offered(asked, self.file.known()))

    async def import_edits(self, asked: ImportAsked, ids: Collection[str]) -> tuple[Edit, ...]:
        """As actions.action.HostsFile."""
        async with self._turn:
            from ..config.imports.offer import edits_for

            return await off_loop("hosts.toml", lambda: edits_for(asked, self.file.known(), set(ids)))

    async def look(self, edits: Sequence[Edit], what: str) -> Written:
        """What `edit` would do; nothing is written."""
        self._require_own(_hosts(edits))
        async with self._turn:
            return await off_loop("hosts.toml", partial(self.file.look, edits, what))

    async def look_back(self, *, again: bool) -> Written:
        """What `undo` would do, or `redo` where `again`; nothing is written."""
        async with self._turn:
            return await off_loop("hosts.toml", partial(self.file.redo if again else self.file.undo, dry=True))

    async def edit(self, edits: Sequence[Edit], what: str) -> Written:
        """As actions.action.HostsFile."""
        self._require_own(_hosts(edits))
        return await self._done(partial(self.file.edit, edits, what))

    async def undo(self) -> Written:
        """As actions.action.HostsFile."""
        return await self._done(self.file.undo)

    async def redo(self) -> Written:
        """As actions.action.HostsFile."""
        return await self._done(self.file.redo)

    def _named(self) -> dict[str, str]:
        """The names of the programs by the ids of their hosts, without those that an edit of ours has just added."""
        written = FleetConfig() if self.written is None else self.written.config
        own = {host.id for host in (*written.hosts, *written.disabled)}
        return {host: name for name, hosts in self._whole().program_hosts for host in hosts if host not in own}

    def _require_own(self, hosts: Iterable[str]) -> None:
        """Raise ConfigError for hosts that a program names."""
        of_programs = self._named()
        named = {host: of_programs[host] for host in hosts if host in of_programs}
        if named:
            host, name = next(iter(named.items()))
            more = f" and {len(named) - 1} more" if len(named) > 1 else ""
            what = (
                f"{host}{more} {'come' if more else 'comes'} from the program of the source {name}, and not from a file"
            )
            hint = "change it there, or add a host of that id to hosts.toml, which then counts"
            raise ConfigError(what, file=self._path, hint=hint, host=host)

    async def _done(self, work: Callable[[], Written]) -> Written:
        async with self._turn:
            self.written = await off_loop("hosts.toml", work)
            return self.written


def _hosts(edits: Iterable[Edit]) -> list[str]:
    """The hosts that are there, and that edits are about. One that is added may take the place of a program's."""
    from ..config.edits import Add

    return [host for edit in edits if not isinstance(edit, Add) for host in _of_edit(edit)]


def _of_edit(edit: Change | Tag | Copy | Remove | Move | Transfer) -> tuple[str, ...]:
    from ..config.edits import Move

    return (edit.host, edit.other) if isinstance(edit, Move) else (edit.host,)


def versions_of(path: Path) -> Versions | None:
    """Where the versions of a hosts.toml are kept; None: there is no home."""
    from ..config.undo import Versions, folder_of

    try:
        return Versions(folder_of(path, versions_dir()))
    except ConfigError:  # no home
        return None
