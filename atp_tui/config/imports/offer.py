"""What a source has to offer to a hosts.toml, for a person to choose from, and the edits that a choice comes to."""

from __future__ import annotations

import os
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from ...model.data_class import dataclass
from ...model.errors import ConfigError
from ...model.quoting import quoted
from ..edits import Add, Change
from ..fleet import FleetConfig

if TYPE_CHECKING:  # the screen starts with these classes, and reads a source only when a person asks
    from .found import Imported
    from .plan import Plan

TYPED = "list"
"""The source whose hosts are typed themselves, where others name a file."""


@dataclass(frozen=True, slots=True)
class ImportAsked:
    """An import that somebody thinks of: the name of a source, and `where` its hosts are: a file, the names themselves
    of a list, or "" for the source's own files. All hosts get `tags` and the SSH `user`, "" as the source has it."""

    source: str
    where: str = ""
    tags: tuple[str, ...] = ()
    user: str = ""


class OfferKind(StrEnum):
    """What an import would do with an entry of a source."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "unchanged"
    LEFT_OUT = "left out"
    """It is no host that could be taken over."""


@dataclass(frozen=True, slots=True)
class Offered:
    """One entry of a source. `id` is that of the host in hosts.toml, `note` what would change, or why it is left out.

    All of it is text of a file, and not yet safe for a terminal.
    """

    kind: OfferKind
    id: str
    address: str = ""
    note: str = ""


def offered(asked: ImportAsked, config: FleetConfig) -> tuple[Offered, ...]:
    """The entries of a source: new hosts first, then those that differ, are the same, or are left out.

    Reads files. Raises ConfigError for a source that is not there or cannot be read.
    """
    from .plan import in_words

    found, plan = _looked_at(asked, config)
    known = {host.id: host for host in (*config.hosts, *config.disabled)}
    return (
        *(Offered(OfferKind.NEW, host.id, host.host) for host in plan.new),
        *(Offered(OfferKind.CHANGED, each.id, known[each.id].host, in_words(each)) for each in plan.changed),
        *(Offered(OfferKind.SAME, host_id, known[host_id].host) for host_id in plan.same),
        *(Offered(OfferKind.LEFT_OUT, each.name, "", each.reason) for each in found.left_out),
    )


def edits_for(asked: ImportAsked, config: FleetConfig, ids: Collection[str]) -> tuple[Add | Change, ...]:
    """The edits that take these hosts of a source over. Reads its files once more.

    Raises ConfigError as `offered` does, and for a host that the source does not offer any more.
    """
    from ..entries import pairs_of_host
    from .plan import changes_of

    _, plan = _looked_at(asked, config)
    there = {host.id for host in plan.new} | {each.id for each in plan.changed} | set(plan.same)
    for host_id in ids:
        if host_id not in there:
            raise ConfigError(f"host {quoted(host_id)} is not in {asked.source} any more", hint="import it anew")
    adds = [Add(pairs_of_host(host, config)) for host in plan.new if host.id in ids]
    return (*adds, *changes_of([each for each in plan.changed if each.id in ids]))


def _looked_at(asked: ImportAsked, config: FleetConfig) -> tuple[Imported, Plan]:
    from .gathering import chosen
    from .plan import planned

    found = _read(asked)
    wanted = chosen(found, tags=asked.tags, user=asked.user or None)
    return found, planned(wanted, (*config.hosts, *config.disabled), all_found=found)


def _read(asked: ImportAsked) -> Imported:
    from .sources import SOURCES, read_file

    source = SOURCES.get(asked.source)
    if source is None:
        hint = f"there are {', '.join(SOURCES)}"
        raise ConfigError(f"{quoted(asked.source)} is no source of hosts", key="import", hint=hint)
    if asked.source == TYPED:
        if not asked.where:
            raise ConfigError("no name is given", key="import list", hint="write kvm[01-40].example.org")
        return source.imported([source.given(asked.where.encode("utf-8", "surrogateescape"))])
    files = (Path(os.path.expanduser(asked.where)),) if asked.where else source.files()
    if not files:
        raise ConfigError("no file is named", key=f"import {source.name}", hint="write its path behind the source")
    return source.imported([read_file(source, file) for file in files])
